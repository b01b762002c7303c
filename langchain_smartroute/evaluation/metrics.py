"""Classification metrics as pure functions on arrays, and their bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Interval",
    "accuracy",
    "bootstrap_interval",
    "calibration_error",
    "confusion",
    "macro_f1",
    "rank_correlation",
    "risk_coverage",
]

_Floats = npt.NDArray[np.float64]
_Labels = npt.NDArray[np.intp]

_BINS = 15
_RESAMPLES = 1_000
_PERCENTILES = (2.5, 97.5)


class Interval(NamedTuple):
    """A figure with its 95 % bootstrap interval.

    Example:
        >>> print(Interval(0.71, 0.68, 0.74))
        .710 (.680–.740)
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """The figure to three places, the interval in brackets."""
        value, low, high = (f"{part:.3f}".replace("0.", ".", 1) for part in self)
        return f"{value} ({low}–{high})"


def accuracy(labels: _Labels, predicted: _Labels) -> float:
    """Share of right predictions; 0 where there are none."""
    return float(np.mean(labels == predicted)) if len(labels) else 0.0


def confusion(labels: _Labels, predicted: _Labels, *, classes: int) -> npt.NDArray[np.intp]:
    """Counts: a row per true class, a column per predicted one."""
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def macro_f1(labels: _Labels, predicted: _Labels, *, classes: int) -> float:
    """Macro F1: the unweighted mean of F1 over the classes that occur."""
    counts = confusion(labels, predicted, classes=classes)
    hits, truly, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    there = truly > 0
    if not there.any():
        return 0.0
    return float(np.mean(2 * hits[there] / (truly + said)[there]))


def calibration_error(confidences: _Floats, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, in 15 equal bins."""
    bins = np.minimum((confidences * _BINS).astype(np.intp), _BINS - 1)
    gaps = np.bincount(bins, confidences - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidences)) if len(confidences) else 0.0


def risk_coverage(confidences: _Floats, right: npt.NDArray[np.bool_]) -> tuple[_Floats, _Floats]:
    """Risk–coverage curve: the error rate when only the most confident predictions count.

    Returns:
        Coverage, rising to 1, and the error rate at each coverage.
    """
    order = np.argsort(-confidences, kind="stable")
    answered = np.arange(1, len(order) + 1, dtype=np.float64)
    return answered / len(order), np.cumsum(~right[order]) / answered


def rank_correlation(left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Spearman's rank correlation; ties share a rank, and 0 where all values are equal."""
    first, second = _ranks(np.asarray(left, float)), _ranks(np.asarray(right, float))
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / size if size else 0.0


def bootstrap_interval(
    figure: Callable[[_Labels], float], size: int, *, seed: int, resamples: int | None = None
) -> Interval:
    """A figure with its 95 % percentile bootstrap interval.

    Args:
        figure: Computes the figure on the rows with the given indices; NaN: they say nothing.
        size: Number of rows.
        seed: Seed of the bootstrap.
        resamples: Number of bootstrap samples; default: 1,000.
    """
    draws = np.random.default_rng(seed)
    found = [figure(draws.integers(0, size, size)) for _ in range(resamples or _RESAMPLES)]
    known = [value for value in found if not math.isnan(value)]
    low, high = np.percentile(known, _PERCENTILES) if known else (math.nan, math.nan)
    return Interval(figure(np.arange(size)), float(low), float(high))


def _ranks(values: _Floats) -> _Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: _Floats = (ends - (counts - 1) / 2)[places]
    return ranks
