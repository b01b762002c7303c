"""Figures on pages: written as Markdown tables, and read out of them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from langchain_smartroute.bench.figures import Figure, Figures, Key
from langchain_smartroute.bench.goals import Goal, held

__all__ = ["BEGIN", "END", "Quoted", "as_markdown", "quoted_figures", "shown", "shown_spread"]

BEGIN = "<!-- figures: made by `smartroute bench page`, do not edit -->"
END = "<!-- end of figures -->"
"""Between these a page holds what `as_markdown` writes."""

_MINUS = "\u2212"
_NUMBER = rf"[-{_MINUS}]?(?:\d[\d,]*)?\.?\d+"
_CELL = re.compile(rf"({_NUMBER})(?: \(({_NUMBER}) to ({_NUMBER})\))?")
_PHRASES = re.compile(r"<!-- quoted figures\n(.*?)-->", re.DOTALL)
_FACTOR = " × "


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A figure as a page states it.

    Attributes:
        key: Which figure.
        text: What the page says.
        low: The least that this may stand for, with its spread and its rounding.
        high: The greatest.
    """

    key: Key
    text: str
    low: float
    high: float

    def agrees(self, figure: Figure) -> bool:
        """Whether what is stated and what was measured overlap."""
        return self.low <= figure.high and figure.low <= self.high


def shown(number: float) -> str:
    """A number with three digits that count, at most two of them behind the point."""
    size = abs(number)
    digits = 0 if size >= 99.95 or number == int(number) else 1 if size >= 9.995 else 2  # noqa: PLR2004 - where rounding adds a digit
    return f"{number:,.{digits}f}".replace("-", _MINUS)


def shown_spread(figure: Figure) -> str:
    """The median, with the range where the samples differ."""
    value, low, high = map(shown, (figure.value, figure.low, figure.high))
    return value if low == high else f"{value} ({low} to {high})"


def as_markdown(figures: Figures) -> str:
    """All tables; medians, with the range of what was found in brackets."""
    lines = [_made(figures), "", *_goal_table(figures)]
    for table, several in figures.tables().items():
        lines += [f"### {table}", "", figures.notes.get(table, ""), "", *_pivot(several), ""]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _made(figures: Figures) -> str:
    made = figures.made
    where, load, versions = made["machine"], made["load_average"], made["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    worth = (
        "These figures were made in passing (--quick) and say nothing. " if made["quick"] else ""
    )
    if made["failed"]:
        worth += f"What failed is missing: {'; '.join(made['failed'])}. "
    return worth + (
        f"Made on {made['date']} in {made['seconds'] / 60:.0f} minutes on {where['cores']} cores"
        f" ({where['processor']}, {where['system']}, {where['python']}; load average"
        f" {load['before']} before, {load['after']} after) with {packages}. Medians, in brackets"
        " the least and the greatest of what was found."
    )


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


def quoted_figures(page: str) -> Iterator[Quoted]:
    """Every figure that a page states: in its tables of figures, and in its text.

    What the text states is listed in a comment, a line for each figure, with the number in
    square brackets: `adds [1.1] ms = Added to a call / router / invoke, µs × 0.001`.

    Args:
        page: The page's Markdown.

    Raises:
        ValueError: If a listed phrase is not in the text, or is not as above.
    """
    _, begun, rest = page.partition(BEGIN)
    if begun:
        yield from _in_tables(rest.partition(END)[0])
    text = " ".join(_PHRASES.sub("", page).split())
    for block in _PHRASES.findall(page):
        for line in filter(None, map(str.strip, block.splitlines())):
            yield _in_text(line, text)


def _in_tables(part: str) -> Iterator[Quoted]:
    table = ""
    columns: tuple[str, ...] = ()
    for line in part.splitlines():
        if line.startswith("### "):
            table, columns = line[4:], ()
        elif line.startswith("| ") and table != "Goals":
            row, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            if not columns:
                columns = tuple(cells)
            else:
                yield from _in_row(table, row, dict(zip(columns, cells, strict=True)))


def _in_row(table: str, row: str, cells: Mapping[str, str]) -> Iterator[Quoted]:
    for column, cell in cells.items():
        found = _CELL.fullmatch(cell)
        if found:
            value, low, high = found.groups()
            yield Quoted(
                key=(table, row, column),
                text=cell,
                low=_bounds(low or value)[0],
                high=_bounds(high or value)[1],
            )


def _in_text(line: str, text: str) -> Quoted:
    phrase, _, told = line.partition(" = ")
    number = re.search(rf"\[({_NUMBER})\]", phrase)
    key, _, factor = told.rpartition(_FACTOR) if _is_number(told) else (told, "", "1")
    parts = tuple(key.split(" / "))
    if number is None or len(parts) != 3:  # noqa: PLR2004 - table, row, column
        raise ValueError(f"{line!r}: not of the form 'some [1.5] words = table / row / column'")
    plain = phrase.replace(number.group(0), number.group(1))
    if " ".join(plain.split()) not in text:
        raise ValueError(f"{plain!r} is listed as a quoted figure and is not in the text")
    low, high = _bounds(number.group(1))
    return Quoted(key=parts, text=plain, low=low / float(factor), high=high / float(factor))


def _is_number(told: str) -> bool:
    return re.search(rf"{_FACTOR}{_NUMBER}$", told) is not None


def _bounds(number: str) -> tuple[float, float]:
    """What a number may have been before it was rounded."""
    plain = number.replace(",", "").replace(_MINUS, "-")
    value, half = float(plain), 0.5 / 10 ** len(plain.partition(".")[2])
    return value - half, value + half
