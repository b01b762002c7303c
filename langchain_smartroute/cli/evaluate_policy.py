"""`smartroute evaluate policy`: what a router would have reached on outcomes that are known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.documents import show_document, write_html
from langchain_smartroute.cli.gateway import configured_router, deciding_router, written_calibration
from langchain_smartroute.cli.options import (
    CatalogOption,
    Format,
    FormatOption,
    TierName,
    TierOption,
)
from langchain_smartroute.cli.outcome_options import (
    DatasetOption,
    ModelOption,
    OutcomesOption,
    PriceOption,
    ScoresOption,
    SeedOption,
    named_models,
    price_names,
    wanted_table,
)
from langchain_smartroute.errors import ConfigurationError

__all__ = ["policy"]


class Part(StrEnum):
    """What the report is broken down by."""

    DATASET = "dataset"
    SOURCE = "source"
    TASK = "task"

    @property
    def by(self) -> Literal["dataset", "source", "task"]:
        """The division, as the package takes it."""
        return self.value


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="A router's settings; else the catalog's."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="ALIAS=MODEL",
        help="The model of the outcomes that stands for an alias. Repeatable.",
    ),
]
AgreementOption = Annotated[
    str | None,
    typer.Option(
        "--agreement",
        metavar="FIRST,SECOND",
        help="Instead: keep FIRST's answer if SECOND agrees, else ask the strongest.",
    ),
]
StrongestOption = Annotated[
    str | None,
    typer.Option(
        "--strongest",
        metavar="MODEL",
        help="What to compare with; else the best on a fifth of the prompts, left out here.",
    ),
]
ByOption = Annotated[Part, typer.Option("--by", help="What to break the figures down by.")]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="An HTML page, with the prompts that lost most."),
]
PlotsOption = Annotated[
    Path | None, typer.Option("--plots", metavar="FOLDER", help="Draw PNG files into it.")
]


def policy(
    outcomes: OutcomesOption,
    *,
    config: ConfigOption = None,
    catalog: CatalogOption = "default",
    tier: TierOption = TierName.BALANCED,
    names: MapOption = None,
    agreement: AgreementOption = None,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    price: PriceOption = None,
    scores: ScoresOption = None,
    strongest: StrongestOption = None,
    by: ByOption = Part.DATASET,
    report: ReportOption = None,
    plots: PlotsOption = None,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Replay a router on known outcomes, beside its baselines. Calls no model.

    Without a config, names or agreement it is the router of the catalog.
    """
    # numpy is loaded in there, for these verbs alone.
    from langchain_smartroute.cli.replaying import ReplayInput, evaluated  # noqa: PLC0415
    from langchain_smartroute.evaluation.policy_report import evaluation_document  # noqa: PLC0415

    router = None
    if agreement is None:
        router = (
            deciding_router(Catalog.load(catalog), tier=tier.tier)
            if config is None
            else configured_router(config)
        )
    chosen = ReplayInput(
        router=router,
        names=named_models(names, option="--map"),
        agreement=_pair(agreement),
        strongest=strongest,
        by=by.by,
        seed=seed,
        calibration=None if config is None else written_calibration(config),
    )
    table = wanted_table(outcomes, datasets=dataset, models=model, prices=price, scores=scores)
    found = evaluated(table, chosen, given=price_names(price))
    show_document(evaluation_document(found, title="A router replayed", prompts=False), output)
    if report is not None:
        write_html(evaluation_document(found, title="A router replayed", prompts=True), report)
    if plots is not None:
        from langchain_smartroute.evaluation.policy_plots import draw_evaluation  # noqa: PLC0415

        for path in draw_evaluation(found, plots):
            typer.echo(f"Drawn: {path}", err=True)


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:  # noqa: PLR2004 - a pair
        raise ConfigurationError(f"--agreement {text!r}: name two models, as FIRST,SECOND")
    return names[0], names[1]
