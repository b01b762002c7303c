"""Figures over labels and predictions: pure functions on arrays, each with an interval at hand."""

from __future__ import annotations

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
    """The share that is right; 0 of nothing."""
    return float(np.mean(labels == predicted)) if len(labels) else 0.0


def confusion(labels: _Labels, predicted: _Labels, *, classes: int) -> npt.NDArray[np.intp]:
    """Counts: a row per true class, a column per predicted one."""
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def macro_f1(labels: _Labels, predicted: _Labels, *, classes: int) -> float:
    """The mean over the classes that there are of F1: each counts alike, however rare."""
    counts = confusion(labels, predicted, classes=classes)
    hits, truly, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    there = truly > 0
    if not there.any():
        return 0.0
    return float(np.mean(2 * hits[there] / (truly + said)[there]))


def calibration_error(confidences: _Floats, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: how far confidence lies from accuracy, over 15 equal bins."""
    bins = np.minimum((confidences * _BINS).astype(np.intp), _BINS - 1)
    gaps = np.bincount(bins, confidences - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidences)) if len(confidences) else 0.0


def risk_coverage(confidences: _Floats, right: npt.NDArray[np.bool_]) -> tuple[_Floats, _Floats]:
    """What is wrong when only the surest are answered.

    Returns:
        Shares answered, rising to 1, and the share of wrong ones among them.
    """
    order = np.argsort(-confidences, kind="stable")
    answered = np.arange(1, len(order) + 1, dtype=np.float64)
    return answered / len(order), np.cumsum(~right[order]) / answered


def rank_correlation(left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Spearman's: the correlation of ranks, equal values sharing one; 0 where all are equal."""
    first, second = _ranks(np.asarray(left, float)), _ranks(np.asarray(right, float))
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / size if size else 0.0


def bootstrap_interval(
    figure: Callable[[_Labels], float], size: int, *, seed: int, resamples: int | None = None
) -> Interval:
    """A figure with its 95 % percentile interval over resampled rows.

    Args:
        figure: Computes the figure of the rows with the given numbers.
        size: How many rows there are.
        seed: Seed of the draws.
        resamples: How many draws; a thousand where left out.
    """
    draws = np.random.default_rng(seed)
    found = [figure(draws.integers(0, size, size)) for _ in range(resamples or _RESAMPLES)]
    low, high = np.percentile(found, _PERCENTILES)
    return Interval(figure(np.arange(size)), float(low), float(high))


def _ranks(values: _Floats) -> _Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: _Floats = (ends - (counts - 1) / 2)[places]
    return ranks
