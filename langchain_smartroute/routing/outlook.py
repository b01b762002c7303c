"""What a predictor expects of the candidates of one catalog.

Three sources, the better informed first: scores that came in as feedback, what was
fitted on scores of before, and the catalog's own priors. Each is weighed by how many
scores it stands for, so that two words of feedback do not outweigh a thousand rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.routing.evidence import Evidence, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.routing.predictor import QualityPredictor
    from langchain_smartroute.types import RequestFeatures

__all__ = ["Outlook"]

PRIOR_WEIGHT = 8.0
"""How many scores a catalog's prior stands for: they are ordinal guesses."""

SHIFT_WEIGHT = 20.0
"""How many scores a task's mean stands for against those of one difficulty."""

_MOST_KEPT = 4_096
_NOTHING = Tally()


class Outlook:
    """What a predictor expects of a catalog's candidates; follows what it learns.

    Args:
        predictor: What is known.
        models: Alias → spec.
    """

    def __init__(self, predictor: QualityPredictor, models: Mapping[str, ModelSpec]) -> None:
        self._predictor = predictor
        self._models = models
        self._revision = -1
        self._means: dict[tuple[str, str], dict[str, float]] = {}

    def predict(self, features: RequestFeatures) -> dict[str, float]:
        """Alias → how good its answer to a request is expected to be, in [0, 1].

        A candidate of which nothing is known is not in it.
        """
        means = self._means_at(features.task, features.difficulty)
        gains = self._predictor.gains(features)
        if not gains:
            return means
        return {a: min(1.0, max(0.0, mean + gains.get(a, 0.0))) for a, mean in means.items()}

    def expected(self, alias: str, task: str) -> float | None:
        """How good a candidate is at a task, whatever the words and the difficulty."""
        return self._means_at(task, "").get(alias)

    def at(self, task: str) -> Mapping[str, float]:
        """Alias → how good a candidate is at a task, whatever the words and the difficulty."""
        return self._means_at(task, "")

    def _means_at(self, task: str, difficulty: str) -> dict[str, float]:
        revision = self._predictor.revision
        if revision != self._revision or len(self._means) > _MOST_KEPT:
            self._means, self._revision = {}, revision
        kept = self._means
        found = kept.get((task, difficulty))
        if found is None:
            means = ((a, self._mean(a, task, difficulty)) for a in self._models)
            found = {alias: mean for alias, mean in means if mean is not None}
            kept[task, difficulty] = found
        return found

    def _mean(self, alias: str, task: str, difficulty: str) -> float | None:
        known = self._before_feedback(alias, task)
        tallies = self._predictor.tallies(alias, task)
        whole = _NOTHING
        for tally in tallies.values():
            whole = whole.plus(*tally)
        if known is None:
            if not whole.scores:
                return None
            # Nothing but feedback: half right until it says otherwise.
            known = Evidence(0.5, 2.0)
        mean = known.with_scores(whole).mean
        if not difficulty:
            return mean
        shift = self._predictor.findings.shifts.get(alias, {}).get(task, {}).get(difficulty, 0.0)
        own = Evidence(min(1.0, max(0.0, mean + shift)), SHIFT_WEIGHT)
        return own.with_scores(tallies.get(difficulty, _NOTHING)).mean

    def _before_feedback(self, alias: str, task: str) -> Evidence | None:
        """What was fitted for the task, else the catalog's prior, else what is known at all."""
        findings = self._predictor.findings
        fitted = findings.tasks.get(alias, {}).get(task)
        if fitted is not None:
            return fitted
        priors = self._models[alias].quality
        prior = priors.get(task)
        if prior is not None:
            return Evidence(min(1.0, max(0.0, prior + self._offset())), PRIOR_WEIGHT)
        level = findings.levels.get(alias)
        if level is not None:
            return Evidence(level.mean, PRIOR_WEIGHT)
        general = priors.get("general")
        if general is None:
            return None
        return Evidence(min(1.0, max(0.0, general + self._offset())), PRIOR_WEIGHT)

    def _offset(self) -> float:
        """By how much scores lie above the catalog's priors where both are known.

        Without it a candidate that nobody has measured would look better than all that
        somebody has, wherever the scores are stricter than the priors.
        """
        found = [
            evidence.mean - self._models[alias].quality[task]
            for alias, tasks in self._predictor.findings.tasks.items()
            for task, evidence in tasks.items()
            if alias in self._models and task in self._models[alias].quality
        ]
        return sum(found) / len(found) if found else 0.0
