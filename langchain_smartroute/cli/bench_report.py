"""Prints the results of benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from langchain_smartroute.cli.output import print_hanging, shown_usd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from langchain_smartroute.bench import FaultCard, FaultResult, SoakReport
    from langchain_smartroute.bench.scaling import Scale

__all__ = ["print_fault_card", "print_soak", "shown_each"]

_NARROW = 120
"""Terminal width in columns below which each contestant has its own line."""

_SHOWN = {"pass": "pass", "interrupted": "error", "fail": "FAIL"}
_MB = 1_000_000
_LEGEND = (
    "A cell: verdict, seconds, attempts that reached primary + fallback. error: a clear error"
    " with exactly the text that was shown, which is correct where a stream is passed on as it"
    " comes."
)


def print_fault_card(card: FaultCard, screen: Console) -> None:
    """Print a score card."""
    if screen.width < _NARROW:
        _print_lines(card, width=screen.width)
    else:
        screen.print(_card_table(card))
    runs = (
        f"Timings: {card.timings.name}. {len(card.results)} runs at the same time against the"
        f" sandbox in {card.seconds:.0f} s."
    )
    lines = ["", _LEGEND, runs, ""]
    lines += [f"  {c.name:<15} {c.settings}" for c in card.contestants]
    failures = [f"  {r.number:>2} {r.contestant}: {r.reason}" for r in card.failures]
    if failures:
        lines += ["", "The router failed:", *failures]
    print_hanging(lines, width=screen.width)


def print_soak(report: SoakReport, screen: Console) -> None:
    """Print the results of a soak test."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    settings = report.settings
    rate = settings.requests / report.seconds
    rows = [
        ("requests", f"{settings.requests:,}, {settings.concurrency} at a time"),
        ("faulty", f"{settings.faulty:.1%} at random, seed {settings.seed}"),
        ("time", f"{report.seconds:.0f} s, {rate:,.0f} requests a second"),
        *((f"  {ending}", f"{count:,}") for ending, count in report.endings.items()),
        ("attempts", _counted(report.attempts)),
        ("told", shown_usd(report.cost_usd)),
        ("recorded", shown_usd(report.recorded_usd)),
        ("memory", _memory(report)),
        ("left over", _counted(report.leaked)),
    ]
    for name, value in rows:
        table.add_row(name, value)
    screen.print(table)
    failed = [f"FAIL {failure}" for failure in report.failures]
    print_hanging(["", *(failed or ["Nothing was lost."])], width=screen.width)


def _card_table(card: FaultCard) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("fault at the primary", no_wrap=True, overflow="ellipsis")
    for contestant in card.contestants:
        table.add_column(contestant.name, no_wrap=True)
    for case in card.cases:
        cells = [_cell(card.result(case.number, c.name)) for c in card.contestants]
        table.add_row(f"{case.number:>2} {case.name}", *cells)
    scores = [_score(card.score(contestant.name)) for contestant in card.contestants]
    table.add_row()
    table.add_row("   of 16", *scores)
    return table


def _print_lines(card: FaultCard, *, width: int) -> None:
    lines = []
    for case in card.cases:
        lines.append(f"{case.number} {case.name}")
        for contestant in card.contestants:
            cell = _cell(card.result(case.number, contestant.name))
            lines.append(f"  {contestant.name:<15} {cell}")
    lines.append("of 16")
    lines += [f"  {c.name:<15} {_score(card.score(c.name))}" for c in card.contestants]
    print_hanging(lines, width=width)


def _cell(result: FaultResult) -> str:
    verdict = _SHOWN[result.verdict]
    return f"{verdict:<5} {result.seconds:>5.1f} {result.primary}+{result.fallback}"


def _score(score: Mapping[str, int]) -> str:
    parts = [f"{score['pass']} pass"]
    if score["interrupted"]:
        parts.append(f"{score['interrupted']} error")
    if score["fail"]:
        parts.append(f"{score['fail']} FAIL")
    return ", ".join(parts)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def _memory(report: SoakReport) -> str:
    if report.warm_bytes is None or report.end_bytes is None or report.growth is None:
        return "unknown on this system"
    peak = max(report.peak_bytes or 0, report.end_bytes)
    return (
        f"{report.warm_bytes / _MB:.1f} MB after the warm-up, {report.end_bytes / _MB:.1f} MB at"
        f" the end ({report.growth:+.1%}), {peak / _MB:.1f} MB at most"
    )


def shown_each(scale: Scale) -> str:
    """The cost per additional item, as text."""
    return "" if scale.each_us is None else f"{scale.each_us:,.3f} µs"
