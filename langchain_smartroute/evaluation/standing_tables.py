"""Figures, tables and a chart of routers' results, for reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from langchain_smartroute.evaluation.compared import Standing, Standings
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.quality_metrics import (
    Curve,
    cost_at_quality,
    performance_gap_recovered,
)
from langchain_smartroute.report import Column, Figure, Point, Points, Table

__all__ = [
    "column_of",
    "cost_and_quality",
    "in_short",
    "overall_table",
    "parts_table",
    "plain_standing",
    "spread_of",
]

_NAMELESS = "(none)"
"""Stands for the dataset or source of prompts without one."""


def in_short(overall: Standings) -> Iterator[Figure]:
    """Gap recovered, and the cost at which a random router has the same quality."""
    router, strong, weak = overall.routers[:3]
    gap = strong.quality.value - weak.quality.value
    if gap <= 0:
        return
    recovered = performance_gap_recovered(
        router.quality.value, weak=weak.quality.value, strong=strong.quality.value
    )
    yield Figure(
        name="gap recovered (PGR)",
        value=100 * recovered,
        kind="percent",
        note="of the way from the cheapest model's quality to the strongest one's",
    )
    costs = [each.usd_per_thousand.value for each in (weak, strong)]
    if np.isfinite([*costs, router.usd_per_thousand.value]).all():
        coin = Curve(np.array(costs), np.array([weak.quality.value, strong.quality.value]))
        cost = cost_at_quality(coin, router.quality.value)
        yield Figure(
            name="a coin's cost at that quality",
            value=cost,
            kind="usd",
            note="for a thousand requests" if cost is not None else "no coin gets there",
        )


def spread_of(found: Interval, *, percent: bool = False, digits: int = 3) -> str | None:
    """A figure with its interval as text; `None` where unknown."""
    if not np.isfinite(found.value):
        return None
    value, low, high = (100 * part if percent else part for part in found)
    shown = f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
    return f"{shown} %" if percent else shown


def overall_table(overall: Standings) -> Table:
    """Table with a row per router and baseline."""
    names = ("router", "n", "quality", "kept", "gain", "USD / 1,000", "saved", "latency s", "arena")
    return Table(columns=tuple(map(column_of, names)), rows=tuple(map(_row, overall.routers)))


def column_of(name: str) -> Column:
    """A column of a table; counts are right-aligned."""
    return Column(name=name, kind="count" if name == "n" else "text")


def _row(found: Standing) -> tuple[Any, ...]:
    return (
        found.name,
        found.count,
        spread_of(found.quality),
        spread_of(found.kept, percent=True, digits=1),
        spread_of(found.gain, digits=4),
        spread_of(found.usd_per_thousand, digits=4),
        spread_of(found.saved, percent=True, digits=1),
        spread_of(found.latency_s, digits=2),
        None if found.arena is None else f"{found.arena:.4f}",
    )


def parts_table(parts: Sequence[Standings]) -> Table:
    """Table of the router and the strongest model, with a row per part."""
    names = ("part", "n", "quality", "strongest", "gain", "USD / 1,000", "saved")
    rows = []
    for part in parts:
        router, strongest = part.routers
        rows.append(
            (
                part.part or _NAMELESS,
                router.count,
                spread_of(router.quality),
                spread_of(strongest.quality),
                spread_of(router.gain, digits=4),
                spread_of(router.usd_per_thousand, digits=4),
                spread_of(router.saved, percent=True, digits=1),
            )
        )
    return Table(columns=tuple(map(column_of, names)), rows=tuple(rows))


def cost_and_quality(
    overall: Standings, curve: tuple[tuple[float, float], ...] = ()
) -> tuple[Points, ...]:
    """Chart of cost against quality; empty where costs are unknown.

    Args:
        overall: Routers and baselines.
        curve: Cost per prompt and quality of other settings.
    """
    points = {
        found.name: Point(
            x=found.usd_per_thousand.value,
            y=100 * found.quality.value,
            low=100 * found.quality.low,
            high=100 * found.quality.high,
        )
        for found in overall.routers
        if np.isfinite(found.usd_per_thousand.value)
    }
    if not points:
        return ()
    return (
        Points(
            title="Cost and quality",
            points=points,
            x_name="US dollars for a thousand requests",
            x_kind="usd",
            y_name="quality",
            y_kind="percent",
            curve=tuple((1_000 * cost, 100 * quality) for cost, quality in curve),
        ),
    )


def plain_standing(found: Standing) -> dict[str, Any]:
    """A router's results as JSON values; `None` for unknown ones."""

    def plain(interval: Interval) -> list[float] | None:
        return list(interval) if np.isfinite(interval.value) else None

    return {
        "n": found.count,
        "quality": plain(found.quality),
        "kept": plain(found.kept),
        "gain": plain(found.gain),
        "usd_per_thousand": plain(found.usd_per_thousand),
        "saved": plain(found.saved),
        "latency_s": plain(found.latency_s),
        "arena": found.arena,
    }
