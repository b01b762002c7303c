"""How long a candidate may take and how much it may say: the bounds of one attempt.

What counts is what arrives, not that something does: a server that keeps a
connection open with comments or empty deltas is as silent as one that sends nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import BaseMessage

from langchain_smartroute.errors import AnswerTooLongError, AttemptTimeoutError, SmartRouteError
from langchain_smartroute.execution.faults import is_timeout, own_cause

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec

__all__ = [
    "MAX_ANSWER_CHARS",
    "REASONING_FIRST_TOKEN_S",
    "AttemptBounds",
    "TimeLimits",
    "attempt_bounds",
    "time_is_up",
]

MAX_ANSWER_CHARS: Final = 1_000_000
"""The longest answer that is accepted, in characters, where nobody names another limit."""

REASONING_FIRST_TOKEN_S: Final = 60.0
"""The first-token limit of a reasoning model, where nobody names another one."""

_EARLY_S: Final = 0.005
"""By how much a time-out of the operating system may come early."""

_CLOSING_S: Final = 2.0
"""How long a stream whose model has said that it is done may still bring its usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long one attempt may take, in seconds; `None`: no limit.

    Attributes:
        connect_timeout_s: To a connection; for models that the router builds.
        first_token_timeout_s: To the first content of a stream.
        idle_timeout_s: Between two contents of a stream.
        timeout_s: To the whole answer; for a stream, until it is passed on.
    """

    connect_timeout_s: float | None = 5.0
    first_token_timeout_s: float | None = 10.0
    idle_timeout_s: float | None = 15.0
    timeout_s: float | None = 60.0

    def of_model(self, spec: ModelSpec, *, first_token_is_default: bool = False) -> TimeLimits:
        """These limits with a model's own in their place.

        Args:
            spec: The model; it may name limits of its own.
            first_token_is_default: Whether nobody chose the first-token limit, so
                that a reasoning model gets a longer one.
        """
        first = self.first_token_timeout_s
        if first_token_is_default and spec.reasoning:
            first = REASONING_FIRST_TOKEN_S
        return TimeLimits(
            connect_timeout_s=_either(spec.connect_timeout_s, self.connect_timeout_s),
            first_token_timeout_s=_either(spec.first_token_timeout_s, first),
            idle_timeout_s=_either(spec.idle_timeout_s, self.idle_timeout_s),
            timeout_s=_either(spec.timeout_s, self.timeout_s),
        )


def _either(own: float | None, general: float | None) -> float | None:
    return general if own is None else own


class AttemptBounds:
    """Says how long an attempt may go on, and when its answer is too long.

    Attributes:
        arrived: Models' answers that had arrived although the time was up.
        called: Whether the candidate's model has been called.
        given: What the call gave back: its answer, or the chunks so far.
        over_at: When the call was over, on the same clock; `None`: it is not.
        is_left: Whether nobody waits for the attempt any more.
        breaks: Breaks off what a blocking call waits for now; `None`: it waits for nothing.
        on_more_time: Called when content gives the attempt more time.

    Args:
        limits: How long it may take.
        deadline: When the whole request must be over, on the same clock.
        deadline_s: How many seconds that deadline was.
        streams: Whether a stream is read: a whole answer has no first token.
        max_answer_chars: The longest answer, in characters.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        limits: TimeLimits,
        *,
        deadline: float = math.inf,
        deadline_s: float | None = None,
        streams: bool = False,
        max_answer_chars: int = MAX_ANSWER_CHARS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.arrived: list[BaseMessage] = []
        self.called = False
        self.given: list[Any] = []
        self.over_at: float | None = None
        self.is_left = False
        self.breaks: Callable[[], None] | None = None
        self.on_more_time: Callable[[], None] | None = None
        self.max_answer_chars = max_answer_chars
        self._said = 0
        self._limits = limits
        self._clock = clock
        self._started = clock()
        self._deadline = (deadline, "deadline_s", deadline_s or 0.0)
        self._whole = self._limit("timeout_s", limits.timeout_s)
        self._silence = (math.inf, "", 0.0)
        if streams:
            self._silence = self._limit("first_token_timeout_s", limits.first_token_timeout_s)
        self._closing = False
        self._trusted = True
        self._rested: float | None = None

    def _limit(self, name: str, seconds: float | None) -> tuple[float, str, float]:
        if seconds is None:
            return math.inf, name, 0.0
        return self._clock() + seconds, name, seconds

    @property
    def until(self) -> float:
        """When the attempt is too slow if nothing more arrives."""
        return min(self._deadline[0], self._whole[0], self._silence[0])

    @property
    def remaining_s(self) -> float | None:
        """Seconds until then, at least zero; `None`: there is no limit."""
        until = self.until
        return None if until == math.inf else max(0.0, until - self._clock())

    @property
    def has_run_out(self) -> bool:
        """Whether the attempt is too slow."""
        return self._clock() >= self.until - _EARLY_S

    @property
    def only_lacks_its_end(self) -> bool:
        """Whether a stream's model has said that it is done: what fails then harms no answer."""
        return self._closing

    def leave(self) -> None:
        """Give the attempt up: what it waits for is broken off."""
        self.is_left = True
        breaks = self.breaks
        if breaks is not None:
            breaks()

    def stop_if_left(self) -> None:
        """Stop here if nobody waits for the attempt any more.

        Raises:
            asyncio.CancelledError: If so; accounts take it for a call that was given up.
        """
        if self.is_left:
            raise asyncio.CancelledError("nobody waits for the answer any more")

    def answered(self, answer: Any) -> Any:
        """The call is over and gave this back."""
        self.given.append(answer)
        self.over()
        return answer

    def over(self) -> None:
        """The call is over: what comes now is not the candidate's time."""
        self.over_at = self._clock()

    def rests(self) -> None:
        """A chunk has been taken; what its reader does now is not the candidate's time."""
        self._rested = self._clock()

    def goes_on(self) -> None:
        """The next chunk is waited for."""
        if self._rested is not None:
            until, name, seconds = self._silence
            self._silence = (until + self._clock() - self._rested, name, seconds)
            self._rested = None

    def saw_content(self) -> None:
        """Content has arrived: the next silence begins."""
        if self._closing:
            # It says with every chunk that it is done: its word is worth nothing.
            self._closing, self._trusted = False, False
        self._silence = self._limit("idle_timeout_s", self._limits.idle_timeout_s)
        if self.on_more_time is not None:
            self.on_more_time()

    def said(self, chars: int) -> None:
        """Count more of the answer.

        Raises:
            AnswerTooLongError: If it is longer than is accepted.
        """
        self._said += chars
        if self._said > self.max_answer_chars:
            raise AnswerTooLongError(
                f"the answer went on beyond max_answer_chars = {self.max_answer_chars:,}; raise"
                " the limit if such answers are wanted",
                limit_chars=self.max_answer_chars,
            )

    def saw_finish(self) -> None:
        """The model has said that it is done: only usage may follow, and that soon."""
        if self._trusted and not self._closing:
            self._closing = True
            self._silence = self._limit("closing", _CLOSING_S)

    def released(self) -> None:
        """The stream is passed on: from now on its reader sees how long it takes."""
        self._whole = (math.inf, "timeout_s", 0.0)

    def meaning_of(self, error: BaseException) -> Exception:
        """What a candidate's exception means: that its time was up, or what it says.

        Raises:
            BaseException: The exception itself where it means "stop" (cancellation, exit).
        """
        if not isinstance(error, Exception):
            raise error
        found = own_cause(error)
        if not isinstance(found, AttemptTimeoutError):
            self.arrived.clear()
        if isinstance(found, SmartRouteError) or not (self.has_run_out and is_timeout(error)):
            return found
        ran_out = self.error()
        ran_out.__cause__ = error
        return ran_out

    def error(self) -> AttemptTimeoutError:
        """The error for an attempt that was too slow."""
        _, limit, seconds = min(self._deadline, self._whole, self._silence)
        said = {
            "first_token_timeout_s": "no content arrived",
            "idle_timeout_s": "the stream fell silent",
            "deadline_s": "the request was not answered",
        }.get(limit, "the answer was not complete")
        waited = self._clock() - self._started
        return AttemptTimeoutError(
            f"{said} within {limit} = {seconds:g} (the attempt took {waited:.1f} s); raise the"
            " limit if the model needs longer",
            limit=limit,
            seconds=seconds,
        )


attempt_bounds: ContextVar[AttemptBounds | None] = ContextVar("attempt_bounds", default=None)
"""The bounds of the attempt that runs here, which connections keep to."""


def time_is_up() -> bool:
    """Whether the attempt that this is called in has run out of its time."""
    bounds = attempt_bounds.get()
    return bounds is not None and bounds.has_run_out
