"""Choices of the quality policy for many values of `give_up` at once.

The same choices as those of `QualityPolicy.decide`, for candidates that can all serve all
requests and have known costs; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.predicted import Expected
from langchain_smartroute.routing.aim import MUCH, ROUNDING

__all__ = ["chosen_columns"]

_Floats = npt.NDArray[np.float64]
_Columns = npt.NDArray[np.intp]


def chosen_columns(
    expected: Expected, cost_usd: _Floats, give_up: Sequence[float]
) -> list[_Columns]:
    """The chosen candidate per prompt, for each value of `give_up`.

    Args:
        expected: Expected quality of the candidates, with n rows and m columns.
        cost_usd: Expected costs of a call in US dollars, of the same shape.
        give_up: The values.

    Returns:
        For each value, n numbers of columns.

    Example:
        >>> import numpy as np
        >>> quality = np.array([[0.9, 0.8], [0.9, 0.5]])
        >>> expected = Expected(quality=quality, in_general=quality)
        >>> cost_usd = np.array([[2.0, 1.0], [2.0, 1.0]])
        >>> [found.tolist() for found in chosen_columns(expected, cost_usd, (0.0, 0.2))]
        [[0, 0], [1, 0]]
    """
    # The best candidate is the first; of equals, the cheapest.
    order = np.lexsort((cost_usd, -expected.quality), axis=1)

    def ranked(values: _Floats) -> _Floats:
        return np.take_along_axis(values, order, axis=1)

    offers = _Offers(ranked(expected.quality), ranked(cost_usd), ranked(expected.in_general))
    return [order[offers.rows, offers.chosen(amount)] for amount in give_up]


class _Offers:
    """What the candidates offer for each prompt, the best first."""

    def __init__(self, quality: _Floats, cost_usd: _Floats, in_general: _Floats) -> None:
        self.rows = np.arange(len(quality))
        self._quality, self._cost_usd = quality, cost_usd
        self._full_usd = cost_usd[self.rows, in_general.argmax(axis=1)]

    def chosen(self, give_up: float) -> _Columns:
        quality, cost_usd, rows = self._quality, self._cost_usd, self.rows
        bar = quality[:, 0] - give_up
        clear = quality >= (bar - ROUNDING)[:, None]
        cheapest = np.where(clear, cost_usd, np.inf).argmin(axis=1)
        range_usd = self._full_usd - cost_usd[rows, cheapest]
        allowed = quality[:, 0] - bar
        gains = quality - quality[rows, cheapest][:, None]
        extra_usd = cost_usd - cost_usd[rows, cheapest][:, None]
        surplus = gains * range_usd[:, None] - MUCH * extra_usd * allowed[:, None]
        surplus = np.where(clear, surplus, -np.inf)
        bargain = surplus.argmax(axis=1)
        is_better = surplus[rows, bargain] > ROUNDING * range_usd
        is_better &= (range_usd > 0) & (allowed > 0)
        found: _Columns = np.where(is_better, bargain, cheapest)
        return found
