"""A report for a terminal, and its tables for other programs."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterator
from decimal import Decimal

from langchain_smartroute.report.document import Document, Table, shown

__all__ = ["as_csv", "as_text"]

_WIDTH = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(document: Document) -> str:
    """A report as lines of text; charts are left out, their values are in the tables."""
    return "\n".join(_lines(document))


def as_csv(document: Document) -> str:
    """The first table of a report, exact, one row to a line.

    Texts that a spreadsheet would evaluate as formulas are prefixed by an apostrophe.
    """
    tables = [table for section in document.sections for table in section.tables]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    for table in tables[:1]:
        writer.writerow([column.name for column in table.columns])
        writer.writerows([_cell(value) for value in row] for row in table.rows)
    return target.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else value


def _lines(document: Document) -> Iterator[str]:
    yield document.title
    if document.subtitle:
        yield document.subtitle
    for section in document.sections:
        yield ""
        yield section.title
        width = max((len(figure.name) for figure in section.figures), default=0)
        for figure in section.figures:
            note = f"  ({figure.note})" if figure.note else ""
            value = shown(figure.value, figure.kind)
            yield _visible(f"  {figure.name:<{width}}  {value}{note}")
        for table in section.tables:
            yield from _table(table)
        for note in section.notes:
            yield textwrap.fill(_visible(note), _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _visible(text: str) -> str:
    """A text on one line, whose control characters are shown and do nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _table(table: Table) -> Iterator[str]:
    kinds = [column.kind for column in table.columns]
    rows = [
        [_visible(shown(v, kind)) for v, kind in zip(row, kinds, strict=True)] for row in table.rows
    ]
    named = [column.name for column in table.columns]
    widths = [max(len(row[i]) for row in [named, *rows]) for i in range(len(named))]
    for row in [named, *rows]:
        cells = [
            cell.ljust(width) if kind == "text" else cell.rjust(width)
            for cell, width, kind in zip(row, widths, kinds, strict=True)
        ]
        yield f"  {'  '.join(cells)}".rstrip()
