"""Handlers that see an answer while it is written, and how a draft is hidden from them.

LangGraph and LangChain's event streams read tokens from the model's own run,
past whatever the router holds back. The marker classes stand in a module that
LangChain calls private and LangGraph relies on. Should they move, nobody is taken
for a watcher, and the tests of hidden drafts fail.
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
"""LangGraph's tag for a run whose tokens are not shown."""

Manager = TypeVar("Manager", bound=BaseCallbackManager)


class EndingWatcher(BaseCallbackHandler):
    """Notes how a model run ends, where the answer does not say so.

    Attributes:
        message: The message that it ended with; `None`: none yet.
        was_cut: Whether that names no finish reason.
        on_piece: Called with each piece of the message; a parser may keep them all back.
    """

    run_inline = True

    def __init__(self) -> None:
        self.was_cut = False
        self.message: AIMessage | None = None
        self.on_piece: Callable[[BaseMessage], None] | None = None

    def on_llm_new_token(self, *_: Any, chunk: Any = None, **__: Any) -> None:
        """Look at a piece of the message."""
        message = getattr(chunk, "message", None)
        if self.on_piece is not None and isinstance(message, BaseMessage):
            self.on_piece(message)

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Look at the message that the run ended with."""
        for message in messages_in(response):
            if isinstance(message, AIMessage):
                self.message = message
                self.was_cut = not (is_finished(message) or is_cache_hit(message))


def is_watched(handlers: Iterable[Any]) -> bool:
    """Whether anybody sees tokens as they come."""
    return any(_sees_tokens(handler) for handler in handlers)


def hidden(manager: Manager) -> Manager:
    """Take those who see tokens off a manager made for one attempt."""
    manager.handlers = [h for h in manager.handlers if not _sees_tokens(h)]
    manager.inheritable_handlers = [h for h in manager.inheritable_handlers if not _sees_tokens(h)]
    return manager


def _sees_tokens(handler: Any) -> bool:
    # By ancestry, as LangGraph does: an instance check of a protocol is slow.
    ancestry = type(handler).__mro__
    return any(marker in ancestry for marker in _MARKERS)
