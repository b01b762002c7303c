"""Figures quoted in pages: compares them with measured ones, and updates the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from langchain_smartroute.bench.figure_pages import BEGIN, END, MINUS, as_markdown
from langchain_smartroute.bench.figures import Figure, Figures, Key

__all__ = ["Quoted", "quoted_figures", "rewritten"]

_NUMBER = rf"[-{MINUS}]?(?:\d[\d,]*)?\.?\d+"
_CELL = re.compile(rf"({_NUMBER})(?: \(({_NUMBER}) to ({_NUMBER})\))?")
_PHRASES = re.compile(r"<!-- quoted figures\n(.*?)-->", re.DOTALL)
_BRACKETED = re.compile(rf"\[({_NUMBER})\]")
_FACTOR = re.compile(rf"(.*?)(?: × ({_NUMBER}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A figure as a page quotes it.

    Attributes:
        key: Key of the figure.
        text: The page's text.
        low: Lowest value that the text may stand for, given its range and rounding.
        high: Highest value.
    """

    key: Key
    text: str
    low: float
    high: float

    def agrees(self, figure: Figure) -> bool:
        """Whether the quoted and the measured range overlap."""
        return self.low <= figure.high and figure.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A line of the comment that lists the figures in a text."""

    phrase: str
    numbers: tuple[str, ...]
    key: Key
    factor: float

    @classmethod
    def read(cls, line: str) -> Self:
        phrase, _, told = line.partition(" = ")
        named, factor = _FACTOR.fullmatch(told).groups()  # type: ignore[union-attr] # matches any text
        numbers, parts = tuple(_BRACKETED.findall(phrase)), named.split(" / ")
        if len(numbers) not in (1, 3) or len(parts) != 3:  # noqa: PLR2004 - with a range; table, row, column
            raise ValueError(f"{line!r}: not of the form 'some [1.5] words = table / row / column'")
        table, row, column = parts
        return cls(
            phrase=phrase,
            numbers=numbers,
            key=(table, row, column),
            factor=float(factor or 1),
        )

    @property
    def plain(self) -> str:
        """The phrase as it appears in the text."""
        return _BRACKETED.sub(r"\1", self.phrase)

    @property
    def pattern(self) -> re.Pattern[str]:
        """A pattern of the phrase that allows any line breaks."""
        return re.compile(r"\s+".join(map(re.escape, self.plain.split())))

    def stating(self, figure: Figure) -> str:
        """The phrase with a new figure, in the same number of digits."""
        found = iter((figure.value, figure.low, figure.high))

        def number(before: re.Match[str]) -> str:
            return f"[{_as_before(next(found) * self.factor, before.group(1))}]"

        return _BRACKETED.sub(number, self.phrase)


def quoted_figures(page: str) -> Iterator[Quoted]:
    """All figures that a page quotes, in its tables and in its text.

    Figures in the text are listed in a comment, a line for each, with the number, or the number
    and its range, in square brackets: `adds [1.1] ms = Added to a call / router / invoke, µs ×
    0.001`, or `adds [1.1] ms ([1.0]–[1.2]) = …`.

    Args:
        page: The page's Markdown.

    Raises:
        ValueError: If a listed phrase is not in the text, or does not have this form.
    """
    _, begun, rest = page.partition(BEGIN)
    if begun:
        yield from _in_tables(rest.partition(END)[0])
    text = _PHRASES.sub("", page)
    for line in _lines(page):
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
    listed = _Listed.read(line)
    if listed.pattern.search(text) is None:
        raise ValueError(f"{listed.plain!r} is listed as a quoted figure and is not in the text")
    low, high = listed.numbers[1:] or 2 * listed.numbers
    return Quoted(
        key=listed.key,
        text=listed.plain,
        low=_bounds(low)[0] / listed.factor,
        high=_bounds(high)[1] / listed.factor,
    )


def _bounds(number: str) -> tuple[float, float]:
    """The range of values that round to a number."""
    plain = number.replace(",", "").replace(MINUS, "-")
    value, half = float(plain), 0.5 / 10 ** len(plain.partition(".")[2])
    return value - half, value + half


def rewritten(page: str, figures: Figures) -> str:
    """Update the figures of a page, in its tables and in all listed phrases.

    A listed phrase whose figure was not measured stays as it is.

    Args:
        page: The page's Markdown.
        figures: The new figures.

    Raises:
        ValueError: As `quoted_figures`.
    """
    before, begun, rest = page.partition(BEGIN)
    if begun:
        page = f"{before}{BEGIN}\n\n{as_markdown(figures)}\n{END}{rest.partition(END)[2]}"
    found = figures.by_key()
    for line in _lines(page):
        listed = _Listed.read(line)
        if listed.key not in found:
            continue
        stating = listed.stating(found[listed.key])
        page = listed.pattern.sub(_spaced_as_before(stating), page)
        page = page.replace(listed.phrase, stating)
    return page


def _spaced_as_before(phrase: str) -> Callable[[re.Match[str]], str]:
    """Replace a phrase by another with as many words, keeping the white space."""
    words = _BRACKETED.sub(r"\1", phrase).split()

    def put(before: re.Match[str]) -> str:
        spaces = [*re.findall(r"\s+", before.group(0)), ""]
        return "".join(word + space for word, space in zip(words, spaces, strict=True))

    return put


def _lines(page: str) -> Iterator[str]:
    for block in _PHRASES.findall(page):
        yield from filter(None, map(str.strip, block.splitlines()))


def _as_before(number: float, before: str) -> str:
    """Format a number like another: the same decimals, and with or without a leading zero."""
    digits = len(before.partition(".")[2])
    shown = f"{number:,.{digits}f}".replace("-", MINUS)
    return shown.replace("0.", ".", 1) if before.startswith(".") and abs(number) < 1 else shown
