"""Records requests that no candidate can serve."""

from __future__ import annotations

from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting import DecisionRecord
from langchain_smartroute.engine.recording import candidate_record
from langchain_smartroute.errors import NoFeasibleModelError, SpendLimitExceededError
from langchain_smartroute.tracing import quietly

if TYPE_CHECKING:
    from langchain_smartroute.engine.engine import Engine
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.types import RequestFeatures

__all__ = ["RecordedRefusal"]

Refusal = NoFeasibleModelError | SpendLimitExceededError


class RecordedRefusal:
    """Context manager that records a failed decision, and lets its error pass.

    Args:
        engine: The engine, with its receivers of records.
        request: The call.
        features: Features of the request.
        decision_id: Id of the decision.
        recorded: Whether it is an actual call, not `explain`.
    """

    def __init__(
        self,
        engine: Engine,
        request: Request,
        features: RequestFeatures,
        *,
        decision_id: str,
        recorded: bool,
    ) -> None:
        self._receiver = engine.on_decision if recorded else None
        self._policy: Any = engine.policy
        self._request = request
        self._features = features
        self._decision_id = decision_id

    def __enter__(self) -> None:
        """Start the decision."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Record a refusal."""
        if self._receiver is not None and isinstance(error, Refusal):
            with quietly("on_decision"):
                self._receiver(self._record(error))

    def _record(self, error: Refusal) -> DecisionRecord:
        features = self._features
        return DecisionRecord(
            id=self._decision_id,
            at=self._request.asked_at,
            route=None,
            answered_by=None,
            task=features.task,
            share=features.scores.get(features.task),
            classified_by=features.classified_by,
            difficulty=features.difficulty,
            tier=self._request.options.tier,
            policy=str(getattr(self._policy, "version", type(self._policy).__name__)),
            # Only the first line, as the others list the candidates, which are recorded
            # separately.
            reason=str(error).partition("\n")[0].rstrip(":"),
            input_tokens=features.input_tokens,
            tools=features.tools,
            inputs=tuple(sorted(features.inputs)),
            candidates=tuple(
                candidate_record(
                    spec,
                    features,
                    reason=error.excluded.get(alias)
                    or "could have served it, but was not asked for",
                    excluded=error.excluded.get(alias) is not None,
                )
                for alias, spec in self._policy.catalog.models.items()
            ),
            cost_usd=Decimal(0),
        )
