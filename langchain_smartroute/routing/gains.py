"""What the words of a request say about who will answer it well.

A text's hashed n-grams, those of the classifier, are folded into a short vector; a
candidate's gain is that vector times weights of its own. Loaded with the first text
that is asked about, as it needs numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.hashing import hashed

__all__ = ["WIDTH", "TextGains", "sketched", "sketches"]

_WIDTH_BITS = 10
WIDTH = 1 << _WIDTH_BITS
"""How long the vector of a text is."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGains:
    """The weights that make gains of a text's vector.

    Attributes:
        aliases: The candidates, one column of weights each.
        tasks: The tasks that they were fitted on; other requests have no gains.
        centre: The mean vector of the texts that they were fitted on.
        weights: WIDTH rows, a column per candidate.
        wide: The weights in double precision.
        start: What the mean text's vector comes to, by candidate.
    """

    aliases: tuple[str, ...]
    tasks: frozenset[str]
    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    wide: _Floats = field(init=False, repr=False)
    start: _Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Widen the weights once; each text would do so otherwise."""
        wide = self.weights.astype(np.float64)
        object.__setattr__(self, "wide", wide)
        object.__setattr__(self, "start", self.centre.astype(np.float64) @ wide)

    def of(self, text: str) -> Mapping[str, float]:
        """Alias → by how much the text moves what is expected of it."""
        found = sketched(text) @ self.wide - self.start
        return dict(zip(self.aliases, found.tolist(), strict=True))


def sketched(text: str) -> _Floats:
    """The vector of a text: its hashed features, folded with signs that cancel clashes."""
    found = hashed(text)
    shares = np.repeat(1.0 / np.sqrt(found.sizes), found.sizes)
    columns = found.indices & (WIDTH - 1)
    # The next bit of a feature's number is its sign.
    shares *= 1 - ((found.indices & WIDTH) >> (_WIDTH_BITS - 1))
    vector: _Floats = np.bincount(columns, shares, WIDTH)  # type: ignore[assignment]
    return vector


def sketches(texts: Iterable[str]) -> _Floats:
    """A row per text."""
    rows: Sequence[_Floats] = [sketched(text) for text in texts]
    return np.array(rows) if rows else np.zeros((0, WIDTH))
