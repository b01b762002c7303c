"""How a router decides, and what it hears of its answers afterwards."""

from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr

from langchain_smartroute.accounting import as_score_sink
from langchain_smartroute.engine import Engine, Feedback, SharedLessons
from langchain_smartroute.routing import QualityPolicy, QualityPredictor, RulesFirst
from langchain_smartroute.runnable.spending import SpendingModel
from langchain_smartroute.state import SharedState

__all__ = ["DecidingModel", "feedback_for"]


def feedback_for(policy: RulesFirst, on_feedback: Any, *, state: SharedState | None) -> Feedback:
    """What takes scores for a policy: its own predictor, where it has one.

    Args:
        policy: The router's.
        on_feedback: A callable that is told each score, or the path of a file for them.
        state: Where workers share what they learn; `None`: each learns by itself.
    """
    predictor = policy.predictor if isinstance(policy, QualityPolicy) else QualityPredictor()
    told = as_score_sink(on_feedback)
    shared = None if state is None else SharedLessons.of(predictor, state)
    return Feedback(predictor, aliases=policy.catalog.models, told=told, shared=shared)


class DecidingModel(SpendingModel):
    """A chat model that decides by a policy and learns from scores.

    The attributes are described in `SmartRouterRunnable`.
    """

    policy: Any = Field(default="table", exclude=True)
    on_feedback: Any = Field(default=None, exclude=True)

    _engine: Engine = PrivateAttr()

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
