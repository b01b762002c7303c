"""Where one request stands in its chain: who is next, what was tried, how it ended.

A small state machine without I/O. The four loops of `chain.py` (sync and async,
whole and streamed) differ only in how they call; what a failure, an empty answer
or a rejected one means is decided here, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from langchain_smartroute.catalog import (
    cost_usd,
    estimated_usage,
    is_cache_hit,
    may_be_billed,
    usage_of,
)
from langchain_smartroute.errors import StreamInterruptedError
from langchain_smartroute.execution.answers import (
    INFO_KEY,
    as_answer,
    foreign_error,
    has_answer,
    joined,
    message_of,
    with_info,
)
from langchain_smartroute.execution.checks import CheckVerdict
from langchain_smartroute.execution.endings import exhausted_error, interrupted_error
from langchain_smartroute.execution.faults import Fault, fault_of
from langchain_smartroute.execution.kept import Kept
from langchain_smartroute.execution.link import Link
from langchain_smartroute.tracing import answer_info
from langchain_smartroute.types import Attempt, Outcome, RoutingDecision

__all__ = ["Walk"]

_EMPTY = "empty answer"


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
        self._rejected: list[Link] = []
        self._error: Exception | None = None
        self._kept: Kept | None = None
        self._current: Link | None = None
        self._started = 0.0
        self._done = False
        self._answered = False

    def links(self) -> Iterator[Link]:
        """The candidates to try, one after another, until one has answered."""
        for link in self._links:
            if self._done:
                return
            if self._may_follow(link):
                self._current, self._started = link, self._clock()
                yield link

    @property
    def number(self) -> int:
        """The number of the attempt under way, from 0."""
        return len(self.attempts)

    def can_escalate(self) -> bool:
        """Whether a stronger candidate is left, should the one under way be rejected."""
        now = self._link()
        return any(link.is_stronger_than(now) for link in self._later())

    def may_be_replaced(self) -> bool:
        """Whether the answer under way may yet give way: to a better one, or by breaking off."""
        return bool(self._later())

    def _later(self) -> list[Link]:
        """The candidates that may still follow the one under way."""
        at = self._links.index(self._link())
        return [link for link in self._links[at + 1 :] if self._may_follow(link)]

    def answered(
        self, answer: Any, verdicts: Sequence[CheckVerdict] = (), *, shown: bool = False
    ) -> None:
        """Take a whole answer.

        Args:
            answer: What the candidate gave back.
            verdicts: What the checks say of it.
            shown: Whether it has been seen already and cannot be taken back.
        """
        answer = as_answer(answer)
        foreign = foreign_error(answer)
        if foreign is not None:
            self.failed(foreign)
        elif self.is_empty(answer, verdicts):
            self.came_up_empty([answer])
        elif not shown and self.rejects(verdicts):
            self.reject([answer], verdicts)
        else:
            self.answer = self.accept(answer, answer, verdicts)

    def was_cut_off(self, whole: Any) -> bool:
        """Whether a stream ended before its model said that it had."""
        message = message_of(whole)
        if message is None or not self._link().tells_end:
            return False
        return not is_cache_hit(message) and "finish_reason" not in message.response_metadata

    def is_empty(self, answer: Any, verdicts: Sequence[CheckVerdict]) -> bool:
        """Whether there is no answer, and nothing that says why, such as a refusal."""
        told = any(verdict.rejects and verdict.name != "empty" for verdict in verdicts)
        return not told and not has_answer(answer)

    def rejects(self, verdicts: Sequence[CheckVerdict]) -> bool:
        """Whether verdicts reject an answer that a stronger candidate may better."""
        return any(verdict.rejects for verdict in verdicts) and self.can_escalate()

    def accept(self, whole: Any, part: Any, verdicts: Sequence[CheckVerdict] = ()) -> Any:
        """Close the attempt as accepted.

        Args:
            whole: The whole answer, for its usage.
            part: The piece of it that is to carry the account.
            verdicts: What the checks say of it; a reason is recorded as unmet.

        Returns:
            `part` with the account.
        """
        message = message_of(whole)
        cached = message is not None and is_cache_hit(message)
        alias = self._link().alias
        self._close("cached" if cached else "accepted", cost=self._cost(whole))
        self._done = self._answered = True
        return with_info(part, self._info(alias, verdicts))

    def reject(self, pieces: Sequence[Any], verdicts: Sequence[CheckVerdict]) -> None:
        """Note an answer that a check rejects; it is returned if nobody does better."""
        link = self._link()
        reason = next(_told(verdict) for verdict in verdicts if verdict.rejects)
        kept = Kept(link=link, number=self.number, pieces=pieces, verdicts=verdicts, weak=True)
        if self._kept is None or not self._kept.is_better_than(kept):
            self._kept = kept
        self._close("rejected", reason=reason, cost=self._cost(joined(pieces)))
        self._rejected.append(link)

    def came_up_empty(self, pieces: Sequence[Any]) -> None:
        """Note an answer without any content; it is returned if nobody does better."""
        self._kept = self._kept or Kept(link=self._link(), number=self.number, pieces=pieces)
        self._close("failed", reason=_EMPTY, cost=self._cost(joined(pieces)))

    def failed(self, error: Exception, *, arrived: Sequence[Any] = ()) -> None:
        """Note an error.

        Args:
            error: What the candidate raised.
            arrived: The chunks with content that had come before it.
        """
        link = self._link()
        fault = fault_of(error)
        cost = None if may_be_billed(error) else Decimal(0)
        if arrived:
            cost = self._cost(joined(arrived))
        self._close("failed", reason=fault.summary, cost=cost, status=fault.status)
        self._faults.append((link, fault))
        self._error = error
        if fault.scope == "none":
            self._done = True

    def interrupted(self) -> None:
        """Close an attempt that is still under way: the caller gave up."""
        if self._current is not None:
            self._close("cancelled", reason="cancelled by the caller")

    def leftover(self) -> Sequence[Any]:
        """What to pass on after the last attempt: nothing more, or the best answer so far.

        Raises:
            Exception: The candidate's own, where only one was tried.
            ChainExhaustedError: Where several were.
        """
        if self._answered:
            return []
        if self._kept is None:
            raise exhausted_error(
                self._error,
                [fault for _, fault in self._faults],
                attempts=self.attempts,
                decision=self.decision,
            )
        kept = self._kept
        if kept.weak:
            self.attempts[kept.number] = replace(self.attempts[kept.number], outcome=kept.outcome)
        *head, last = kept.pieces
        verdicts = kept.verdicts or [CheckVerdict(name="empty", reason=_EMPTY)]
        last = with_info(last, self._info(kept.link.alias, verdicts))
        self.answer = joined([*head, last])
        return [*head, last]

    def interruption(self, error: Exception, chunks: Sequence[Any]) -> StreamInterruptedError:
        """The error for a stream that broke after part of it had been passed on."""
        return interrupted_error(error, chunks, attempts=self.attempts)

    def _may_follow(self, link: Link) -> bool:
        return all(link.may_follow(other, fault) for other, fault in self._faults) and all(
            link.is_stronger_than(other) for other in self._rejected
        )

    def _close(
        self,
        outcome: Outcome,
        *,
        reason: str = "",
        cost: Decimal | None = None,
        status: int | None = None,
    ) -> None:
        self.attempts.append(
            Attempt(
                model=self._link().alias,
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

    def _info(self, alias: str, verdicts: Sequence[CheckVerdict]) -> dict[str, Any]:
        return answer_info(
            self.decision,
            self.attempts,
            model=alias,
            unmet_checks=[_told(verdict) for verdict in verdicts if verdict.rejects],
            failed_checks=[f"{v.name}: {v.error}" for v in verdicts if v.error is not None],
        )


def _told(verdict: CheckVerdict) -> str:
    """A rejection in words; a reason often names its check already."""
    reason = verdict.reason or ""
    return reason if reason.startswith(verdict.name) else f"{verdict.name}: {reason}"
