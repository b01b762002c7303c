"""Events of a stream: the `[DONE]`, which the client of `openai` keeps to itself, and none.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

from typing import Any

from openai._streaming import ServerSentEvent, SSEDecoder
from typing_extensions import override

from langchain_smartroute.execution.unsaid import listener

__all__ = ["tell_ends"]


def tell_ends(*clients: Any) -> None:
    """Have the streams of clients of `openai` tell whoever listens of their `[DONE]`.

    Args:
        clients: Clients that are ours to change; those of `None` are none.
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
            # Without data it is no event: a number or a sign of life, say (HTML, section 9.2.6).
            return None
        if self._listener is not None and event.data.startswith("[DONE]"):
            self._listener.is_done = True
        return event
