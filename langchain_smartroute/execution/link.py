"""One candidate of a chain, and when it may follow another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from langchain_core.runnables import Runnable

from langchain_smartroute.catalog import ModelSpec, Price, is_cache_hit
from langchain_smartroute.execution.answers import is_finished, message_of
from langchain_smartroute.execution.bounds import TimeLimits
from langchain_smartroute.execution.breaker import Gate
from langchain_smartroute.execution.faults import Fault

__all__ = ["Link", "Traits"]


def _nothing() -> None:
    """Do nothing, as the model is built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Properties of a candidate's calls.

    Attributes:
        composite: Whether it may call several models, whose cost is not known from the answer,
            but only from records.
        tells_end: Whether its complete answers always have a finish reason, so that one without
            was truncated.
        limits: Time limits of its calls.
        bounded: Whether its blocking calls end by themselves at their time limit.
        mute: Whether it streams reasoning as empty chunks, which then count as activity.
        single_run: Whether its call is a single model run whose answer has all data of a record.
        served_by: Provider by LangSmith's name, for the records of such runs.
        room: Maximum output tokens that its user set on it; `None`: unknown or not set.
        gate: Its circuit breaker's gate; `None`: it has none.
    """

    composite: bool = False
    tells_end: bool = False
    limits: TimeLimits = field(default_factory=TimeLimits)
    bounded: bool = False
    mute: bool = False
    single_run: bool = False
    served_by: str | None = None
    room: int | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Traits):
    """One candidate of a chain, ready to be called.

    Attributes:
        spec: The candidate's spec.
        runnable: The runnable that calls it.
        endpoint: Equal for candidates that share an endpoint and key.
        prior: Its quality prior for the request's task; `None` when unknown.
        fallbacks: Aliases that the user has configured as its fallbacks.
        spare: Whether it is only called in place of a candidate refused by a spend limit.
        held: Whether spend limits are settled between its answer and the end of its call.
        asked_at: Time of the request; `None`: the latest price is used.
        unbuilt: Returns the function that builds its model; `None`: it is built.
    """

    spec: ModelSpec
    runnable: Runnable[Any, Any]
    endpoint: Hashable
    prior: float | None = None
    fallbacks: frozenset[str] = frozenset()
    spare: bool = False
    held: bool = False
    asked_at: datetime | None = None
    unbuilt: Callable[[], Callable[[], Any] | None] = _nothing

    @property
    def alias(self) -> str:
        """The candidate's alias."""
        return self.spec.alias

    @property
    def price(self) -> Price | None:
        """Its price at the time of the request; `None` when unknown."""
        return self.spec.price_at(self.asked_at)

    @property
    def window(self) -> float:
        """Context window in tokens; infinite if unknown."""
        return self.spec.context_window or float("inf")

    def is_stronger_than(self, other: Link) -> bool:
        """Whether a better answer is expected: by quality prior, or by the user's fallbacks."""
        if self.alias in other.fallbacks:
            return True
        return self.prior is not None and other.prior is not None and self.prior > other.prior

    def cut_off_error(self, answer: Any, *, was_cut: bool = False) -> ConnectionError | None:
        """The error for a truncated answer; `None` if it is complete.

        Args:
            answer: The attempt's answer.
            was_cut: Whether the model run has no finish reason, where there is only an object.
        """
        message = message_of(answer)
        cut = was_cut if message is None else not (is_cache_hit(message) or is_finished(message))
        if not (cut and self.tells_end):
            return None
        named = message.response_metadata.get("finish_reason") if message is not None else None
        how = f"with the finish reason {named}" if named else "without a finish reason"
        return ConnectionError(f"the answer ended {how}")

    def may_follow(self, other: Link, fault: Fault, *, input_tokens: int = 0) -> bool:
        """Whether it may be tried after another candidate's fault.

        Args:
            other: The candidate that failed.
            fault: That candidate's fault.
            input_tokens: Estimated tokens of the request, the upper bound of an unknown window
                that it did not fit into.
        """
        if fault.kind == "over_limit":
            return self.alias == fault.stand_in
        if fault.scope == "larger_window":
            if other.spec.context_window is None:
                return self.window > input_tokens
            return self.window > other.window
        if fault.scope == "other_endpoint":
            return self.endpoint != other.endpoint
        return fault.scope == "any"
