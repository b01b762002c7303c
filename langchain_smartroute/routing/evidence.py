"""What is known of how good candidates are: means, and how many scores each stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Evidence", "Findings", "Tally"]


class Evidence(NamedTuple):
    """A mean quality that counts as much as so many scores.

    Attributes:
        mean: In [0, 1].
        weight: How many scores it stands for against those that come in later.
    """

    mean: float
    weight: float

    def with_scores(self, tally: Tally) -> Evidence:
        """The mean after more scores."""
        weight = self.weight + tally.scores
        return Evidence((self.mean * self.weight + tally.total) / weight, weight)


class Tally(NamedTuple):
    """Scores that came in: how many, and their sum."""

    scores: int = 0
    total: float = 0.0

    def plus(self, scores: int, total: float) -> Tally:
        """With more of them."""
        return Tally(self.scores + scores, self.total + total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a fit has found.

    Attributes:
        levels: Alias → quality over all tasks.
        tasks: Alias → task → quality.
        shifts: Alias → task → difficulty → how much better or worse than the task's mean.
        card: How it was found, for people: rows, prompts, what was used and what was not.
    """

    levels: Mapping[str, Evidence] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)
    shifts: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
