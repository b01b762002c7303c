"""Limits of one attempt in time and in length.

Only content counts: a server that keeps a connection open with comments or empty deltas is as
silent as one that sends nothing.
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
from langchain_smartroute.types import steers_graph

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec

__all__ = [
    "MAX_ANSWER_CHARS",
    "REASONING_FIRST_TOKEN_S",
    "AttemptBounds",
    "TimeLimits",
    "answer_has_begun",
    "attempt_bounds",
    "time_is_up",
]

MAX_ANSWER_CHARS: Final = 1_000_000
"""Default maximum length of an answer, in characters."""

REASONING_FIRST_TOKEN_S: Final = 60.0
"""Default first-token limit of a reasoning model, in seconds."""

_EARLY_S: Final = 0.005
"""Seconds by which a timeout of the operating system may be early."""

_CLOSING_S: Final = 2.0
"""Seconds in which usage may still arrive after a stream's finish reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long one attempt may take, in seconds; `None`: no limit.

    Attributes:
        connect_timeout_s: For connecting; only for models that the router builds.
        first_token_timeout_s: Until the first content of a stream.
        idle_timeout_s: Between two chunks of a stream with content.
        timeout_s: Until the complete answer; for a stream, until it is passed on.
    """

    connect_timeout_s: float | None = 5.0
    first_token_timeout_s: float | None = 10.0
    idle_timeout_s: float | None = 15.0
    timeout_s: float | None = 60.0

    def of_model(self, spec: ModelSpec, *, first_token_is_default: bool = False) -> TimeLimits:
        """These limits, overridden by a model's own.

        Args:
            spec: The model, which may have its own limits.
            first_token_is_default: Whether the first-token limit is the default, so that a
                reasoning model gets a longer one.
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
    """Enforces the limits of an attempt.

    Attributes:
        arrived: Model answers that arrived although the time was up.
        called: Whether the candidate's model has been called.
        given: Result of the call: its answer, or the chunks so far.
        answers: Whether a server has begun to answer, with a status of success.
        over_at: End of the call on the same clock; `None`: it has not ended.
        is_left: Whether the attempt was abandoned.
        breaks: Interrupts the current wait of a blocking call; `None`: it does not wait.
        on_more_time: Called when content extends the attempt's time.

    Args:
        limits: Its time limits.
        deadline: Deadline of the whole request, on the same clock.
        deadline_s: The request's time limit in seconds, for errors.
        streams: Whether a stream is read, as a plain answer has no first token.
        max_answer_chars: Maximum length of the answer, in characters.
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
        self.answers = False
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
        """Time at which the attempt times out if nothing more arrives."""
        return min(self._deadline[0], self._whole[0], self._silence[0])

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the timeout, at least zero; `None`: no limit."""
        until = self.until
        return None if until == math.inf else max(0.0, until - self._clock())

    @property
    def has_run_out(self) -> bool:
        """Whether the attempt has timed out."""
        return self._clock() >= self.until - _EARLY_S

    @property
    def has_begun(self) -> bool:
        """Whether an answer has begun, even without content, so that it may be billed."""
        return self.answers or bool(self.given)

    @property
    def only_lacks_its_end(self) -> bool:
        """Whether the stream's finish reason has arrived, so that later errors do no harm."""
        return self._closing

    def leave(self) -> None:
        """Abandon the attempt and interrupt its wait."""
        self.is_left = True
        breaks = self.breaks
        if breaks is not None:
            breaks()

    def stop_if_left(self) -> None:
        """Raise if the attempt was abandoned.

        Raises:
            asyncio.CancelledError: If so; it is accounted for as an abandoned call.
        """
        if self.is_left:
            raise asyncio.CancelledError("nobody waits for the answer any more")

    def answered(self, answer: Any) -> Any:
        """Note the result of the call."""
        self.given.append(answer)
        self.over()
        return answer

    def over(self) -> None:
        """Note the end of the call, and stop measuring the candidate's time."""
        self.over_at = self._clock()

    def rests(self) -> None:
        """Stop measuring time while the reader processes a chunk."""
        self._rested = self._clock()

    def goes_on(self) -> None:
        """Resume measuring time while waiting for the next chunk."""
        if self._rested is not None:
            until, name, seconds = self._silence
            self._silence = (until + self._clock() - self._rested, name, seconds)
            self._rested = None

    def saw_content(self) -> None:
        """Note that content has arrived, which restarts the idle limit."""
        if self._closing:
            # The server sends a finish reason with every chunk, so it means nothing.
            self._closing, self._trusted = False, False
        self._silence = self._limit("idle_timeout_s", self._limits.idle_timeout_s)
        if self.on_more_time is not None:
            self.on_more_time()

    def said(self, chars: int) -> None:
        """Count characters of the answer.

        Raises:
            AnswerTooLongError: If it exceeds the maximum length.
        """
        self._said += chars
        if self._said > self.max_answer_chars:
            raise AnswerTooLongError(
                f"the answer went on beyond max_answer_chars = {self.max_answer_chars:,}; raise"
                " the limit if such answers are wanted",
                limit_chars=self.max_answer_chars,
            )

    def saw_finish(self) -> None:
        """Note the finish reason, after which only usage may follow, within a short time."""
        if self._trusted and not self._closing:
            self._closing = True
            self._silence = self._limit("closing", _CLOSING_S)

    def released(self) -> None:
        """Note that the stream is passed on, which ends the limit on the whole answer."""
        self._whole = (math.inf, "timeout_s", 0.0)

    def meaning_of(self, error: BaseException) -> Exception:
        """The error for a candidate's exception: a timeout if the time is up, else the exception.

        Raises:
            BaseException: The exception itself if it is a cancellation, an exit, or how a graph
                pauses or jumps.
        """
        if not isinstance(error, Exception) or steers_graph(error):
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
        """The timeout error of this attempt."""
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
            begun=self.has_begun,
        )


attempt_bounds: ContextVar[AttemptBounds | None] = ContextVar("attempt_bounds", default=None)
"""The bounds of the current attempt, which connections observe."""


def answer_has_begun() -> bool:
    """Whether the current attempt's server has begun to answer."""
    bounds = attempt_bounds.get()
    return bounds is not None and bounds.has_begun


def time_is_up() -> bool:
    """Whether the current attempt has timed out."""
    bounds = attempt_bounds.get()
    return bounds is not None and bounds.has_run_out
