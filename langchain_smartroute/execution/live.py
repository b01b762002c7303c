"""Hides drafts from handlers that receive tokens while an answer is generated.

LangGraph and LangChain's event streams read tokens from the model's own run, even if the router
holds the answer back. Their marker classes are in a private module of LangChain on which
LangGraph relies. If they move, no handler is recognised, and the tests of hidden drafts fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult

from langchain_smartroute.catalog import is_cache_hit, messages_in
from langchain_smartroute.execution.answers import is_finished

__all__ = ["NOSTREAM", "EndingWatcher", "hidden", "is_watched"]

try:
    from langchain_core.tracers import _streaming
except ImportError:  # pragma: no cover - a later langchain-core
    _MARKERS: tuple[type, ...] = ()
else:
    _MARKERS = (_streaming._StreamingCallbackHandler, _streaming._V2StreamingCallbackHandler)  # noqa: SLF001 - see above

NOSTREAM = "nostream"
"""LangGraph's tag for runs whose tokens are not streamed."""

Manager = TypeVar("Manager", bound=BaseCallbackManager)


class EndingWatcher(BaseCallbackHandler):
    """Records the end of a model run, where the answer does not contain it.

    Attributes:
        message: The final message; `None`: none yet.
        was_cut: Whether the final message has no finish reason.
        on_piece: Called with each chunk of the message, as a parser may hold them all back.
    """

    run_inline = True

    def __init__(self) -> None:
        self.was_cut = False
        self.message: AIMessage | None = None
        self.on_piece: Callable[[BaseMessage], None] | None = None

    def on_llm_new_token(self, *_: Any, chunk: Any = None, **__: Any) -> None:
        """Receive a chunk of the message."""
        message = getattr(chunk, "message", None)
        if self.on_piece is not None and isinstance(message, BaseMessage):
            self.on_piece(message)

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Receive the final message."""
        for message in messages_in(response):
            if isinstance(message, AIMessage):
                self.message = message
                self.was_cut = not (is_finished(message) or is_cache_hit(message))


def is_watched(handlers: Iterable[Any]) -> bool:
    """Whether any handler receives tokens while they are generated."""
    return any(_sees_tokens(handler) for handler in handlers)


def hidden(manager: Manager) -> Manager:
    """Remove handlers that receive tokens from an attempt's callback manager."""
    manager.handlers = [h for h in manager.handlers if not _sees_tokens(h)]
    manager.inheritable_handlers = [h for h in manager.inheritable_handlers if not _sees_tokens(h)]
    return manager


def _sees_tokens(handler: Any) -> bool:
    # By base class, as in LangGraph, as instance checks of protocols are slow.
    ancestry = type(handler).__mro__
    return any(marker in ancestry for marker in _MARKERS)
