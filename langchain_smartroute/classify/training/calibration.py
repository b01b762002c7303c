"""Temperature scaling that calibrates probabilities, by text length.

Scores are more reliable for a short request than for a page that contains one, since most
features of the page are not about the request. So each range of lengths has its own
temperature.
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
"""Ranges of text length, by their longest text in characters; the last range is open."""

_TEMPERATURES = tuple(round(0.3 + 0.02 * step, 2) for step in range(136))
_FEWEST = 50
"""A range with fewer examples uses the temperature of all examples."""


class Calibration(NamedTuple):
    """Temperatures by text length.

    Attributes:
        lengths: The longest text of each range but the last, in characters.
        temperatures: One per range.
    """

    lengths: tuple[int, ...]
    temperatures: tuple[float, ...]

    def probabilities(self, scores: _Floats, lengths: _Whole) -> _Floats:
        """Calibrated probabilities of scores, a row per text."""
        return softmax(self.cooled(scores, lengths))

    def cooled(self, scores: _Floats, lengths: _Whole) -> _Floats:
        """Scores divided by the temperature for the text's length."""
        temperatures = np.array(self.temperatures)[_ranges(lengths, self.lengths)]
        cooled: _Floats = scores / temperatures[:, None]
        return cooled


def lengths_of(examples: Sequence[Example]) -> _Whole:
    """Length of each text in characters."""
    return np.array([len(e.text) for e in examples], np.intp)


def calibrate(scores: _Floats, targets: _Whole, lengths: _Whole) -> Calibration:
    """Fit temperatures by log loss, on scores of models not trained on the examples.

    Args:
        scores: Scores with a row per example.
        targets: Index of each example's class.
        lengths: Length of each text in characters.
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
    """Fit one temperature by log loss.

    The best one of a fixed grid.
    """
    rows = np.arange(len(targets))

    def loss(temperature: float) -> float:
        right = softmax(scores / temperature)[rows, targets]
        return float(np.mean(-np.log(np.maximum(right, 1e-12))))

    return _lowest(loss)


def _lowest(loss: Callable[[float], float]) -> float:
    """The temperature with the lowest loss, which is unimodal (convex in the inverse)."""
    low, high = 0, len(_TEMPERATURES) - 1
    while low < high:
        middle = (low + high) // 2
        if loss(_TEMPERATURES[middle]) <= loss(_TEMPERATURES[middle + 1]):
            high = middle
        else:
            low = middle + 1
    return _TEMPERATURES[low]


def _ranges(lengths: _Whole, bounds: Sequence[int]) -> _Whole:
    """Index of the range of each length."""
    return np.searchsorted(np.array(bounds, np.intp), lengths, side="left")
