"""Where one request stands in its chain: who is next, what was tried, how it ended.

A small state machine without I/O. The four loops of `chain.py` (sync and async,
whole and streamed) differ only in how they call; what a failure or an empty
answer means is decided here, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable

from langchain_smartroute.catalog import (
    ModelSpec,
    cost_usd,
    estimated_usage,
    is_cache_hit,
    usage_of,
)
from langchain_smartroute.errors import (
    ChainExhaustedError,
    ChainOverflowError,
    ChainRateLimitError,
    StreamInterruptedError,
)
from langchain_smartroute.execution.answers import (
    INFO_KEY,
    as_answer,
    has_answer,
    joined,
    message_of,
    with_info,
)
from langchain_smartroute.execution.faults import Fault, fault_of
from langchain_smartroute.tracing import answer_info
from langchain_smartroute.types import Attempt, RoutingDecision

__all__ = ["Link", "Walk"]

_EMPTY = "empty answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One candidate of a chain, ready to be called.

    Attributes:
        spec: What the candidate is and costs.
        runnable: Calls it.
        endpoint: Equal for candidates that share an endpoint and key.
        composite: Whether it may call several models: what they cost is not to
            be read from the one answer, so it is unknown here; records tell it.
    """

    spec: ModelSpec
    runnable: Runnable[Any, Any]
    endpoint: Hashable
    composite: bool = False

    @property
    def window(self) -> float:
        """The context window in tokens; an unknown one counts as unlimited."""
        return self.spec.context_window or float("inf")


class Walk:
    """The walk of one request along its chain.

    Attributes:
        decision: What the chain comes from.
        attempts: Everything tried so far, in order.
        answer: What the request ends with, once there is something to end with.
    """

    def __init__(
        self,
        decision: RoutingDecision,
        links: Sequence[Link],
        *,
        input_tokens: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.attempts: list[Attempt] = []
        self.answer: Any = None
        self.decision = decision
        self._links = links
        self._input_tokens = input_tokens
        self._clock = clock
        self._faults: list[tuple[Link, Fault]] = []
        self._error: Exception | None = None
        self._kept: tuple[str, list[Any]] | None = None
        self._current: Link | None = None
        self._started = 0.0
        self._done = False
        self._answered = False

    def links(self) -> Iterator[Link]:
        """The candidates to try, one after another, until one has answered."""
        for link in self._links:
            if self._done:
                return
            if all(_may_follow(link, failed, fault) for failed, fault in self._faults):
                self._current, self._started = link, self._clock()
                yield link

    @property
    def number(self) -> int:
        """The number of the attempt under way, from 0."""
        return len(self.attempts)

    def answered(self, answer: Any) -> None:
        """Take a whole answer; an empty one is kept, but the next candidate is asked."""
        answer = as_answer(answer)
        if has_answer(answer):
            self.answer = self.accept(answer, answer)
        else:
            self.came_up_empty([answer])

    def accept(self, whole: Any, part: Any) -> Any:
        """Close the attempt as accepted.

        Args:
            whole: The whole answer, for its usage.
            part: The piece of it that is to carry the account.

        Returns:
            `part` with the account.
        """
        message = message_of(whole)
        cached = message is not None and is_cache_hit(message)
        alias = self._link().spec.alias
        self._close("cached" if cached else "accepted", cost=self._cost(whole))
        self._done = self._answered = True
        return with_info(part, answer_info(self.decision, self.attempts, model=alias))

    def came_up_empty(self, pieces: list[Any]) -> None:
        """Note an answer without any content; it is returned if nobody does better."""
        alias = self._link().spec.alias
        self._close("failed", reason=_EMPTY, cost=self._cost(joined(pieces)))
        self._kept = self._kept or (alias, pieces)

    def failed(self, error: Exception, *, shown: Sequence[Any] = ()) -> None:
        """Note an error.

        Args:
            error: What the candidate raised.
            shown: The chunks that had come before it.
        """
        link = self._link()
        fault = fault_of(error)
        cost = Decimal(0) if not shown else self._cost(joined(shown))
        self._close("failed", reason=fault.summary, cost=cost, status=fault.status)
        self._faults.append((link, fault))
        self._error = error
        if fault.scope == "none":
            self._done = True

    def interrupted(self) -> None:
        """Close an attempt that is still under way: the caller gave up."""
        if self._current is not None:
            self._close("cancelled", reason="cancelled by the caller")

    def leftover(self) -> list[Any]:
        """What to pass on after the last attempt: nothing more, or the empty answer.

        Raises:
            Exception: The candidate's own, where only one was tried.
            ChainExhaustedError: Where several were.
        """
        if self._answered:
            return []
        if self._kept is None:
            final = self._exhausted()
            if final is self._error:
                raise final
            raise final from self._error
        alias, (*head, last) = self._kept
        last = with_info(last, answer_info(self.decision, self.attempts, model=alias))
        self.answer = joined([*head, last])
        return [*head, last]

    def interruption(self, error: Exception, chunks: Sequence[Any]) -> StreamInterruptedError:
        """The error for a stream that broke after part of it had been passed on."""
        partial = joined(chunks)
        return StreamInterruptedError(
            f"The stream of {self.attempts[-1].model} broke after part of the answer had been"
            f" passed on: {error}",
            partial=partial if isinstance(partial, AIMessageChunk) else None,
            attempts=self.attempts,
        )

    def _close(
        self,
        outcome: Any,
        *,
        reason: str = "",
        cost: Decimal | None = None,
        status: int | None = None,
    ) -> None:
        self.attempts.append(
            Attempt(
                model=self._link().spec.alias,
                outcome=outcome,
                reason=reason,
                latency_s=self._clock() - self._started,
                cost_usd=cost,
                status=status,
            )
        )
        self._current = None

    def _link(self) -> Link:
        if self._current is None:  # pragma: no cover - guards the loops in chain.py
            raise RuntimeError("no attempt is under way")
        return self._current

    def _cost(self, answer: Any) -> Decimal | None:
        message = message_of(answer)
        if message is None:
            return None
        if is_cache_hit(message):
            return Decimal(0)
        inner: Mapping[str, Any] | None = message.response_metadata.get(INFO_KEY)
        if inner is not None:
            # The candidate is a router itself and has counted already.
            return Decimal(inner["cost"]) if inner.get("cost") is not None else None
        if self._link().composite:
            return None
        usage = usage_of(message) or estimated_usage(message, input_tokens=self._input_tokens)
        return cost_usd(usage, self._link().spec.price)

    def _exhausted(self) -> Exception:
        error = self._error
        if error is None:  # pragma: no cover - links() always yields the first candidate
            raise RuntimeError("the chain ended without an attempt")
        hidden = self._faults[0][1].overflow and not isinstance(error, ContextOverflowError)
        if len(self.attempts) == 1 and not hidden:
            error.add_note(f"smartroute: model {self.attempts[0].model}, {self.decision.reason}")
            return error
        kind = ChainExhaustedError
        if all(fault.overflow for _, fault in self._faults):
            kind = ChainOverflowError
        elif all(fault.rate_limited for _, fault in self._faults):
            kind = ChainRateLimitError
        return kind(
            f"{len(self.attempts)} of {len(self._links)} candidates failed and no other may be"
            f" tried; the last one said: {error}",
            attempts=self.attempts,
        )


def _may_follow(link: Link, failed: Link, fault: Fault) -> bool:
    """Whether a candidate may still be tried after another one's fault."""
    if fault.scope == "larger_window":
        return link.window > failed.window
    if fault.scope == "other_endpoint":
        return link.endpoint != failed.endpoint
    return fault.scope == "any"
