"""Predicted quality of one catalog's candidates.

It combines three sources: scores from feedback, means fitted on earlier scores, and the
catalog's priors. Each is weighted by the number of scores that it stands for, so that two
scores of feedback do not outweigh a thousand rows.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from langchain_smartroute.routing.evidence import Evidence, Tally
from langchain_smartroute.types import rounded_shares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.routing.predictor import QualityPredictor
    from langchain_smartroute.types import RequestFeatures

__all__ = ["Outlook", "Prediction"]

PRIOR_WEIGHT = 8.0
"""Weight of a catalog's prior in scores; priors are ordinal guesses."""

SHIFT_WEIGHT = 20.0
"""Weight of a task's mean against scores of one difficulty, in scores."""

_MOST_KEPT = 4_096
_NOTHING = Tally()


class Prediction(NamedTuple):
    """Predicted quality of the candidates for one request.

    Attributes:
        by_alias: Alias → quality in [0, 1], in the catalog's order.
        rounded: The same, rounded to four decimals.
        ranked: Aliases with their qualities, the best first, equals in the catalog's order.
        has_equals: Whether several candidates have the same quality.
    """

    by_alias: dict[str, float]
    rounded: dict[str, float]
    ranked: tuple[tuple[str, float], ...]
    has_equals: bool

    @classmethod
    def of(cls, by_alias: dict[str, float]) -> Prediction:
        """Rank and round qualities."""
        ranked = sorted(by_alias.items(), key=itemgetter(1), reverse=True)
        has_equals = len({*by_alias.values()}) < len(ranked)
        return cls(by_alias, rounded_shares(by_alias, parts=10_000), tuple(ranked), has_equals)


class Outlook:
    """Predicted quality of a catalog's candidates, which follows the predictor's learning.

    Args:
        predictor: The predictor.
        models: Alias → spec.
    """

    def __init__(self, predictor: QualityPredictor, models: Mapping[str, ModelSpec]) -> None:
        self._predictor = predictor
        self._models = models
        self._revision = -1
        self._means: dict[tuple[str, str], Prediction] = {}

    def predict(self, features: RequestFeatures) -> Prediction:
        """Predicted quality of the candidates' answers.

        Candidates without any evidence are left out.
        """
        means = self._means_at(features.task, features.difficulty)
        gains = self._predictor.gains(features)
        if not gains:
            return means
        moved = ((a, mean + gains.get(a, 0.0)) for a, mean in means.by_alias.items())
        return Prediction.of({a: 0.0 if share < 0.0 else min(share, 1.0) for a, share in moved})

    def expected(self, alias: str, task: str) -> float | None:
        """Predicted quality of a candidate at a task, for any text and difficulty."""
        return self._means_at(task, "").by_alias.get(alias)

    def at(self, task: str, difficulty: str = "") -> Prediction:
        """Predicted quality at a task, for any text; of any difficulty, unless one is given."""
        return self._means_at(task, difficulty)

    def _means_at(self, task: str, difficulty: str) -> Prediction:
        revision = self._predictor.revision
        if revision != self._revision or len(self._means) > _MOST_KEPT:
            self._means, self._revision = {}, revision
        cache = self._means
        known_means = cache.get((task, difficulty))
        if known_means is None:
            means = ((a, self._mean(a, task, difficulty)) for a in self._models)
            known_means = Prediction.of({a: mean for a, mean in means if mean is not None})
            cache[task, difficulty] = known_means
        return known_means

    def _mean(self, alias: str, task: str, difficulty: str) -> float | None:
        evidence = self._before_feedback(alias, task)
        tallies = self._predictor.tallies(alias, task)
        feedback = _NOTHING
        for tally in tallies.values():
            feedback = feedback.plus(*tally)
        if evidence is None:
            if not feedback.scores:
                return None
            # Only feedback is known: start from 0.5.
            evidence = Evidence(0.5, 2.0)
        mean = evidence.with_scores(feedback).mean
        if not difficulty:
            return mean
        shift = self._predictor.findings.shifts.get(alias, {}).get(task, {}).get(difficulty, 0.0)
        shifted = Evidence(min(1.0, max(0.0, mean + shift)), SHIFT_WEIGHT)
        return shifted.with_scores(tallies.get(difficulty, _NOTHING)).mean

    def _before_feedback(self, alias: str, task: str) -> Evidence | None:
        """The fitted mean for the task, else the catalog's prior, else the fitted overall mean."""
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
        """Mean difference between scores and the catalog's priors where both are known.

        Without it, unmeasured candidates would look better than measured ones wherever scores
        are stricter than priors.
        """
        differences = [
            evidence.mean - self._models[alias].quality[task]
            for alias, tasks in self._predictor.findings.tasks.items()
            for task, evidence in tasks.items()
            if alias in self._models and task in self._models[alias].quality
        ]
        return sum(differences) / len(differences) if differences else 0.0
