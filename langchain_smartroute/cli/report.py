"""`smartroute report`: what a ledger's calls came to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from langchain_smartroute.catalog import Catalog, PriceBook
from langchain_smartroute.cli.options import CatalogOption
from langchain_smartroute.cli.output import json_text
from langchain_smartroute.errors import ConfigurationError, StorageError
from langchain_smartroute.report import Document, SpendingReport, as_csv, as_html, as_text

__all__ = ["report"]


class Division(StrEnum):
    """What the report's table is divided by."""

    MODEL = "model"
    TASK = "task"
    KEY = "key"
    DAY = "day"

    @property
    def by(self) -> Literal["model", "task", "key", "day"]:
        """The division, as the package takes it."""
        return self.value


class ReportFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


LedgerOption = Annotated[
    str,
    typer.Option(
        "--ledger",
        metavar="URL",
        envvar="SMARTROUTE_LEDGER",
        help="The ledger's database, such as sqlite:///costs.db.",
    ),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="The first day, UTC; else all days."),
]
BaselineOption = Annotated[
    str | None,
    typer.Option("--baseline", metavar="MODEL", help="What savings are measured against."),
]


def report(
    *,
    ledger: LedgerOption,
    since: SinceOption = None,
    by: Annotated[
        Division, typer.Option("--by", help="What to break the figures down by.")
    ] = Division.MODEL,
    key: Annotated[
        str, typer.Option("--key", help="With --by key: user, team, project, tag or another key.")
    ] = "user",
    baseline: BaselineOption = None,
    catalog: CatalogOption = "default",
    output: Annotated[
        ReportFormat, typer.Option("--format", help="How to write it.")
    ] = ReportFormat.TABLE,
    to: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="The file to write; else stdout."),
    ] = None,
) -> None:
    """Show spend, tokens, savings, escalations and latencies of a ledger's calls."""
    # The packages of the extra are imported in there.
    from langchain_smartroute.accounting.sums import read_sums, read_unknown  # noqa: PLC0415

    loaded = Catalog.load(catalog)
    if baseline is not None:
        _check_baseline(baseline, loaded)
    first: date | None = since.date() if since is not None else None
    labelled = read_sums(ledger, since=first, label=key) if by is Division.KEY else None
    spending = SpendingReport(
        rollup=read_sums(ledger, since=first),
        by=by.by,
        catalog=loaded,
        baseline=baseline,
        labelled=labelled,
        unknown=read_unknown(ledger, since=first),
        source=f"since {first}" if first else "",
    )
    _write(spending.document(), output, to)


def _check_baseline(baseline: str, catalog: Catalog) -> None:
    if PriceBook(catalog=catalog).find(baseline) is None:
        raise ConfigurationError(
            f"--baseline {baseline!r}: no price for it is known; name a model of the catalog, or"
            " give one that has it with --catalog"
        )


def _write(document: Document, output: ReportFormat, to: Path | None) -> None:
    text = _written(document, output)
    if to is None:
        # As it is in a file; of what is piped, click would take colours out of names.
        typer.echo(text, nl=False, color=True)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{to}: cannot be written ({error.strerror})") from error
    typer.echo(f"Written to {to}.", err=True)


def _written(document: Document, output: ReportFormat) -> str:
    if output is ReportFormat.CSV:
        return as_csv(document)
    if output is ReportFormat.HTML:
        return as_html(document)
    if output is ReportFormat.JSON:
        return json_text(_as_json(document)) + "\n"
    return as_text(document) + "\n"


def _as_json(document: Document) -> dict[str, object]:
    tables = {
        section.title: [
            {column.name: value for column, value in zip(table.columns, row, strict=True)}
            for table in section.tables
            for row in table.rows
        ]
        for section in document.sections
        if section.tables
    }
    return {"title": document.title, "subtitle": document.subtitle, **document.figures, **tables}
