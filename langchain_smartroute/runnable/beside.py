"""What a router offers beside its calls: feedback, and what is left of its spend limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from langchain_smartroute.accounting import LimitStatus
    from langchain_smartroute.engine import Engine
    from langchain_smartroute.routing import QualityPredictor

__all__ = ["BesideCalls"]


class BesideCalls:
    """The part of a router that receives feedback, and tells of its spend limits."""

    _engine: Engine

    @property
    def predictor(self) -> QualityPredictor:
        """What is known of the models' quality, feedback included.

        The quality policy decides by it. Other policies do not: for them it collects
        scores, until it is saved and given to a quality policy.
        """
        return self._engine.feedback.predictor

    def feedback(self, decision_id: str, score: float, *, model: str | None = None) -> None:
        """Say how good an answer was.

        The score is counted for the model, the task and the difficulty of the decision;
        with the quality policy later decisions go by it, until this process ends:
        `predictor.save` keeps what was learned, and `on_feedback` each score as it comes.
        With `state=` all workers with the same predictor learn from it, and those who start
        later know it too; while the state does not answer, this process learns alone.

        Args:
            decision_id: The answer's `response_metadata["smartroute"]["decision_id"]`.
            score: From 0 to 1; `True` and `False` stand for these.
            model: Alias of whose answer is scored; left out: whose was returned.

        Raises:
            InvalidRequestError: If the decision is not among the last ten thousand of
                this router, the score is none, or there is no such model.

        Example:
            >>> from langchain_smartroute import SmartRouterRunnable
            >>> from langchain_smartroute.sandbox import SandboxServer
            >>> with SandboxServer() as server:
            ...     router = SmartRouterRunnable.from_catalog(
            ...         policy="quality", base_url=server.base_url
            ...     )
            ...     answer = router.invoke("Translate to German: good morning")
            >>> router.feedback(answer.response_metadata["smartroute"]["decision_id"], score=0.5)
            >>> router.predictor
            QualityPredictor(0 models fitted, 1 scores learned)
        """
        self._engine.feedback.give(decision_id, score, model=model)

    async def afeedback(self, decision_id: str, score: float, *, model: str | None = None) -> None:
        """Say how good an answer was; the same as `feedback`, for asynchronous code."""
        await self._engine.feedback.agive(decision_id, score, model=model)

    def limit_status(self, metadata: Mapping[str, Any] | None = None) -> tuple[LimitStatus, ...]:
        """What is left of each spend limit, such as for a user's page.

        Args:
            metadata: The metadata of the caller's calls, such as `{"user": "ann"}`; left out:
                those of calls without any.

        Returns:
            A status per limit, in the order of `spend_limits`, without the limits of single
            requests. Another call may have changed it when it is read.

        Raises:
            StorageError: If the state that holds the limits is unavailable.
        """
        limits = self._engine.limits
        return () if limits is None else limits.spending.statuses(metadata or {})

    async def alimit_status(
        self, metadata: Mapping[str, Any] | None = None
    ) -> tuple[LimitStatus, ...]:
        """The same as `limit_status`, for asynchronous code."""
        limits = self._engine.limits
        return () if limits is None else await limits.spending.astatuses(metadata or {})
