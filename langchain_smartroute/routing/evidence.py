"""Evidence on candidates' quality: means with the number of scores that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Evidence", "Findings", "Tally"]


class Evidence(NamedTuple):
    """A mean quality with its weight in scores.

    Attributes:
        mean: In [0, 1].
        weight: Number of scores that it counts as, compared with later ones.
    """

    mean: float
    weight: float

    def with_scores(self, tally: Tally) -> Evidence:
        """The mean after more scores."""
        weight = self.weight + tally.scores
        return Evidence((self.mean * self.weight + tally.total) / weight, weight)


class Tally(NamedTuple):
    """Number and sum of received scores."""

    scores: int = 0
    total: float = 0.0

    def plus(self, scores: int, total: float) -> Tally:
        """The tally with more scores."""
        return Tally(self.scores + scores, self.total + total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The result of a fit.

    Attributes:
        levels: Alias → quality over all tasks.
        tasks: Alias → task → quality.
        shifts: Alias → task → difficulty → difference to the task's mean.
        card: Description of the fit: rows, prompts, and which parts are used.
    """

    levels: Mapping[str, Evidence] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)
    shifts: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
