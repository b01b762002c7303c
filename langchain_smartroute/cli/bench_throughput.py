"""`smartroute bench throughput`: calls a second, as a table, Markdown and JSON."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from langchain_smartroute.bench.callers import CALLERS
from langchain_smartroute.bench.throughput import Row, ThroughputReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["throughput_lines", "throughput_markdown"]

_HEADINGS = ("contestant", "calls", "per s", "× stock", "× same", "CPU ms", "× stock", "× same")
_PAGE_HEADINGS = (
    "contestant",
    "calls at a time",
    "calls/s",
    "× ChatOpenAI",
    "× same client",
    "CPU ms/call",
    "× ChatOpenAI by CPU",
    "× same client by CPU",
)


def throughput_lines(report: ThroughputReport) -> list[str]:
    """The table for a terminal."""
    table = [_HEADINGS, *(_cells(row, _middle) for row in report.rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        *("  ".join(_aligned(cells, widths)).rstrip() for cells in table),
        "",
        _legend(report),
        *(f"{name}: {settings}" for name, settings in CALLERS.items()),
    ]


def throughput_markdown(report: ThroughputReport) -> str:
    """The table for a page."""
    lines = [
        _PAGE_HEADINGS,
        ("---", *["---:"] * (len(_PAGE_HEADINGS) - 1)),
        *(_cells(row, _spread) for row in report.rows),
    ]
    rows = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([*rows, "", _legend(report), ""])


def _legend(report: ThroughputReport) -> str:
    rounds = len(report.rows[0].rounds) if report.rows else 0
    what = "answers streamed in 60 pieces" if report.streamed else "plain answers"
    return (
        f"Medians of {rounds} interleaved rounds, {what}, against an instant local server. Ratios"
        " are taken within a round: to the stock ChatOpenAI, and to one with the router's HTTP"
        " client; by calls a second, then by calls for each second of CPU."
    )


def _cells(row: Row, shown: Callable[[Sequence[float]], str]) -> tuple[str, ...]:
    return (
        row.contestant,
        f"{row.concurrency}",
        f"{row.per_s:,.0f}",
        shown(row.to_stock),
        shown(row.to_same_client),
        f"{row.cpu_ms:.2f}",
        shown(row.cpu_to_stock),
        shown(row.cpu_to_same_client),
    )


def _middle(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f}" if ratios else "–"


def _spread(ratios: Sequence[float]) -> str:
    if not ratios:
        return "–"
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for position, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.rjust(width) if position else cell.ljust(width)
