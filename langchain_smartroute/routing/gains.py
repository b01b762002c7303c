"""Predicts from a request's text which candidates will answer it well.

The classifier's hashed n-grams of a text are folded into a short vector; a candidate's gain is
the product of this vector and its weights. Imported on first use, as it needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.hashing import hashed

__all__ = ["WIDTH", "TextGains", "sketched"]

_WIDTH_BITS = 10
WIDTH = 1 << _WIDTH_BITS
"""Length of a text's vector."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGains:
    """The weights of a linear model from a text's vector to gains.

    Attributes:
        aliases: The candidates, one column of weights each.
        tasks: The tasks that they were fitted on; other requests have no gains.
        centre: The mean vector of the texts that they were fitted on.
        weights: WIDTH rows, a column per candidate.
        wide: The weights in double precision.
        start: The product of mean vector and weights, by candidate.
    """

    aliases: tuple[str, ...]
    tasks: frozenset[str]
    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    wide: _Floats = field(init=False, repr=False)
    start: _Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Convert the weights to double precision once, instead of for each text."""
        wide = self.weights.astype(np.float64)
        object.__setattr__(self, "wide", wide)
        object.__setattr__(self, "start", self.centre.astype(np.float64) @ wide)

    def of(self, text: str) -> Mapping[str, float]:
        """Alias → change of its expected quality by the text."""
        found = sketched(text) @ self.wide - self.start
        return dict(zip(self.aliases, found.tolist(), strict=True))


def sketched(text: str) -> _Floats:
    """The vector of a text: its hashed features, folded with random signs."""
    found = hashed(text)
    shares = np.repeat(1.0 / np.sqrt(found.sizes), found.sizes)
    columns = found.indices & (WIDTH - 1)
    # The next bit of a feature's index is its sign.
    shares *= 1 - ((found.indices & WIDTH) >> (_WIDTH_BITS - 1))
    vector: _Floats = np.bincount(columns, shares, WIDTH)  # type: ignore[assignment]
    return vector
