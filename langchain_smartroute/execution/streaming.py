"""Controls one attempt's stream: which chunks are held back or passed on.

Nothing is passed on before the first content, so any earlier failure is harmless. The last
chunk is held back until the model's run has ended, when the checks have run and the account is
final. A buffered stream is held back completely.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessageChunk, BaseMessage

from langchain_smartroute.catalog import tells_cost
from langchain_smartroute.execution.answers import (
    as_chunk,
    chars_of,
    foreign_error,
    has_content,
    is_finished,
    is_last,
    joined,
    message_of,
    strictly_read,
)
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.checks import CheckVerdict
from langchain_smartroute.execution.faults import fault_of
from langchain_smartroute.execution.live import EndingWatcher
from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.types import Caught

__all__ = ["StreamedAttempt"]

_OF_PARSERS = ("unfit", "filtered")
"""Kinds of errors that parsers raise."""


class StreamedAttempt:
    """One attempt's stream.

    Args:
        walk: The state of the request.
        bounds: Limits of the attempt.
        buffered: Whether the complete answer is held back until it has been checked.
        early: Names of the checks that can reject the answer before any content is passed on.
        structured: Whether objects are streamed instead of messages.
        mute: Whether empty chunks count as activity.
        ending: Handler that records the end of the model run, where objects are streamed.
    """

    def __init__(
        self,
        walk: Walk,
        bounds: AttemptBounds,
        *,
        buffered: bool,
        early: frozenset[str],
        structured: bool,
        mute: bool = False,
        ending: EndingWatcher | None = None,
    ) -> None:
        self._ending = ending or EndingWatcher()
        self._ending.on_piece = self._hear
        self._heard = 0
        self._walk = walk
        self._bounds = bounds
        self._mute = mute
        self._structured = structured
        self._buffered = buffered
        self._early = early
        self._chunks: list[Any] = bounds.given
        self._held: list[Any] = []
        self._released = False
        self._closing = False
        self._foreign: TypeError | None = None

    @cached_property
    def whole(self) -> Any:
        """The complete answer at the end of the stream; merged only once, as that takes time."""
        return joined(self._chunks)

    def merge(self) -> None:
        """Merge the complete answer; an error is one of this attempt."""
        _ = self.whole

    def take(self, chunk: Any) -> list[Any]:
        """Process the next chunk; returns the chunks to pass on now."""
        chunk = as_chunk(chunk)
        self._foreign = self._foreign or foreign_error(chunk)
        if self._foreign is not None:
            # Continue reading, so that the candidate's own run is completed.
            return []
        self._chunks.append(chunk)
        self._held.append(chunk)
        self._closing = self._closing or is_last(chunk)
        holds_content = has_content(chunk)
        self._keep_time(chunk, holds_content)
        if self._buffered or self._closing:
            return []
        if not self._released:
            if not holds_content:
                return []
            self._released = True
            self._bounds.released()
        ready, self._held = self._held, []
        return ready

    def _hear(self, piece: BaseMessage) -> None:
        """Process a chunk of the message that an object is parsed from, and that may come first."""
        self._heard += 1
        if has_content(piece) or (self._mute and self._heard > 1):
            self._bounds.saw_content()

    def _keep_time(self, chunk: Any, holds_content: bool) -> None:  # noqa: FBT001 - a fact of the chunk
        """Report a chunk to the bounds; an answer that is too long fails the attempt."""
        # The first chunk has only the role and is not reasoning.
        if holds_content or (self._mute and len(self._chunks) > 1):
            self._bounds.saw_content()
        if holds_content:
            self._bounds.said(chars_of(chunk))
        message = message_of(chunk)
        if message is not None and is_finished(message):
            self._bounds.saw_finish()
        self._bounds.rests()

    def outlives(self, error: BaseException) -> bool:
        """Whether an error does no harm, as the answer's finish reason had arrived.

        What a parser raises comes after it, and is of the answer itself; and chunks that cannot be
        merged are no answer.
        """
        of_answer = isinstance(error, Exception) and fault_of(error).kind in _OF_PARSERS
        if (self._structured and of_answer) or not self._bounds.only_lacks_its_end:
            return False
        with Caught() as caught:
            self.merge()
        return caught.error is None

    def ended(self, verdicts: Sequence[CheckVerdict]) -> list[Any]:
        """Process the end of the stream; returns the chunks still to pass on."""
        if self._foreign is not None:
            self.failed(self._foreign)
            return []
        whole = self.whole
        cut_off = self._walk.cut_off_error(whole, was_cut=self._ending.was_cut)
        if cut_off is not None:
            self.failed(cut_off, billed=True)
            return []
        if not self._released:
            counting = [v for v in verdicts if self._buffered or v.name in self._early]
            if whole is None and self._structured:
                # LangChain's parsers yield nothing in a stream if there is no object.
                self.failed(OutputParserException("The answer held no object that fits"))
                return []
            if whole is None or self._walk.is_empty(whole, counting):
                self._walk.came_up_empty(self._held or [AIMessageChunk(content="")])
                return []
            self._read_strictly(whole)
            if self._walk.rejects(counting):
                self._walk.reject(self._held, counting)
                return []
        return self._accepted(whole, verdicts)

    def failed(self, error: Exception, *, billed: bool = False) -> None:
        """Note an error.

        Args:
            error: The error.
            billed: Whether the provider had started to answer, even without content; implied by
                any content or usage.

        Raises:
            StreamInterruptedError: If a part of the answer had been passed on.
        """
        billed = billed or any(map(_tells_cost, self._chunks))
        begun = bool(self._chunks)
        self._walk.failed(error, arrived=self._chunks if billed else (), begun=begun)
        if self._released:
            shown = self._chunks[: len(self._chunks) - len(self._held)]
            raise self._walk.interruption(error, shown) from error

    def _read_strictly(self, whole: Any) -> None:
        """Pass on a held answer as one message if its tool calls were truncated."""
        strict = strictly_read(message_of(whole))
        if isinstance(whole, AIMessageChunk) and strict is not whole:
            self._held = self._chunks = [strict]

    def _accepted(self, whole: Any, verdicts: Sequence[CheckVerdict]) -> list[Any]:
        """The held chunks, with the account added to the last chunk of the message."""
        rest = self._held
        at = next((i for i, chunk in enumerate(rest) if is_last(chunk)), None)
        if at is None and isinstance(self._chunks[-1], AIMessageChunk):
            closing = AIMessageChunk(content="", id=self._chunks[-1].id, chunk_position="last")
            rest, at = [*rest, closing], len(rest)
        before = self._chunks[: len(self._chunks) - len(self._held)]
        if at is None:
            self._walk.answer = self._walk.accept(whole, whole, verdicts)
            return rest
        carrying = self._walk.accept(whole, rest[at], verdicts)
        rest = [*rest[:at], carrying, *rest[at + 1 :]]
        self._walk.answer = joined([*before, *rest])
        return rest


def _tells_cost(chunk: Any) -> bool:
    message = message_of(chunk)
    return has_content(chunk) if message is None else tells_cost(message)
