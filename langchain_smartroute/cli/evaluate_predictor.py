"""`smartroute evaluate predictor`: how well predicted quality tells which prompts need more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.outcome_options import (
    DatasetOption,
    ModelOption,
    OutcomesOption,
    ScoresOption,
    SeedOption,
    wanted_table,
)
from langchain_smartroute.cli.output import console, print_hanging, print_json
from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.gaps import GapFigures

__all__ = ["predictor"]

_PAIR = 2


def predictor(
    outcomes: OutcomesOption,
    *,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    scores: ScoresOption = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Folds of the cross-fit.")] = 5,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Route between two models by predicted quality, fitted without each fold in turn.

    In domain: prompts are split, their sources are not.
    """
    # numpy is loaded in there, for this verb alone.
    from langchain_smartroute.evaluation.gaps import gap_figures  # noqa: PLC0415

    table = wanted_table(outcomes, datasets=dataset, models=model, prices=None, scores=scores)
    table = table.only(table.models)
    if len(table.models) != _PAIR:
        raise ConfigurationError(
            f"{len(table.models)} models in the outcomes: name two of them with --model"
        )
    found = gap_figures(table, folds=folds, seed=seed)
    if output is Format.JSON:
        print_json(found)
        return
    _print(found, table.notes)


def _print(found: GapFigures, notes: tuple[str, ...]) -> None:
    lines = [
        f"{found.count:,} prompts",
        f"  weak            {found.weak_quality:.3f} {found.weak}",
        f"  strong          {found.strong_quality:.3f} {found.strong}",
        f"  APGR            {found.apgr}  (random .5)",
        f"  CPT(50 %)       {found.cpt50} of the calls to the strong model (random .5)",
        f"  CPT(80 %)       {found.cpt80} (random .8)",
        *(f"  {note}" for note in notes),
    ]
    print_hanging(lines, width=console().width)
