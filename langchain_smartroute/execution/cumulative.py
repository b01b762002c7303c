"""Corrects usage that a provider reports more than once in a stream.

Some servers report cumulative usage with every chunk, or the final usage twice; others report
the input once, and the output as it grows. LangChain adds up the usage of all chunks, so each must
have only the increment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from langchain_core.messages.ai import UsageMetadata, add_usage, subtract_usage
from langchain_core.outputs import ChatGenerationChunk

from langchain_smartroute.execution.unsaid import StreamEnd, page_error

__all__ = ["CountingOnce", "UsageSoFar", "noting_billed"]

_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What readers raise of events in forms that they do not know."""


def _empty_stream(end: StreamEnd) -> ValueError:
    """The error for a stream without events; whether it was billed is unknown."""
    if end.is_page:
        return page_error()
    error = ValueError("the server's stream had no events of a chat completion")
    error.completion = None  # type: ignore[attr-defined] # read for the cost
    return error


class CountingOnce:
    """A mixin for `ChatOpenAI` whose streams count each token once.

    It also adds a finish reason to streams that the server ends without one.
    """

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        base: Any = super()
        usage, end = UsageSoFar(), StreamEnd()
        chunks = iter(base._stream(*args, **kwargs))  # noqa: SLF001 - what it is put above
        try:
            with end.listening(), _named(end):
                chunk = next(chunks, None)
            if chunk is None:
                raise _empty_stream(end)
            while chunk is not None:
                end.saw(chunk)
                yield usage.added(chunk)
                chunk = next(chunks, None)
        except _UNREADABLE as error:
            _note_billed(error, end)
            raise
        yield from end.unsaid()

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        base: Any = super()
        usage, end = UsageSoFar(), StreamEnd()
        chunks = aiter(base._astream(*args, **kwargs))  # noqa: SLF001 - as above
        try:
            with end.listening(), _named(end):
                chunk = await anext(chunks, None)
            if chunk is None:
                raise _empty_stream(end)
            while chunk is not None:
                end.saw(chunk)
                yield usage.added(chunk)
                chunk = await anext(chunks, None)
        except _UNREADABLE as error:
            _note_billed(error, end)
            raise
        for closing in end.unsaid():
            yield closing


@contextmanager
def noting_billed() -> Iterator[None]:
    """Note that the cost of a plain answer that cannot be read is unknown, if there was one."""
    end = StreamEnd()
    try:
        with end.listening():
            yield
    except _UNREADABLE as error:
        # `ChatOpenAI` raises an error in the place of an answer as it is; that is not billed.
        if not (error.args and isinstance(error.args[0], dict)):
            _note_billed(error, end)
        raise


def _note_billed(error: Exception, end: StreamEnd) -> None:
    """Note that the cost of an answer that could not be read is unknown, if one had begun."""
    if end.has_begun and not hasattr(error, "completion"):
        # pydantic's own errors take nothing along.
        with suppress(AttributeError):
            error.completion = None  # type: ignore[attr-defined] # read for the cost


@contextmanager
def _named(end: StreamEnd) -> Iterator[None]:
    """Name the error of `openai`'s reader of structured streams for one without events."""
    try:
        yield
    except AssertionError as error:
        raise _empty_stream(end) from error


class UsageSoFar:
    """Replaces the usage of a stream's chunks by its increments."""

    def __init__(self) -> None:
        self._known: UsageMetadata | None = None

    def added(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk:
        """The chunk with its increment of usage."""
        message = chunk.message
        usage: UsageMetadata | None = getattr(message, "usage_metadata", None)
        if usage is None:
            return chunk
        known = self._known
        if known is None:
            self._known = usage
            return chunk
        if known["input_tokens"] and not usage["input_tokens"]:
            # Only what is new since the last report, as the input was reported once.
            self._known = add_usage(known, usage)
            return chunk
        rest = subtract_usage(usage, known)
        self._known = add_usage(known, rest)
        chunk.message = message.model_copy(update={"usage_metadata": rest})
        return chunk
