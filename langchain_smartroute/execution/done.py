"""Reads the events of streams as their servers mean them.

- Reports `[DONE]`, which the client of `openai` hides.
- Skips empty events, and a byte order mark before the first.
- Errors in any gateway's form become errors in OpenAI's, which the client raises.
- Of several choices the first is read (`one_choice`).
- Tool calls are named once, and numbered (`call_parts`).
- An event ends where its JSON does, also without a blank line.
- A chunk is called one.
- Halves of letters are put together (`halves`).
- Usage that is no number, and foreign roles, are mended (`odd_parts`).
- A plain answer in the place of a stream is its only event; a stream of lines of JSON has an
  event on each.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from openai._streaming import ServerSentEvent, SSEDecoder
from typing_extensions import override

from langchain_smartroute.execution.call_parts import CallParts
from langchain_smartroute.execution.enclosed import error_in, streamed_form
from langchain_smartroute.execution.halves import Halves
from langchain_smartroute.execution.odd_parts import OddParts
from langchain_smartroute.execution.one_choice import OneChoice
from langchain_smartroute.execution.unsaid import listener

__all__ = ["EventDecoder", "tell_ends"]

_CHUNK = '"chat.completion.chunk"'


def tell_ends(*clients: Any) -> None:
    """Make clients of `openai` report the `[DONE]` of their streams to listeners.

    Args:
        clients: Clients that may be changed; `None` is ignored.
    """
    for client in clients:
        if client is not None:
            client._make_sse_decoder = EventDecoder  # noqa: SLF001 - the client offers no other way


class EventDecoder(SSEDecoder):
    """Decodes the events of one stream as their server means them."""

    def __init__(self) -> None:
        super().__init__()
        self._listener = listener.get()
        if self._listener is not None:
            self._listener.has_begun = True
        self._plain: list[str] | None = None
        self._by_line = False
        # In this order, as calls and texts are those of the one choice.
        self._menders = OneChoice(), CallParts(), Halves(), OddParts()
        self._is_first = True
        self._last = ""

    @override
    def decode(self, line: str) -> ServerSentEvent | None:
        self._last = line
        if self._is_first:
            line = line.removeprefix("\ufeff")
            if line.strip():
                self._is_first = False
                if self._listener is not None:
                    self._listener.is_page = line.lstrip().startswith("<")
                self._by_line = _is_chunk(line)
                # No field of an event begins so.
                is_plain = line.lstrip().startswith("{") and not self._by_line
                self._plain = [] if is_plain else None
        if self._plain is not None:
            self._plain.append(line)
            return None
        if self._by_line:
            return self._meant(ServerSentEvent(data=line.strip()))
        if line.startswith("{"):
            # No field of an event, but an error that a gateway writes into the stream as it is.
            return _rewritten(line, _as_error)
        if self._data and (data := _data_of(line)) and _is_object("\n".join(self._data)):
            # The blank line is missing.
            event, self._data = ServerSentEvent(data="\n".join(self._data)), [data]
            return self._meant(event)
        return self._meant(super().decode(line))

    def _meant(self, event: ServerSentEvent | None) -> ServerSentEvent | None:
        """An event as its server means it."""
        if event is None or event.data in ("", "null"):
            # A block without data is not an event, such as an id or a keep-alive (HTML, section
            # 9.2.6).
            return None
        if event.data.startswith("[DONE]"):
            self._end()
            return event
        if '"delta"' in event.data:
            event = self._mended(event)
        else:
            # The usage comes last, in a chunk without choices.
            event = _rewritten(event.data, _as_error) or self._mended(event)
        if _CHUNK in event.data or '"choices"' not in event.data:
            return event
        return _rewritten(event.data, _as_chunk) or event

    def _mended(self, event: ServerSentEvent) -> ServerSentEvent:
        """A chunk whose odd parts can be read; most are not even parsed for it."""
        concerned = [mender for mender in self._menders if mender.concerns(event.data)]
        if not concerned:
            return event
        try:
            chunk = json.loads(event.data)
        except ValueError:
            return event
        if not isinstance(chunk, dict):
            return event
        changes = [mender.mend(chunk) for mender in concerned]
        return ServerSentEvent(data=json.dumps(chunk)) if any(changes) else event

    @override
    def iter_bytes(self, iterator: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        yield from super().iter_bytes(iterator)
        if event := self._at_the_end():
            yield event

    @override
    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        async for event in super().aiter_bytes(iterator):
            yield event
        if last := self._at_the_end():
            yield last

    def _at_the_end(self) -> ServerSentEvent | None:
        """The last event, if its blank line is missing; else a plain answer in place of events."""
        if self._plain is None:
            return self._meant(ServerSentEvent(data=_data_of(self._last)))
        event = _rewritten("\n".join(self._plain), streamed_form)
        if event is not None:
            self._end()
        return event

    def _end(self) -> None:
        if self._listener is not None:
            self._listener.is_done = True


def _data_of(line: str) -> str:
    """A line's data, if an event may begin or end with it; else nothing."""
    data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
    return data if data.startswith("[DONE]") or _is_object(data) else ""


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _is_chunk(line: str) -> bool:
    """Whether a line without a field's name is a chunk of a completion."""
    try:
        found = json.loads(line)
    except ValueError:
        return False
    choices = found.get("choices") if isinstance(found, dict) else None
    return isinstance(choices, list) and any(isinstance(c, dict) and "delta" in c for c in choices)


def _as_chunk(data: Any) -> dict[str, Any] | None:
    """A chunk that is called something else, or nothing; `None`: it has nothing to say.

    The client's reader of structured streams leaves out all that is not called so, because of
    Azure's reports on the prompt.
    """
    if not isinstance(data, dict) or not (data.get("choices") or data.get("usage")):
        return None
    return {**data, "object": _CHUNK.strip('"')}


def _as_error(data: Any) -> dict[str, Any] | None:
    error = error_in(data)
    return None if error is None else {"error": error}


def _rewritten(text: str, form: Callable[[Any], dict[str, Any] | None]) -> ServerSentEvent | None:
    """An event with other data; `None`: the text is no JSON, or has no such form."""
    try:
        found = form(json.loads(text))
    except ValueError:
        return None
    return None if found is None else ServerSentEvent(data=json.dumps(found))
