"""One candidate of a chain, and when it may stand in for another one."""

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
    """Builds nothing: the model is built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """How a candidate behaves when it is called.

    Attributes:
        composite: Whether it may call several models: its one answer does not tell what
            they cost, so that is unknown here; records tell it.
        tells_end: Whether its answers, streamed or not, name a finish reason at their
            end, so that one without was cut off.
        limits: How long a call of it may take.
        bounded: Whether a blocking call of it ends by itself when its time is up.
        mute: Whether it thinks in empty chunks, which are signs of life then.
        single_run: Whether a call of it is one model run, of which its answer tells all.
        served_by: Who serves it, in LangSmith's names, for the records of such runs.
        gate: Its breaker; `None`: it has none.
    """

    composite: bool = False
    tells_end: bool = False
    limits: TimeLimits = field(default_factory=TimeLimits)
    bounded: bool = False
    mute: bool = False
    single_run: bool = False
    served_by: str | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Traits):
    """One candidate of a chain, ready to be called.

    Attributes:
        spec: What the candidate is and costs.
        runnable: Calls it.
        endpoint: Equal for candidates that share an endpoint and key.
        prior: Its quality prior for the request's task; `None` when unknown.
        fallbacks: Aliases that the user names to stand in for it.
        spare: Whether it is called only when it is named instead of another candidate, for
            which a spend limit left no room.
        asked_at: When the request was made; `None`: its latest price counts.
        unbuilt: Gives what builds its model for whoever asks; `None`: it is built.
    """

    spec: ModelSpec
    runnable: Runnable[Any, Any]
    endpoint: Hashable
    prior: float | None = None
    fallbacks: frozenset[str] = frozenset()
    spare: bool = False
    asked_at: datetime | None = None
    unbuilt: Callable[[], Callable[[], Any] | None] = _nothing

    @property
    def alias(self) -> str:
        """The candidate's alias."""
        return self.spec.alias

    @property
    def price(self) -> Price | None:
        """What it charges for the request; `None` when unknown."""
        return self.spec.price_at(self.asked_at)

    @property
    def window(self) -> float:
        """The context window in tokens; an unknown one counts as unlimited."""
        return self.spec.context_window or float("inf")

    def is_stronger_than(self, other: Link) -> bool:
        """Whether a better answer is to be expected: by prior, or by the user's word."""
        if self.alias in other.fallbacks:
            return True
        return self.prior is not None and other.prior is not None and self.prior > other.prior

    def cut_off_error(self, answer: Any, *, told: bool = False) -> ConnectionError | None:
        """The error for an answer that ended before its model said that it had; else `None`.

        Args:
            answer: What came of the attempt.
            told: Whether the run of the model says so, where there is only an object.
        """
        message = message_of(answer)
        cut = told if message is None else not (is_cache_hit(message) or is_finished(message))
        if not (cut and self.tells_end):
            return None
        named = message.response_metadata.get("finish_reason") if message is not None else None
        how = f"with the finish reason {named}" if named else "without a finish reason"
        return ConnectionError(f"the answer ended {how}")

    def may_follow(self, other: Link, fault: Fault, *, input_tokens: int = 0) -> bool:
        """Whether it may be tried after another one's fault.

        Args:
            other: The candidate that failed.
            fault: How it failed.
            input_tokens: Estimate of the request: an unknown window that it did not
                fit into is no larger than that.
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
