"""Published metrics of routers, under their usual names and definitions.

A curve is two arrays: what a router spends (a share of calls to the strong model, or US
dollars) and the mean quality that it reaches there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError

__all__ = [
    "Curve",
    "aiq",
    "apgr",
    "arena_score",
    "call_curve",
    "cost_at_quality",
    "cpt",
    "non_decreasing_hull",
    "performance_gap_recovered",
    "quality_at_cost",
]

_Floats = npt.NDArray[np.float64]

_STEPS = 10
_DEAREST_USD = 200.0
_CHEAPEST_USD = 0.0044
_WEIGHT_OF_COST = 0.1


class Curve(NamedTuple):
    """What a router spends, rising, and the quality that it reaches there.

    Attributes:
        spent: Shares of calls to the strong model, or US dollars.
        quality: Mean quality.
    """

    spent: _Floats
    quality: _Floats


def performance_gap_recovered(quality: float, *, weak: float, strong: float) -> float:
    """PGR: share of the quality gap between the weak and the strong model that is recovered.

    RouteLLM (arXiv 2406.18665), equation 4. Below 0: worse than the weak model; above 1:
    better than the strong one.

    Args:
        quality: The router's mean quality.
        weak: The weak model's.
        strong: The strong model's.

    Raises:
        ConfigurationError: If both models are equally good: there is no gap.
    """
    if strong == weak:
        raise ConfigurationError(
            f"both models have quality {weak:.4g}: there is no gap to recover; compare others"
        )
    return (quality - weak) / (strong - weak)


def call_curve(scores: _Floats, *, weak: _Floats, strong: _Floats, steps: int = _STEPS) -> Curve:
    """Quality by the share of prompts sent to the strong model, in order of descending score.

    As in RouteLLM's own evaluation: thresholds at `steps` equal quantiles of the scores, so
    that prompts of one score go the same way.

    Args:
        scores: Estimate per prompt of how much it needs the strong model.
        weak: The weak model's quality on each prompt.
        strong: The strong model's.
        steps: Number of quantiles.
    """
    thresholds = np.quantile(scores, np.linspace(0, 1, steps + 1))
    sent = scores[None, :] >= thresholds[:, None]
    sent[-1] = scores > thresholds[-1]
    quality = np.where(sent, strong, weak).mean(axis=1)
    return Curve(sent.mean(axis=1)[::-1], quality[::-1])


def apgr(curve: Curve, *, weak: float, strong: float) -> float:
    """APGR: the mean of PGR over shares of calls, as an area; a random router has 0.5.

    RouteLLM (arXiv 2406.18665), section 3.2, and `apgr_metric` of its `evals/evaluate.py`:
    the area between the curve and the weak model's line by the trapezoidal rule, divided by
    that between the two models' lines.

    Args:
        curve: From `call_curve`.
        weak: The weak model's mean quality.
        strong: The strong model's.
    """
    width = float(curve.spent[-1] - curve.spent[0])
    if not width:
        raise ConfigurationError("every prompt has the same score: it routes nothing")
    mean = _area(curve.spent, curve.quality) / width
    return performance_gap_recovered(mean, weak=weak, strong=strong)


def cpt(curve: Curve, share: float, *, weak: float, strong: float) -> float | None:
    """CPT: the call-performance threshold, the smallest share of strong calls for a given PGR.

    RouteLLM (arXiv 2406.18665), section 3.2: CPT(50 %) and CPT(80 %). Between two points of the
    curve it is interpolated linearly, as in the paper.

    Args:
        curve: From `call_curve`.
        share: The PGR to reach, such as 0.8.
        weak: The weak model's mean quality.
        strong: The strong model's.

    Returns:
        A share of calls in [0, 1]; `None` where the curve never reaches it.
    """
    return cost_at_quality(curve, weak + share * (strong - weak))


def non_decreasing_hull(curve: Curve) -> Curve:
    """The non-decreasing upper convex hull of a curve: what mixing settings can reach.

    RouterBench (arXiv 2403.12031), section 3.1: any point between two settings is reached by
    choosing between them at random, and a higher cost never has to lower quality.
    """
    order = np.lexsort((-curve.quality, curve.spent))
    hull: list[tuple[float, float]] = []
    for point in zip(curve.spent[order].tolist(), curve.quality[order].tolist(), strict=True):
        if hull and point[1] <= hull[-1][1]:
            continue
        while len(hull) > 1 and _slope(hull[-2], point) >= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(point)
    return Curve(np.array([x for x, _ in hull]), np.array([y for _, y in hull]))


def aiq(curve: Curve, *, low: float, high: float) -> float:
    """AIQ: the mean quality over costs from `low` to `high`, under the hull.

    RouterBench (arXiv 2403.12031), section 3.1: the area under the cost–quality curve by
    the range of costs. The difference to the AIQ of the single models' own hull (its "zero
    router") says what routing adds to mixing.

    Args:
        curve: Cost and quality of each setting.
        low: Lower end of the cost range; below a curve's first point its quality is 0.
        high: Upper end of the cost range.
    """
    if not low < high:
        raise ConfigurationError(f"costs from {low:g} to {high:g} are no range")
    hull = non_decreasing_hull(curve)
    inner = hull.spent[(hull.spent > low) & (hull.spent < high)]
    along = np.array([low, *inner, high])
    reached = np.interp(along, hull.spent, hull.quality)
    reached[along < hull.spent[0]] = 0.0
    return _area(along, reached) / (high - low)


def quality_at_cost(curve: Curve, cost: float) -> float | None:
    """The best mean quality at a cost, by mixing two settings where it lies between them.

    Returns:
        Mean quality; `None` where every setting costs more.
    """
    hull = non_decreasing_hull(curve)
    if cost < hull.spent[0]:
        return None
    return float(np.interp(cost, hull.spent, hull.quality))


def cost_at_quality(curve: Curve, quality: float) -> float | None:
    """The lowest cost that reaches a quality, interpolated linearly between points of the curve.

    Returns:
        A value of `spent`; `None` where the curve never reaches it.
    """
    for number, reached in enumerate(curve.quality.tolist()):
        if reached < quality:
            continue
        if not number:
            return float(curve.spent[0])
        below, spent = float(curve.quality[number - 1]), curve.spent[number - 1 : number + 1]
        part = (quality - below) / (reached - below)
        return float(spent[0] + part * (spent[1] - spent[0]))
    return None


def arena_score(accuracy: float, usd_per_thousand: float) -> float:
    """RouterArena's score: accuracy and cost in one number, in [0, 1].

    RouterArena (arXiv 2510.00202) and `compute_arena_score` of its repository: with
    C = log₂(200 / cost) / log₂(200 / 0.0044) the score is (1 + β)·A·C / (β·A + C), β = 0.1.

    Args:
        accuracy: Mean quality in [0, 1].
        usd_per_thousand: US dollars for a thousand requests, above 0 and below 200.

    Raises:
        ConfigurationError: For a cost outside that range.

    Example:
        >>> round(arena_score(0.8, 0.5), 4)
        0.7698
    """
    if not 0 < usd_per_thousand < _DEAREST_USD:
        raise ConfigurationError(
            f"a cost of {usd_per_thousand:g} USD a thousand requests has no arena score; it is"
            f" defined above 0 and below {_DEAREST_USD:g}"
        )
    span = math.log2(_DEAREST_USD / _CHEAPEST_USD)
    cheapness = math.log2(_DEAREST_USD / usd_per_thousand) / span
    weighted = _WEIGHT_OF_COST * accuracy + cheapness
    return (1 + _WEIGHT_OF_COST) * accuracy * cheapness / weighted


def _area(along: _Floats, heights: _Floats) -> float:
    """Trapezoidal rule; numpy's own function has a different name in each major release."""
    return float(((heights[1:] + heights[:-1]) / 2 * np.diff(along)).sum())


def _slope(start: tuple[float, float], end: tuple[float, float]) -> float:
    width = end[0] - start[0]
    return math.inf if not width else (end[1] - start[1]) / width
