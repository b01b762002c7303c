"""A side call of an attempt: a second opinion or a judge, whose answer is not returned.

It is accounted for as an attempt of its own, with an index, time limits, a circuit breaker's
ticket, a run with metadata and a record. Threads and tasks only wait for the provider; the
result is processed where the call was started.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from types import TracebackType
from typing import Any

from langchain_core.runnables import RunnableConfig

from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.execution.answers import (
    as_answer,
    chars_of,
    foreign_error,
    has_answer,
    message_of,
)
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.costs import cost_of_answer, cost_of_failure
from langchain_smartroute.execution.faults import Fault, fault_of
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.live import EndingWatcher
from langchain_smartroute.execution.pace import Pace
from langchain_smartroute.execution.surroundings import aanswer_in, answer_in
from langchain_smartroute.types import Attempt, Outcome, Purpose, Usage

__all__ = ["SideCall"]

_EMPTY = "empty answer"


class SideCall:
    """A side call of an attempt.

    Attributes:
        link: The candidate to call.
        number: Index among the attempts of the request.
        answer: Its answer; `None`: none yet, or no usable one.
        error: Its error; `None`: none.
        purpose: `second_opinion` or `judge`.
        input_tokens: Estimated input tokens.
        bounds: Its time limits.
        said: The checks' result for its answer, as text for the account.
        watcher: Handler that notes the final message of its model run.

    Args:
        link: The candidate to call.
        purpose: `second_opinion` or `judge`.
        number: Index among the attempts of the request.
        pace: Its time limits and circuit breaker, which has admitted it.
        input_tokens: Estimated input tokens.
    """

    def __init__(
        self, link: Link, *, purpose: Purpose, number: int, pace: Pace, input_tokens: int
    ) -> None:
        self.link = link
        self.number = number
        self.answer: Any = None
        self.error: Exception | None = None
        self.said = ""
        self.bounds: AttemptBounds = pace.bounds(link, streams=False)
        self.watcher = EndingWatcher()
        self.purpose = purpose
        self._pace = pace
        self.input_tokens = input_tokens
        self._started = pace.clock()
        self._ended: float | None = None
        self._settled: Attempt | None = None

    @property
    def is_over(self) -> bool:
        """Whether the provider has answered or failed."""
        return self._ended is not None

    def run(self, input_: Any, config: RunnableConfig, arguments: dict[str, Any]) -> None:
        """Make the call and wait for it; errors are stored."""

        def call() -> Any:
            return self.link.runnable.invoke(input_, config, **arguments)

        with self:
            self._take(answer_in(config, self.bounds, call, bounded=self.link.bounded))

    async def arun(self, call: Callable[[], Awaitable[Any]], config: RunnableConfig) -> None:
        """Make the call and await it; errors are stored."""
        with self:
            self._take(await aanswer_in(config, self.bounds, call()))

    def __enter__(self) -> None:
        """Start the call."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Record the result or error; an abandoned call stays open."""
        if error is not None and not isinstance(error, Exception):
            return False
        if error is not None:
            self.error = self.bounds.meaning_of(error)
        self._ended = self._pace.clock()
        return True

    def give_up(self) -> None:
        """Abandon the call, as its time is up."""
        if self._ended is None:
            self.error = self.bounds.error()
            self._ended = self._pace.clock()
            self.attempt()

    def _take(self, answer: Any) -> None:
        answer = as_answer(answer)
        self.bounds.said(chars_of(answer))
        cut = self.link.cut_off_error(answer, was_cut=self.watcher.was_cut)
        wrong = foreign_error(answer) or cut
        if wrong is not None:
            raise wrong
        self.answer = answer

    def attempt(self) -> Attempt:
        """The attempt of this call for the account; an unfinished call is abandoned."""
        if self._settled is None:
            self._settled = self._closed()
        if self._settled.outcome == "discarded":
            return replace(self._settled, reason=self.said)
        return self._settled

    def _closed(self) -> Attempt:
        outcome, reason, fault = self._ending()
        self._pace.report(outcome, reason=reason, fault=fault, error=self.error)
        ended = self._pace.clock() if self._ended is None else self._ended
        return Attempt(
            model=self.link.alias,
            outcome=outcome,
            reason=reason,
            latency_s=ended - self._started,
            cost_usd=self._cost(outcome),
            status=fault.status if fault else None,
            message=fault.message if fault else None,
            request_id=fault.request_id if fault else None,
            purpose=self.purpose,
        )

    def _ending(self) -> tuple[Outcome, str, Fault | None]:
        if not self.is_over:
            return "cancelled", "not needed any more", None
        if self.error is not None:
            fault = fault_of(self.error)
            return "failed", fault.summary, fault
        if not has_answer(self.answer):
            self.answer = None
            return "failed", _EMPTY, None
        return "discarded", "", None

    def _cost(self, outcome: Outcome) -> Decimal | None:
        """Cost of the call; an abandoned one is billed for its input, as far as is known."""
        message = message_of(self.answer) or self.watcher.message
        if message is not None:
            return cost_of_answer(message, self.link, input_tokens=self.input_tokens)[1]
        if outcome != "failed":
            return cost_usd(Usage(input_tokens=self.input_tokens), self.link.price)
        if self.error is None:
            return None
        return cost_of_failure(self.error, self.link, input_tokens=self.input_tokens)[1]
