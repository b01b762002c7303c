"""Scores texts by a trained classifier's weights, in a few numpy calls.

Weights are small integers, whose sums per block are exact on every platform; only a few
floating point operations follow.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.artefact import Artefact, read_artefact
from langchain_smartroute.classify.hashing import BITS, BLOCKS, hashed

__all__ = ["Scorer"]

_Floats = npt.NDArray[np.float64]


class Scorer:
    """The weights of an artefact, prepared for scoring.

    Example:
        >>> from langchain_smartroute.classify.linear import read_shipped
        >>> scorer = read_shipped()
        >>> scores = scorer.scores("Solve 2x + 3 = 9")
        >>> scorer.artefact.tasks[scores.index(max(scores[:10]))]
        'math'
    """

    def __init__(self, artefact: Artefact) -> None:
        """Convert the weights to floats, which numpy sums faster than bytes.

        Sums of integers below 2²⁴ are exact in float32, and a bounded text has about 13,000
        features of at most 128 each.
        """
        self.artefact = artefact
        weights = np.frombuffer(artefact.weights, np.int8).astype(np.float32)
        self._weights = weights.reshape(1 << BITS, artefact.columns)
        self._block_weights = np.array(artefact.block_weights)
        self._lines = [self._line(temperature) for temperature in artefact.temperatures]

    @classmethod
    def of_bytes(cls, content: bytes, *, name: str) -> Scorer:
        """Parse a file's content.

        Raises:
            ConfigurationError: If it is not a trained classifier, or damaged.
        """
        return cls(read_artefact(content, name=name, blocks=BLOCKS, bits=BITS))

    def scores(self, text: str) -> list[float]:
        """A score per column, the tasks' first: log-probabilities up to a constant."""
        found = hashed(text)
        rows = self._weights.take(found.indices, axis=0)
        sums = np.add.reduceat(rows, found.starts, axis=0)
        totals = (self._block_weights / np.sqrt(found.sizes)).dot(sums)
        scales, biases = self._lines[bisect_left(self.artefact.lengths, len(text))]
        scores: list[float] = (totals * scales + biases).tolist()
        return scores

    def _line(self, temperature: float) -> tuple[_Floats, _Floats]:
        """Scales and biases, with the tasks' divided by a temperature."""
        cooled = np.ones(self.artefact.columns)
        cooled[: len(self.artefact.tasks)] = temperature
        return np.array(self.artefact.scales) / cooled, np.array(self.artefact.biases) / cooled
