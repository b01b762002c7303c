"""How an answer ended whose server names no finish reason.

Some local servers never do. What they send says it all the same: a plain answer that is
whole JSON without such a field is whole, and so is a stream that says something and that
the server itself ends with `[DONE]`, which one that breaks off does not send. Their
finish reason is `unknown`; with `null` a server says that an answer has not ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk

from langchain_smartroute.catalog import holds_anything

__all__ = ["StreamEnd", "listener", "name_unsaid_ends"]

_UNSAID = {"finish_reason": "unknown"}

listener: ContextVar[StreamEnd | None] = ContextVar("listener", default=None)
"""Who listens for the end of the stream that is opened here."""


class StreamEnd:
    """Hears whether a stream says anything, names a finish reason, and is ended by its server.

    Attributes:
        is_done: Whether the server has said `[DONE]`.
    """

    __slots__ = ("_is_named", "_says", "is_done")

    def __init__(self) -> None:
        self._is_named = self._says = False
        self.is_done = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the stream that is opened inside."""
        token = listener.set(self)
        try:
            yield
        finally:
            listener.reset(token)

    def saw(self, chunk: ChatGenerationChunk) -> None:
        """Look for content and for a finish reason."""
        self._says = self._says or holds_anything(chunk.message)
        info = chunk.generation_info
        if info and info.get("finish_reason"):
            self._is_named = True

    def unsaid(self) -> Iterator[ChatGenerationChunk]:
        """What the stream left out: a chunk that names its end, or nothing."""
        if self.is_done and self._says and not self._is_named:
            yield ChatGenerationChunk(
                message=AIMessageChunk(content=""), generation_info=dict(_UNSAID)
            )


def name_unsaid_ends(generations: Sequence[ChatGeneration], choices: Sequence[Any]) -> None:
    """Name the end of plain answers whose server knows no finish reason."""
    for generation, choice in zip(generations, choices, strict=False):
        said = choice if isinstance(choice, dict) else choice.model_fields_set
        if "finish_reason" not in said:
            generation.generation_info = {**(generation.generation_info or {}), **_UNSAID}
