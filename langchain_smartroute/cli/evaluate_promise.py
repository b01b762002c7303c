"""`smartroute evaluate promise`: whether calibration's promise holds, on many random splits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_smartroute.cli.calibrate import (
    ApartOption,
    ConfidenceOption,
    FamilyName,
    FamilyOption,
    KeepOption,
)
from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.outcome_options import (
    DatasetOption,
    ModelOption,
    OutcomesOption,
    PriceOption,
    ScoresOption,
    SeedOption,
    wanted_table,
)
from langchain_smartroute.cli.output import console, print_hanging, print_json

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.simulation import Simulation

__all__ = ["promise"]

FitsOption = Annotated[
    int,
    typer.Option(
        "--fits",
        min=1,
        help=(
            "Where a predictor or check is fitted on prompts of its own: on how many draws of"
            " them, each for an equal part of the splits."
        ),
    ),
]


def promise(
    outcomes: OutcomesOption,
    *,
    family: FamilyOption = FamilyName.QUALITY,
    keep: KeepOption = 0.95,
    confidence: ConfidenceOption = 0.9,
    splits: Annotated[int, typer.Option("--splits", min=1, help="How many splits.")] = 1_000,
    fits: FitsOption = 100,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    price: PriceOption = None,
    scores: ScoresOption = None,
    apart: ApartOption = None,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Calibrate on random halves, each judged on its other half."""
    # numpy is loaded in there, for this verb alone.
    from langchain_smartroute.cli.calibrating import CalibrationInput, preparation  # noqa: PLC0415
    from langchain_smartroute.evaluation.pricing import price_table  # noqa: PLC0415
    from langchain_smartroute.evaluation.simulation import simulate  # noqa: PLC0415

    table = wanted_table(outcomes, datasets=dataset, models=model, prices=price, scores=scores)
    prices = price_table(price or (), day=datetime.now(tz=UTC).date())
    table = table.only(table.models)
    data = CalibrationInput(
        table=table,
        prices=prices,
        seed=seed,
        beside=Path("unwritten.toml"),
        apart=apart,
    )
    found = simulate(
        preparation(data, family.family),
        keep=keep,
        confidence=confidence,
        seed=seed,
        splits=splits,
        fits=fits,
    )
    if output is Format.JSON:
        print_json(found)
        return
    lines = (
        f"{found.splits:,} splits, {found.prompts:,} prompts to calibrate on, as many to judge on",
        f"  fitted on                   {_fitted_on(found)}",
        f"  promise held                {found.held:.1%} of the splits, promised {confidence:.0%}",
        f"  something cheaper chosen    {found.promised:.1%}",
        f"  saved, median               {found.saved:.1%}",
        f"  possible, median            {found.possible:.1%} with the other half known",
        f"  the oracle would save       {found.oracle:.1%}",
        *(f"  {note}" for note in table.notes),
    )
    print_hanging(lines, width=console().width)


def _fitted_on(found: Simulation) -> str:
    if not found.fits:
        return "nothing"
    if not found.learned:
        return "the same, in folds"
    return f"{found.learned:,} others, draws: {found.fits}"
