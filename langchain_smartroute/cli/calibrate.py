"""`smartroute calibrate`: settings that keep a share of the strongest model's quality."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.documents import show_document, write_html, write_text
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
from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.calibrate import Calibration

__all__ = [
    "ApartOption",
    "ConfidenceOption",
    "FamilyName",
    "FamilyOption",
    "KeepOption",
    "calibrate",
]

TOO_LITTLE = 3
"""The exit code where nothing but always the strongest can be promised."""


FamilyKind = Literal["quality", "agreement", "learned", "logprob"]


class FamilyName(StrEnum):
    """What is set."""

    QUALITY = "quality"
    AGREEMENT = "agreement"
    LEARNED = "learned"
    LOGPROB = "logprob"

    @property
    def family(self) -> FamilyKind:
        """The family, as the package takes it."""
        return self.value


KeepOption = Annotated[
    float, typer.Option("--keep", help="The share of the strongest model's quality to keep.")
]
ConfidenceOption = Annotated[
    float, typer.Option("--confidence", help="The confidence of the promise.")
]
FamilyOption = Annotated[
    FamilyName,
    typer.Option(
        "--family", help="Which settings: of predicted quality, or of which first answers are kept."
    ),
]
ApartOption = Annotated[
    bool | None,
    typer.Option(
        "--apart/--together",
        help=(
            "Quality: whether its predictor is fitted on two fifths of the prompts, which nothing"
            " else sees, or on those to calibrate on, in folds. Left out: together where there are"
            " fewer than 4,000 and words tell surely which of them need the better model."
        ),
    ),
]


def calibrate(
    outcomes: OutcomesOption,
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The settings: a .toml or .json file.")
    ],
    family: FamilyOption = FamilyName.QUALITY,
    keep: KeepOption = 0.95,
    confidence: ConfidenceOption = 0.9,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    price: PriceOption = None,
    scores: ScoresOption = None,
    apart: ApartOption = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="An HTML page of the report.")
    ] = None,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Choose settings that keep a share of the strongest model's quality, and write them.

    Chosen on one part of the prompts and reported on another. Exit code 3: there are too few
    outcomes for a promise, and always the strongest model was written.
    """
    # numpy is loaded in there, for this verb alone.
    from langchain_smartroute.cli.calibrating import CalibrationInput, calibrated  # noqa: PLC0415
    from langchain_smartroute.evaluation.calibration_report import (  # noqa: PLC0415
        calibration_document,
    )
    from langchain_smartroute.evaluation.pricing import price_table  # noqa: PLC0415
    from langchain_smartroute.evaluation.written import (  # noqa: PLC0415
        calibrated_settings,
        settings_text,
    )

    _check_writable(out)
    prices = price_table(price or (), day=datetime.now(tz=UTC).date())
    table = wanted_table(outcomes, datasets=dataset, models=model, prices=price, scores=scores)
    data = CalibrationInput(
        table=table.only(table.models), prices=prices, seed=seed, beside=out, apart=apart
    )
    found, reported = calibrated(data, family.family, keep=keep, confidence=confidence)
    settings = calibrated_settings(found, reported=reported, prices=prices)
    write_text(settings_text(settings, out), out)
    document = calibration_document(found, notes=reported.notes)
    show_document(document, output)
    if report is not None:
        write_html(document, report)
    _leave(found)


def _check_writable(out: Path) -> None:
    """What cannot be written is an error before the work."""
    from langchain_smartroute.evaluation.written import settings_text  # noqa: PLC0415 - numpy

    settings_text({}, out)
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(
            f"{out}: there is no folder {out.parent}; make it, or name another"
        )


def _leave(found: Calibration) -> None:
    if not found.promised:
        raise typer.Exit(TOO_LITTLE)
