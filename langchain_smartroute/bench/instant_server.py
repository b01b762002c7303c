"""A server that immediately sends the same answer, run in its own process.

A client's cost is only visible with a very cheap server, so this one parses only the end of a
request and whether it asks for a stream. It prints its address to stdout and serves until stdin
is closed, so that it ends with the process that started it.

Only the standard library is imported, so that it starts quickly.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

__all__ = ["CHUNKS", "TEXT", "InstantAnswers", "main"]

CHUNKS = 60
"""Pieces of text in a streamed answer."""

TEXT = "word " * CHUNKS
"""Text of every answer."""

_USAGE = {"prompt_tokens": 20, "completion_tokens": CHUNKS, "total_tokens": 20 + CHUNKS}
_HEAD = {"id": "chatcmpl-1", "created": 1_790_000_000, "model": "instant"}
_LENGTH = b"content-length:"
_READY = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
_STREAM = "text/event-stream; charset=utf-8"


def _plain() -> bytes:
    message = {"role": "assistant", "content": TEXT}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    answer = {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}
    return _answer(json.dumps(answer), "application/json")


def _streamed() -> bytes:
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        *({"content": word} for word in [TEXT[:5]] * CHUNKS),
    ]
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    head = {**_HEAD, "object": "chat.completion.chunk"}
    events = [{**head, "choices": [choice], "usage": None} for choice in choices]
    events.append({**head, "choices": [], "usage": _USAGE})
    lines = [*map(json.dumps, events), "[DONE]"]
    return _answer("".join(f"data: {line}\n\n" for line in lines), _STREAM)


def _answer(body: str, kind: str) -> bytes:
    encoded = body.encode()
    return _READY % (kind.encode(), len(encoded)) + encoded


class InstantAnswers(asyncio.Protocol):
    """Protocol of one connection; answers each request immediately."""

    plain = _plain()
    streamed = _streamed()

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer all complete requests."""
        self._received += data
        while (end := _end_of_request(self._received)) is not None:
            request, self._received = self._received[:end], self._received[end:]
            wants_stream = b'"stream":true' in request or b'"stream": true' in request
            if self._transport is not None:
                self._transport.write(self.streamed if wants_stream else self.plain)


def _end_of_request(received: bytes) -> int | None:
    """Position of the first request's end; `None`: it is incomplete."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return None
    lines = received[:head].lower().split(b"\r\n")
    body = next((int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH)), 0)
    end = head + 4 + body
    return end if len(received) >= end else None


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(InstantAnswers, "127.0.0.1", 0, backlog=1024)
    async with server:
        sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
        sys.stdout.flush()
        await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until stdin ends."""
    asyncio.run(_serve())
