"""Timing of one request's attempts: deadline, pauses, time limits, circuit breakers."""

from __future__ import annotations

import math

from langchain_smartroute.errors import AttemptTimeoutError
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.breaker import Ticket
from langchain_smartroute.execution.conduct import Conduct
from langchain_smartroute.execution.faults import Fault
from langchain_smartroute.execution.link import Link
from langchain_smartroute.types import Outcome

__all__ = ["Pace"]


class Pace:
    """Timing of one request.

    Attributes:
        clock: A monotonic clock, in seconds.
        barred: Aliases of the candidates that their circuit breakers did not admit.

    Args:
        conduct: How failures are handled.
    """

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct
        self.clock = self._now = conduct.clock
        seconds = conduct.deadline_s
        self._deadline = math.inf if seconds is None else self._now() + seconds
        self._ticket: Ticket | None = None
        self.barred: list[str] = []

    def beside(self) -> Pace:
        """The timing of a side call: the same deadline, and its own circuit breaker."""
        pace = Pace(self._conduct)
        pace._deadline = self._deadline
        return pace

    def is_late(self) -> bool:
        """Whether the request's deadline has passed."""
        return self._now() >= self._deadline

    def admits(self, link: Link, *, last_resort: bool) -> bool:
        """Whether a candidate's circuit breaker admits an attempt.

        Args:
            link: The candidate.
            last_resort: Whether there is no other candidate; then it always admits.
        """
        if link.gate is None:
            return True
        self._ticket = link.gate.admit(anyway=last_resort)
        if self._ticket is None:
            self.barred.append(link.alias)
        return self._ticket is not None

    def bounds(self, link: Link, *, streams: bool) -> AttemptBounds:
        """The limits of an attempt that starts now."""
        return AttemptBounds(
            link.limits,
            deadline=self._deadline,
            deadline_s=self._conduct.deadline_s,
            streams=streams,
            max_answer_chars=self._conduct.max_answer_chars,
            clock=self._now,
        )

    def pause_before_retry(
        self, link: Link, fault: Fault, *, retries: int, last: bool
    ) -> float | None:
        """Seconds to wait before a retry of the same candidate; `None`: no retry.

        Args:
            link: The candidate.
            fault: Its fault.
            retries: Number of retries so far.
            last: Whether no other candidate may be tried.
        """
        pause_s = self._conduct.retry.pause_s(
            fault.kind, retry_after_s=fault.retry_after_s, retries=retries, last=last
        )
        if pause_s is None or self._now() + pause_s >= self._deadline:
            return None
        return pause_s if self.admits(link, last_resort=last) else None

    def report(
        self,
        outcome: Outcome,
        *,
        reason: str = "",
        fault: Fault | None = None,
        error: Exception | None = None,
    ) -> None:
        """Report the attempt's end to the candidate's circuit breaker.

        Args:
            outcome: Outcome of the attempt.
            reason: Description of the outcome.
            fault: Its fault, if it failed.
            error: That error.
        """
        ticket, self._ticket = self._ticket, None
        if ticket is None:
            return
        # The deadline of the whole request says nothing about its last candidate.
        ran_out = isinstance(error, AttemptTimeoutError) and error.limit == "deadline_s"
        if outcome in ("accepted", "rejected", "discarded"):
            ticket.succeeded()
        elif outcome == "failed" and not ran_out:
            ticket.failed(fault.kind if fault else "garbled", reason)
        else:
            ticket.released()
