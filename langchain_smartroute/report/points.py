"""A scatter chart of named points with intervals, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from langchain_smartroute.report.charts import COLOURS, legend, opening
from langchain_smartroute.report.document import Points, shown

__all__ = ["points_svg"]

_WIDTH, _HEIGHT = 480, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 14, 44
_TICKS = 4
_MARGIN = 0.08


class _Axis(NamedTuple):
    """Maps values to positions on the page."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> Iterator[float]:
        for step in range(_TICKS + 1):
            yield self.low + (self.high - self.low) * step / _TICKS


def points_svg(chart: Points) -> str:
    """A scatter chart with error bars, a grid and a legend; axes fit the points."""
    found = list(chart.points.values())
    along = [p.x for p in found] + [x for x, _ in chart.curve]
    heights = [v for p in found for v in (p.low, p.high)] + [y for _, y in chart.curve]
    across = _axis(along, _LEFT, _WIDTH - _RIGHT)
    upward = _axis(heights, _HEIGHT - _BOTTOM, _TOP)
    parts = [opening(chart.title, _HEIGHT), *_grid(chart, across, upward)]
    if chart.curve:
        steps = " ".join(f"{across.at(x):.1f},{upward.at(y):.1f}" for x, y in chart.curve)
        parts.append(f'<polyline class="l0" points="{steps}"/>')
    for number, (name, point) in enumerate(chart.points.items()):
        kind, x = f"l{number % COLOURS}", across.at(point.x)
        label = f"{name}: {shown(point.x, chart.x_kind)}, {shown(point.y, chart.y_kind)}"
        parts.append(
            f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{upward.at(point.low):.1f}"'
            f' y2="{upward.at(point.high):.1f}"/>'
            f'<circle class="{kind} dot" cx="{x:.1f}" cy="{upward.at(point.y):.1f}" r="5">'
            f"<title>{escape(label)}</title></circle>"
        )
    return "".join([*parts, "</svg>", legend(chart.points)])


def _axis(values: list[float], start: float, end: float) -> _Axis:
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = (high - low) * _MARGIN or abs(high) * _MARGIN or 1.0
    return _Axis(low - margin if low - margin > 0 or low < 0 else 0.0, high + margin, start, end)


def _grid(chart: Points, across: _Axis, upward: _Axis) -> Iterator[str]:
    for value in upward.ticks():
        y = upward.at(value)
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(shown(value, chart.y_kind))}</text>"
        )
    for value in across.ticks():
        yield (
            f'<text class="tick" x="{across.at(value):.1f}" y="{_HEIGHT - 26}"'
            f' text-anchor="middle">{escape(shown(value, chart.x_kind))}</text>'
        )
    middle, centre = (across.start + across.end) / 2, (upward.start + upward.end) / 2
    yield (
        f'<text class="tick" x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{escape(chart.x_name)}</text>"
        f'<text class="tick" transform="translate(12 {centre:.1f}) rotate(-90)"'
        f' text-anchor="middle">{escape(chart.y_name)}</text>'
    )
