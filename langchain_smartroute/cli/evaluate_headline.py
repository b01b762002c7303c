"""`smartroute evaluate headline`: the reference design's headline on public outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from langchain_core.messages import HumanMessage

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.documents import show_document, write_html
from langchain_smartroute.cli.gateway import deciding_router
from langchain_smartroute.cli.options import Format, FormatOption, TierName, TierOption
from langchain_smartroute.cli.outcome_options import SeedOption

__all__ = ["headline"]


def headline(
    outcomes: Annotated[
        Path, typer.Option("--outcomes", metavar="FOLDER", help="The files of public outcomes.")
    ],
    *,
    tier: TierOption = TierName.BALANCED,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="An HTML page of the report.")
    ] = None,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Replay a thousand mixed requests under the shipped router, with and without agreement.

    Beside always gpt-4o and the figures of the reference design. Other models stand in for the
    catalog's, as it says.
    """
    # numpy is loaded in there, for this verb alone.
    from langchain_smartroute.evaluation.headline import headline as replayed  # noqa: PLC0415
    from langchain_smartroute.evaluation.headline_report import (  # noqa: PLC0415
        headline_document,
    )

    catalog = Catalog.load("default")
    plain = deciding_router(catalog, tier=tier.tier)
    cascade = deciding_router(catalog, tier=tier.tier, cascade="agreement")
    found = replayed(
        outcomes,
        catalog=catalog,
        plain=lambda text: plain.explain([HumanMessage(text)]),
        cascade=lambda text: cascade.explain([HumanMessage(text)]),
        baseline="gpt-4o",
        seed=seed,
    )
    document = headline_document(found, seed=seed)
    show_document(document, output)
    if report is not None:
        write_html(document, report)
