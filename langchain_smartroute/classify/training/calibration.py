"""Temperatures that make probabilities as often right as they say, by a text's length.

A short request and a page with a request in it differ in how far their scores can be
trusted: a page's features are many and mostly not about the request. So each range of
lengths, which is known when a text is classified, has a temperature of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.training.fit import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_smartroute.classify.training.examples import Example

__all__ = ["Calibration", "calibrate", "lengths_of", "temperature_of"]

_Floats = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.intp]

LENGTHS = (60, 200, 600)
"""Ranges of lengths: up to so many characters; the last is open."""

_TEMPERATURES = tuple(round(0.3 + 0.02 * step, 2) for step in range(136))
_FEWEST = 50
"""A range with fewer examples takes the temperature of all."""


class Calibration(NamedTuple):
    """What scores are divided by.

    Attributes:
        lengths: The longest text of each range but the last, in characters.
        temperatures: One per range.
    """

    lengths: tuple[int, ...]
    temperatures: tuple[float, ...]

    def probabilities(self, scores: _Floats, lengths: _Whole) -> _Floats:
        """Probabilities by row, from scores and the lengths of the texts."""
        return softmax(self.cooled(scores, lengths))

    def cooled(self, scores: _Floats, lengths: _Whole) -> _Floats:
        """Scores divided by the temperature of their text's length."""
        temperatures = np.array(self.temperatures)[_ranges(lengths, self.lengths)]
        cooled: _Floats = scores / temperatures[:, None]
        return cooled


def lengths_of(examples: Sequence[Example]) -> _Whole:
    """How many characters each text has."""
    return np.array([len(e.text) for e in examples], np.intp)


def calibrate(scores: _Floats, targets: _Whole, lengths: _Whole) -> Calibration:
    """Temperatures with the least log loss on scores by models that had not seen the examples.

    Args:
        scores: A row per example.
        targets: Its class.
        lengths: Its length in characters.
    """
    ranges = _ranges(lengths, LENGTHS)
    for_all = temperature_of(scores, targets)
    found = []
    for number in range(len(LENGTHS) + 1):
        rows = np.flatnonzero(ranges == number)
        enough = len(rows) >= _FEWEST
        found.append(temperature_of(scores[rows], targets[rows]) if enough else for_all)
    return Calibration(LENGTHS, tuple(found))


def temperature_of(scores: _Floats, targets: _Whole) -> float:
    """What to divide scores by so that probabilities are as often right as they say.

    The one with the least log loss, of a fixed grid.
    """
    rows = np.arange(len(targets))

    def loss(temperature: float) -> float:
        right = softmax(scores / temperature)[rows, targets]
        return float(np.mean(-np.log(np.maximum(right, 1e-12))))

    return _lowest(loss)


def _lowest(loss: Callable[[float], float]) -> float:
    """The temperature with the least loss, which has one valley (convex in the inverse)."""
    low, high = 0, len(_TEMPERATURES) - 1
    while low < high:
        middle = (low + high) // 2
        if loss(_TEMPERATURES[middle]) <= loss(_TEMPERATURES[middle + 1]):
            high = middle
        else:
            low = middle + 1
    return _TEMPERATURES[low]


def _ranges(lengths: _Whole, bounds: Sequence[int]) -> _Whole:
    """The number of the range that each length is in."""
    return np.searchsorted(np.array(bounds, np.intp), lengths, side="left")
