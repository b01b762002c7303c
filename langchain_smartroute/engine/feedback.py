"""Users' scores of answers, assigned by decision id to a model and task."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting import ScoreRecord
from langchain_smartroute.engine.lessons import SharedLessons
from langchain_smartroute.errors import InvalidRequestError
from langchain_smartroute.routing import QualityPredictor
from langchain_smartroute.types import new_lock

if TYPE_CHECKING:
    from collections.abc import Collection

    from langchain_smartroute.accounting import OnFeedback
    from langchain_smartroute.execution import Walk

__all__ = ["Feedback"]

_KEPT = 10_000
"""Number of latest requests that can be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FinishedRequest:
    """Data of a finished request for scoring, without its text."""

    task: str
    difficulty: str
    answered_by: str | None


class Feedback:
    """Keeps the latest requests, so that their answers can be scored.

    Args:
        predictor: Learns from the scores; default: a new one.
        aliases: Aliases whose answers can be scored.
        on_feedback: Called with the record of each score; `None`: none.
        shared: Shares scores with other workers; `None`: not shared.
    """

    def __init__(
        self,
        predictor: QualityPredictor | None = None,
        *,
        aliases: Collection[str] = (),
        on_feedback: OnFeedback | None = None,
        shared: SharedLessons | None = None,
    ) -> None:
        self.predictor = predictor or QualityPredictor()
        self._aliases = tuple(aliases)
        self._on_feedback = on_feedback
        self._shared = shared
        self._ended: OrderedDict[str, _FinishedRequest] = OrderedDict()
        self._lock = new_lock()

    def ended(self, walk: Walk) -> None:
        """Keep a finished request."""
        if self._shared is not None:
            self._shared.touch()
        decision: Any = walk.decision
        answered = [a.model for a in walk.attempts if a.outcome in ("accepted", "cached")]
        finished = _FinishedRequest(
            task=decision.task,
            difficulty=decision.difficulty,
            answered_by=answered[-1] if answered else None,
        )
        with self._lock:
            self._ended[decision.id] = finished
            if len(self._ended) > _KEPT:
                self._ended.popitem(last=False)

    def give(self, decision_id: str, score: float, *, model: str | None = None) -> None:
        """Count a score for the model and task of a decision, and share it with other workers.

        Args:
            decision_id: Id of the decision.
            score: From 0 to 1, or a bool.
            model: Alias that gave the answer; `None`: the returned answer's.

        Raises:
            InvalidRequestError: For an unknown decision or model, or a score outside [0, 1].
        """
        self._count(decision_id, score, model=model)
        if self._shared is not None:
            self._shared.tell()

    async def agive(self, decision_id: str, score: float, *, model: str | None = None) -> None:
        """The asynchronous form of `give`."""
        self._count(decision_id, score, model=model)
        if self._shared is not None:
            await asyncio.to_thread(self._shared.tell)

    def _count(self, decision_id: str, score: float, *, model: str | None) -> None:
        value = _score(score)
        with self._lock:
            finished = self._ended.get(decision_id)
        if finished is None:
            raise InvalidRequestError(
                f"decision_id = {decision_id!r}: is none of the last {_KEPT:,} requests that this"
                ' router has ended; give the answer\'s response_metadata["smartroute"]'
                '["decision_id"], in the process that answered'
            )
        alias = finished.answered_by if model is None else model
        if alias is None:
            raise InvalidRequestError(
                f"decision_id = {decision_id!r}: no answer was accepted; say whose answer is"
                " scored with model="
            )
        if alias not in self._aliases:
            raise InvalidRequestError(
                f"model = {alias!r} is not in the catalog; use one of {', '.join(self._aliases)}"
            )
        self.predictor.learn(alias, task=finished.task, difficulty=finished.difficulty, score=value)
        if self._shared is not None:
            self._shared.learned(
                alias, task=finished.task, difficulty=finished.difficulty, score=value
            )
        if self._on_feedback is not None:
            record = ScoreRecord(
                decision_id=decision_id,
                at=datetime.now(tz=UTC),
                model=alias,
                task=finished.task,
                difficulty=finished.difficulty,
                score=value,
            )
            self._on_feedback(record)


def _score(value: Any) -> float:
    if isinstance(value, bool | int | float) and math.isfinite(value) and 0 <= value <= 1:
        return float(value)
    raise InvalidRequestError(
        f"score = {value!r}: must be a number from 0 (of no use) to 1 (good), or a bool"
    )
