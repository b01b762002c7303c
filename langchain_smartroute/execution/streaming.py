"""One attempt's stream: held back until its first content, then passed on."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessageChunk

from langchain_smartroute.execution.answers import as_chunk, has_content, is_last, joined
from langchain_smartroute.execution.walk import Walk

__all__ = ["StreamedAttempt"]


class StreamedAttempt:
    """One attempt's stream: held back until its first content, then passed on.

    Until then any failure is harmless, because nobody has seen anything.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._chunks: list[Any] = []
        self._held: list[Any] = []
        self._released = False
        self._accepted = False

    def take(self, chunk: Any) -> list[Any]:
        """Take the next chunk; returns those that may be passed on now."""
        chunk = as_chunk(chunk)
        self._chunks.append(chunk)
        if not self._released and not has_content(chunk):
            self._held.append(chunk)
            return []
        self._released = True
        if is_last(chunk) and not self._accepted:
            chunk = self._accept(chunk)
        ready, self._held = [*self._held, chunk], []
        return ready

    def ended(self) -> list[Any]:
        """The stream is over; returns what is still to be passed on."""
        if not self._released:
            self._walk.came_up_empty(self._held or [AIMessageChunk(content="")])
            return []
        if self._accepted:
            return []
        last = self._chunks[-1]
        if isinstance(last, AIMessageChunk):
            closing = AIMessageChunk(content="", id=last.id, chunk_position="last")
            self._chunks.append(closing)
            return [self._accept(closing)]
        self._walk.answer = self._walk.accept(joined(self._chunks), joined(self._chunks))
        return []

    def failed(self, error: Exception) -> None:
        """Note an error.

        Raises:
            StreamInterruptedError: If part of the answer had been passed on.
        """
        if self._accepted:
            raise error
        self._walk.failed(error, shown=self._chunks if self._released else ())
        if self._released:
            raise self._walk.interruption(error, self._chunks) from error

    def _accept(self, last: Any) -> Any:
        self._accepted = True
        carrying = self._walk.accept(joined(self._chunks), last)
        self._walk.answer = joined([*self._chunks[:-1], carrying])
        return carrying
