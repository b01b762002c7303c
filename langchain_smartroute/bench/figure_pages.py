"""Figures as the Markdown tables of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from langchain_smartroute.bench.figures import Figure, Figures
from langchain_smartroute.bench.goals import Goal, held

__all__ = ["BEGIN", "END", "MINUS", "as_markdown", "shown", "shown_spread"]

BEGIN = "<!-- figures: made by `smartroute bench page`, do not edit -->"
END = "<!-- end of figures -->"
"""Markers of the part of a page that `as_markdown` writes."""

MINUS = "\u2212"
"""The minus sign of negative numbers."""


def shown(number: float) -> str:
    """A number with three significant digits, at most two of them decimals."""
    size = abs(number)
    digits = 0 if size >= 99.95 or number == int(number) else 1 if size >= 9.995 else 2  # noqa: PLR2004 - where rounding adds a digit
    return f"{number:,.{digits}f}".replace("-", MINUS)


def shown_spread(figure: Figure) -> str:
    """The median, with the range where the samples differ."""
    value, low, high = map(shown, (figure.value, figure.low, figure.high))
    return value if low == high else f"{value} ({low} to {high})"


def as_markdown(figures: Figures) -> str:
    """All tables: medians, with the range of the samples in brackets."""
    lines = [_made(figures), "", *_goal_table(figures)]
    for table, several in figures.tables().items():
        lines += [f"### {table}", "", figures.notes.get(table, ""), "", *_pivot(several), ""]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _made(figures: Figures) -> str:
    made = figures.made
    where, versions = made["machine"], made["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    worth = (
        "These figures were made in passing (--quick) and say nothing. " if made["quick"] else ""
    )
    if made["failed"]:
        worth += f"What failed is missing: {'; '.join(made['failed'])}. "
    return worth + (
        f"Made {_when(made)} on {where['cores']} cores ({where['processor']}, {where['system']},"
        f" {where['python']}; {_pace(made)}) with {packages}."
        " Medians, in brackets the least and the greatest of what was found."
    )


def _when(made: Mapping[str, Any]) -> str:
    minutes = [round(run["seconds"] / 60) for run in _runs(made)]
    if len(minutes) == 1:
        return f"on {made['date']} in {minutes[0]} minutes"
    return f"on {made['date']} in {len(minutes)} runs of {_range(minutes)} minutes"


def _pace(made: Mapping[str, Any]) -> str:
    """Load and speed of the machine; older figures do not have the latter."""
    runs = _runs(made)
    loads = [run["load_average"] for run in runs]
    text = (
        f"load average {_range([load['before'] for load in loads])} before,"
        f" {_range([load['after'] for load in loads])} after"
    )
    paces = [run["million_additions_ms"] for run in runs if run.get("million_additions_ms")]
    if not paces:
        return text
    if len(runs) == 1:
        took = f"{paces[0]['before']} and {paces[0]['after']}"
    else:
        took = _range([took for pace in paces for took in (pace["before"], pace["after"])])
    return f"{text}; a million additions took {took} ms at best"


def _runs(made: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What was said of each run; of a single one all is said at the top."""
    return made.get("runs") or [made]


def _range(numbers: Sequence[float | None]) -> str:
    known = [number for number in numbers if number is not None]
    if not known:
        return "unknown"
    low, high = min(known), max(known)
    return f"{low}" if low == high else f"{low} to {high}"


def _goal_table(figures: Figures) -> Iterator[str]:
    goals = list(held(figures))
    if not goals:
        return
    yield from ("### Goals", "", "| figure | goal | found | |", "|---|---|---|---|")
    for goal, figure in goals:
        met = "met" if goal.is_met(figure) else "**not met**"
        yield f"| {' / '.join(goal.key)} | {_bound(goal)} | {shown_spread(figure)} | {met} |"
    yield ""


def _bound(goal: Goal) -> str:
    if goal.at_most is not None:
        return f"≤ {shown(goal.at_most)}"
    return "" if goal.at_least is None else f"≥ {shown(goal.at_least)}"


def _pivot(several: Sequence[Figure]) -> Iterator[str]:
    cells = {(figure.row, figure.column): shown_spread(figure) for figure in several}
    rows = dict.fromkeys(figure.row for figure in several)
    columns = dict.fromkeys(figure.column for figure in several)
    yield _row(["", *columns])
    yield _row(["---", *["---:"] * len(columns)])
    for row in rows:
        yield _row([row, *(cells.get((row, column), "") for column in columns)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
