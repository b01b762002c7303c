"""Reports the `[DONE]` of streams, which the client of `openai` hides, and skips empty events.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

from typing import Any

from openai._streaming import ServerSentEvent, SSEDecoder
from typing_extensions import override

from langchain_smartroute.execution.unsaid import listener

__all__ = ["tell_ends"]


def tell_ends(*clients: Any) -> None:
    """Make clients of `openai` report the `[DONE]` of their streams to listeners.

    Args:
        clients: Clients that may be changed; `None` is ignored.
    """
    for client in clients:
        if client is not None:
            client._make_sse_decoder = _Decoder  # noqa: SLF001 - the client offers no other way


class _Decoder(SSEDecoder):
    def __init__(self) -> None:
        super().__init__()
        self._listener = listener.get()

    @override
    def decode(self, line: str) -> ServerSentEvent | None:
        event = super().decode(line)
        if event is None or not event.data:
            # A block without data is not an event, such as an id or a keep-alive (HTML, section
            # 9.2.6).
            return None
        if self._listener is not None and event.data.startswith("[DONE]"):
            self._listener.is_done = True
        return event
