"""The content of a report, independent of its format; used for money and evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

__all__ = [
    "Bars",
    "Column",
    "Document",
    "Figure",
    "Lines",
    "Point",
    "Points",
    "Section",
    "Table",
    "shown",
]

Kind = Literal["text", "count", "usd", "percent", "seconds"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its name.

    Attributes:
        name: What it is.
        value: The number; `None` when unknown.
        kind: How it is written.
        note: A remark on it.
    """

    name: str
    value: Any
    kind: Kind = "count"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of values, in the order of the columns; `None` is unknown."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A value for each of several names, drawn as bars."""

    title: str
    values: Mapping[str, float]
    kind: Kind = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Values of several names along one axis, drawn as lines.

    Attributes:
        title: What is drawn.
        along: The steps of the axis, such as days.
        series: Name → a value for each step.
        kind: How a value is written.
    """

    title: str
    along: tuple[str, ...]
    series: Mapping[str, tuple[float, ...]]
    kind: Kind = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point with the interval of its height.

    Attributes:
        x: Horizontal position.
        y: Vertical position.
        low: The interval's lower end.
        high: Its upper end.
    """

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Named points over two axes, such as cost and quality.

    Attributes:
        title: What is drawn.
        points: Name → where.
        x_name: What the horizontal axis shows, with its unit.
        x_kind: How it is written.
        y_name: What the vertical axis shows.
        y_kind: How it is written.
        curve: Unnamed points that are joined, such as a router's other settings.
    """

    title: str
    points: Mapping[str, Point]
    x_name: str
    x_kind: Kind
    y_name: str
    y_kind: Kind
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report."""

    title: str
    figures: tuple[Figure, ...] = ()
    charts: tuple[Bars | Lines | Points, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report.

    Attributes:
        title: What it is about.
        subtitle: Of what, and of when.
        sections: Its parts, in order.
        figures: The same figures by name, for machines.

    Example:
        >>> from langchain_smartroute.report import Document, Figure, Section, as_text
        >>> spent = Figure(name="spent", value=1.5, kind="usd")
        >>> section = Section(title="All", figures=(spent,))
        >>> print(as_text(Document(title="Spending", sections=(section,))))
        Spending
        <BLANKLINE>
        All
          spent  $1.50
    """

    title: str
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


def shown(value: Any, kind: Kind) -> str:
    """A value as rounded text; `unknown` for `None`."""
    if value is None:
        return "unknown" if kind != "text" else "–"
    if kind == "usd":
        return _usd(Decimal(str(value)))
    if kind == "percent":
        return f"{value:.1f} %"
    if kind == "seconds":
        return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"
    if kind == "count":
        return f"{value / _MILLION:,.1f} M" if value >= 10 * _MILLION else f"{value:,}"
    return str(value)


def _usd(amount: Decimal) -> str:
    """US dollars with cents; amounts below a dollar with four significant digits."""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    rounded = Decimal(f"{size:.3e}")
    if rounded >= 1 or not size:
        return f"{sign}${size:,.2f}"
    return f"{sign}${rounded:f}".rstrip("0")
