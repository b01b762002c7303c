"""The state machine of one request: past attempts, the next candidate, and the result.

It does no I/O. The four loops of `chain.py` (sync and async, plain and streamed) differ only in
how they call; failures, empty answers and rejected ones are handled here, once for all.

```
            admitted                 answer, accepted
  next ───────────────▶ attempt ─────────────────────▶ done
   ▲ ▲                     │ │
   │ │ another may follow  │ │ error, empty, rejected; table of aftermath.py
   │ └─────────────────────┘ │
   └── pause ◀── same again ─┘        nobody left: the best answer so far, or the error
```
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_smartroute.catalog import is_cache_hit
from langchain_smartroute.errors import StreamInterruptedError
from langchain_smartroute.execution.account import RequestAccount, reason_of
from langchain_smartroute.execution.answers import (
    as_answer,
    foreign_error,
    has_answer,
    joined,
    joined_part,
    message_of,
    with_info,
)
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.checks import ANOTHER_ANSWER, CheckVerdict
from langchain_smartroute.execution.conduct import Conduct
from langchain_smartroute.execution.endings import exhausted_error, interrupted_error
from langchain_smartroute.execution.faults import NO_OBJECT, Fault, fault_of
from langchain_smartroute.execution.kept import Kept
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.pace import Pace
from langchain_smartroute.execution.succession import Succession
from langchain_smartroute.types import Attempt, Outcome, RoutingDecision

__all__ = ["Step", "Walk"]

_log = logging.getLogger(__name__)
_EMPTY = "empty answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step: wait, then call a candidate.

    Attributes:
        link: The candidate.
        pause_s: Seconds to wait before it is called.
    """

    link: Link
    pause_s: float = 0.0


class Walk:
    """The state of one request in its chain.

    Attributes:
        decision: The decision of the chain.
        account: The attempts and their cost.
        pace: Timing of the attempts.
        answer: The final answer, once there is one.
    """

    def __init__(
        self,
        decision: RoutingDecision,
        links: Sequence[Link],
        *,
        input_tokens: int,
        conduct: Conduct | None = None,
    ) -> None:
        self.answer: Any = None
        self.decision = decision
        conduct = conduct or Conduct()
        self.account = RequestAccount(input_tokens=input_tokens, conduct=conduct)
        self.pace = Pace(conduct)
        self._succession = Succession(
            links, input_tokens=input_tokens, reroutes_filtered=conduct.reroutes_filtered
        )
        self._error: Exception | None = None
        self._kept: Kept | None = None
        self._current: Link | None = None
        self._latest: Fault | None = None
        self._done = False
        self._answered = False

    def steps(self) -> Iterator[Step]:
        """Yield the steps to take until a candidate has answered.

        Before the next step, `begin` must be called, and one of `answered`,
        `accept`, `reject`, `came_up_empty` and `failed`.
        """
        for link in self._succession.links:
            if self._is_over():
                return
            if not self._succession.admits(link):
                continue
            last_resort = not (self.attempts or self._succession.after(link))
            if not self.pace.admits(link, last_resort=last_resort):
                continue
            step: Step | None = Step(link=link)
            retries = 0
            while step is not None:
                self._current, self._latest = link, None
                yield step
                step = self._retry(link, retries)
                retries += 1

    def begin(self, *, streams: bool) -> AttemptBounds:
        """Start the attempt of the latest step; returns its limits."""
        return self.account.open(self.pace.bounds(self.link, streams=streams))

    def _is_over(self) -> bool:
        return self._done or (bool(self.attempts) and self.pace.is_late())

    def _retry(self, link: Link, retries: int) -> Step | None:
        """The step to retry the same candidate; `None`: no retry."""
        if self._latest is None or self._is_over():
            return None
        pause_s = self.pace.pause_before_retry(
            link, self._latest, retries=retries, last=not self._succession.after(link)
        )
        return None if pause_s is None else Step(link=link, pause_s=pause_s)

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts so far, in order."""
        return self.account.attempts

    @property
    def number(self) -> int:
        """Index of the current attempt, from 0."""
        return len(self.attempts)

    def can_escalate(self) -> bool:
        """Whether a stronger candidate is left if the current answer is rejected."""
        now = self.link
        return any(link.is_stronger_than(now) for link in self._succession.after(now))

    def may_be_replaced(self) -> bool:
        """Whether the current answer may still be replaced if it is weak or fails."""
        return bool(self._succession.after(self.link))

    def answered(
        self, answer: Any, verdicts: Sequence[CheckVerdict] = (), *, shown: bool = False
    ) -> None:
        """Process a complete answer.

        Args:
            answer: The candidate's answer.
            verdicts: The checks' verdicts.
            shown: Whether it has been shown already and cannot be taken back.
        """
        answer = as_answer(answer)
        foreign = foreign_error(answer)
        if foreign is not None:
            self.failed(foreign)
        elif (cut_off := self.cut_off_error(answer)) is not None:
            self.failed(cut_off, arrived=[answer])
        elif self.is_empty(answer, verdicts):
            self.came_up_empty([answer])
        elif not shown and self.rejects(verdicts):
            self.reject([answer], verdicts)
        else:
            self.answer = self.accept(answer, answer, verdicts)

    def cut_off_error(self, answer: Any, *, was_cut: bool = False) -> ConnectionError | None:
        """The error for a truncated answer of the current attempt; `None` if it is complete."""
        return self.link.cut_off_error(answer, was_cut=was_cut)

    def is_empty(self, answer: Any, verdicts: Sequence[CheckVerdict]) -> bool:
        """Whether the answer is empty and not explained by a check, as a refusal is."""
        rejected = any(verdict.rejects and verdict.name != "empty" for verdict in verdicts)
        return not rejected and not has_answer(answer)

    def rejects(self, verdicts: Sequence[CheckVerdict]) -> bool:
        """Whether verdicts reject the answer while a stronger candidate is left."""
        return any(verdict.rejects for verdict in verdicts) and self.can_escalate()

    def accept(self, whole: Any, part: Any, verdicts: Sequence[CheckVerdict] = ()) -> Any:
        """Close the current attempt as accepted.

        Args:
            whole: The complete answer, for its usage.
            part: The part of it to add the account to.
            verdicts: The checks' verdicts; a reason is recorded as unmet.

        Returns:
            `part` with the account.
        """
        message = message_of(whole)
        cached = message is not None and is_cache_hit(message)
        link = self.link
        self._close("cached" if cached else "accepted", cost=self.account.cost(link, whole))
        self._done = self._answered = True
        return with_info(part, self.account.info(self.decision, link.alias, verdicts))

    def reject(self, pieces: Sequence[Any], verdicts: Sequence[CheckVerdict]) -> None:
        """Process a rejected answer, which is returned if no better one follows."""
        link = self.link
        reason = next(reason_of(verdict) for verdict in verdicts if verdict.rejects)
        kept = Kept(link=link, number=self.number, pieces=pieces, verdicts=verdicts, weak=True)
        if self._kept is None or not self._kept.is_better_than(kept):
            self._kept = kept
        others = [side.link for side in self.account.side_calls if side.said == ANOTHER_ANSWER]
        self._close("rejected", reason=reason, cost=self.account.cost(link, joined(pieces)))
        self._succession.rejected(link, differing=others)

    def came_up_empty(self, pieces: Sequence[Any]) -> None:
        """Process an empty answer, which is returned if no better one follows."""
        link = self.link
        self._kept = self._kept or Kept(link=link, number=self.number, pieces=pieces)
        whole = joined(pieces)
        fault, why = (NO_OBJECT, NO_OBJECT.summary) if whole is None else (None, _EMPTY)
        self._close("failed", reason=why, cost=self.account.cost(link, whole), fault=fault)

    def failed(self, error: Exception, *, arrived: Sequence[Any] = (), begun: bool = False) -> None:
        """Process an error.

        Args:
            error: The candidate's exception.
            arrived: The chunks with content that had arrived before it.
            begun: Whether any part of the answer had arrived before it.
        """
        link = self.link
        fault = fault_of(error, begun=begun or bool(arrived))
        cost = self.account.cost_of_error(link, error)
        if arrived or self.account.watcher.message:
            cost = self.account.cost(link, joined_part(arrived) if arrived else None)
        self._succession.failed(link, fault)
        self._error, self._latest = error, fault
        self._close("failed", fault=fault, reason=fault.summary, cost=cost)
        if fault.kind in ("key_refused", "model_unknown", "proxy_refused", "untrusted"):
            _log.warning("%s: %s; going on without it", link.alias, fault.summary)

    def interrupted(self, reason: str = "cancelled by the caller") -> None:
        """Close the current attempt as cancelled."""
        if self.account.is_open:
            self._close("cancelled", reason=reason)
        else:
            self.pace.report("cancelled")

    def leftover(self) -> Sequence[Any]:
        """The chunks to pass on after the last attempt: none, or the best answer so far.

        Raises:
            Exception: The candidate's own exception, if only one was tried.
            ChainExhaustedError: If several were tried.
        """
        if self._answered:
            return []
        if self._kept is None:
            faults, barred = self._succession.faults, self.pace.barred
            raise exhausted_error(
                self._error, faults, attempts=self.attempts, decision=self.decision, barred=barred
            )
        kept = self._kept
        if kept.weak:
            self.account.change(kept.number, kept.outcome)
        *head, last = kept.pieces
        verdicts = kept.verdicts or [CheckVerdict(name="empty", reason=_EMPTY)]
        last = with_info(last, self.account.info(self.decision, kept.link.alias, verdicts))
        self.answer = joined([*head, last])
        return [*head, last]

    def interruption(self, error: Exception, chunks: Sequence[Any]) -> StreamInterruptedError:
        """The error for a stream that failed after a part of it had been passed on."""
        return interrupted_error(error, chunks, attempts=self.attempts)

    def _close(
        self,
        outcome: Outcome,
        *,
        reason: str = "",
        cost: Decimal | None = None,
        fault: Fault | None = None,
    ) -> None:
        self.account.close(self.link.alias, outcome, reason=reason, cost=cost, fault=fault)
        self.pace.report(outcome, reason=reason, fault=fault, error=self._error)
        self._current = None

    @property
    def link(self) -> Link:
        """The candidate of the current attempt."""
        if self._current is None:  # pragma: no cover - guards the loops in chain.py
            raise RuntimeError("no attempt is under way")
        return self._current
