"""Charts as SVG, in the page's own colours for light and dark themes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from langchain_smartroute.report.document import Bars, Lines, shown

__all__ = ["COLOURS", "bars_svg", "legend", "lines_svg", "opening"]

_WIDTH, _HEIGHT = 480, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 28
_BAR, _GAP, _NAMES, _VALUES = 20, 8, 170, 66
_TICKS = 4
_MOST_LABELS = 6
COLOURS = 6
"""Number of colours of the page."""


def bars_svg(chart: Bars) -> str:
    """A bar chart with names; the longest bar has the full width."""
    most = max(chart.values.values(), default=0) or 1
    room = _WIDTH - _NAMES - _VALUES
    height = max(len(chart.values), 1) * (_BAR + _GAP)
    parts = [opening(chart.title, height)]
    for number, (name, value) in enumerate(chart.values.items()):
        y = number * (_BAR + _GAP)
        width = max(value, 0) / most * room
        middle = y + _BAR / 2 + 4
        parts.append(
            f'<text class="name" x="{_NAMES - 8}" y="{middle:.0f}" text-anchor="end">'
            f"{escape(_short(name))}<title>{escape(name)}</title></text>"
            f'<rect class="c0" x="{_NAMES}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"/>'
            f'<text class="value" x="{_NAMES + width + 6:.1f}" y="{middle:.0f}">'
            f"{escape(shown(value, chart.kind))}</text>"
        )
    return "".join([*parts, "</svg>"])


def lines_svg(chart: Lines) -> str:
    """A line chart with a grid and a legend."""
    most = max((v for values in chart.series.values() for v in values), default=0) or 1
    parts = [opening(chart.title, _HEIGHT)]
    parts += _grid(most, chart)
    parts += _steps(chart)
    for number, (name, values) in enumerate(chart.series.items()):
        points = [
            f"{_x(i, len(chart.along)):.1f},{_y(value, most):.1f}" for i, value in enumerate(values)
        ]
        kind = f"l{number % COLOURS}"
        if len(points) == 1:
            x, y = points[0].split(",")
            parts.append(f'<circle class="{kind} dot" cx="{x}" cy="{y}" r="4"/>')
        else:
            parts.append(
                f'<polyline class="{kind}" points="{" ".join(points)}">'
                f"<title>{escape(name)}</title></polyline>"
            )
    return "".join([*parts, "</svg>", legend(chart.series)])


def opening(title: str, height: float) -> str:
    """The opening tag of a chart."""
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}"'
        ' preserveAspectRatio="xMinYMin meet">'
    )


def _grid(most: float, chart: Lines) -> Iterator[str]:
    for tick in range(_TICKS + 1):
        value = most * tick / _TICKS
        y = _y(value, most)
        label = escape(shown(round(value) if chart.kind == "count" else value, chart.kind))
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        )


def _steps(chart: Lines) -> Iterator[str]:
    count = len(chart.along)
    every = max(1, -(-count // _MOST_LABELS))
    for number in range(0, count, every):
        yield (
            f'<text class="tick" x="{_x(number, count):.1f}" y="{_HEIGHT - 8}"'
            f' text-anchor="middle">{escape(chart.along[number])}</text>'
        )


def legend(names: Iterable[str]) -> str:
    """The legend of a chart: names with colours."""
    entries = (
        f'<span><i class="b{number % COLOURS}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(entries)}</p>'


def _x(number: int, count: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT - 40
    return _LEFT + 20 + (room / 2 if count == 1 else number / (count - 1) * room)


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - value / most * (_HEIGHT - _TOP - _BOTTOM)


def _short(name: str) -> str:
    limit = 24
    return name if len(name) <= limit else f"{name[: limit - 1]}…"
