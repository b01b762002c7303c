"""Adds finish reasons to complete answers of servers that send none.

Some local servers never send one. A plain answer of valid JSON without such a field is
complete, and so is a stream with content that ends with `[DONE]`, which an interrupted one does
not have. Their finish reason becomes `unknown`. A finish reason of `null` means that the answer
has not ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk

from langchain_smartroute.catalog import holds_anything

__all__ = ["StreamEnd", "listener", "name_unsaid_ends", "page_error"]

_AT_THE_END = ("finish_reason", "model_name", "system_fingerprint", "service_tier")
"""What `ChatOpenAI` reads of a chunk with a finish reason."""

_UNSAID = {"finish_reason": "unknown"}

_PAGE = (
    "a web page came in the place of an answer: is base_url the address of the API, and does"
    " nothing on the way ask for a login?"
)
"""What is wrong where a server's answer is a web page."""

listener: ContextVar[StreamEnd | None] = ContextVar("listener", default=None)
"""The listener for the end of a stream opened in this context."""


class StreamEnd:
    """Observes whether a stream has content, a finish reason, and `[DONE]`.

    Attributes:
        has_begun: Whether the server has answered, with a status of success.
        is_done: Whether the server has sent `[DONE]`.
        is_page: Whether it has sent a web page instead.
    """

    __slots__ = ("_is_named", "_says", "has_begun", "is_done", "is_page")

    def __init__(self) -> None:
        self._is_named = self._says = False
        self.has_begun = self.is_done = self.is_page = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the stream that is opened inside the block."""
        token = listener.set(self)
        try:
            yield
        finally:
            listener.reset(token)

    def saw(self, chunk: ChatGenerationChunk) -> None:
        """Observe a chunk, and remove an end that was named before, as texts are joined."""
        self._says = self._says or holds_anything(chunk.message)
        info = chunk.generation_info
        if info and info.get("finish_reason"):
            if self._is_named:
                chunk.generation_info = {k: v for k, v in info.items() if k not in _AT_THE_END}
            self._is_named = True

    def unsaid(self) -> Iterator[ChatGenerationChunk]:
        """A chunk with the missing finish reason, if the stream is complete without one."""
        if self.is_done and self._says and not self._is_named:
            yield ChatGenerationChunk(
                message=AIMessageChunk(content=""), generation_info=dict(_UNSAID)
            )


def page_error() -> ValueError:
    """The error for a web page in the place of an answer; whether it was billed is unknown."""
    error = ValueError(_PAGE)
    error.completion = None  # type: ignore[attr-defined] # read for the cost
    return error


def name_unsaid_ends(generations: Sequence[ChatGeneration], choices: Sequence[Any]) -> None:
    """Add a finish reason to plain answers of servers that send none."""
    for generation, choice in zip(generations, choices, strict=False):
        fields = choice if isinstance(choice, dict) else choice.model_fields_set
        if "finish_reason" not in fields:
            generation.generation_info = {**(generation.generation_info or {}), **_UNSAID}
