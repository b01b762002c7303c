"""Servers that send the same bytes to each request, and calls of routers that ask them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import suppress

from langchain_openai import ChatOpenAI

from langchain_smartroute import MemoryLedger, Price, SmartRouterRunnable

PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "2",
    "source": "made up",
    "date": "2026-11-23",
}
CATALOG = {"models": {alias: {"prices": [PRICE]} for alias in ("one", "two")}, "default": "one"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
SAID = {"role": "assistant", "content": "fine"}
ANSWER = {
    "id": "a",
    "object": "chat.completion",
    "created": 1,
    "model": "theirs",
    "choices": [{"index": 0, "finish_reason": "stop", "message": SAID}],
    "usage": USAGE,
}


class Server:
    """Sends the same bytes to each request on connections that stay open."""

    def __init__(self, sent):
        self.sent = sent
        self.asked = 0
        self.line = self.body = b""
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError), connection, connection.makefile("rb") as asked:
            while line := asked.readline():
                self.line, length = line, 0
                while (line := asked.readline().lower().strip()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                self.body = asked.read(length)
                self.asked += 1
                self.answer(connection)

    def answer(self, connection):
        """Send the bytes; an OSError closes the connection."""
        connection.sendall(self.sent)


def plain(answer=ANSWER, *, headers=b""):
    body = json.dumps(answer).encode()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers
    return start + b"Content-Length: %d\r\n\r\n" % len(body) + body


def router_of(server, **settings):
    settings = {"catalog": CATALOG, **settings}
    return SmartRouterRunnable.from_catalog(base_url=server.url, **settings)


def brought_router_of(server):
    """A router over two `ChatOpenAI`s of the user's own, with a ledger."""
    models = {
        name: ChatOpenAI(model=name, base_url=server.url, api_key="none", stream_usage=True)
        for name in ("one", "two")
    }
    prices = {name: Price(**PRICE) for name in models}
    return SmartRouterRunnable.from_models(
        models, default="one", prices=prices, ledger=MemoryLedger()
    )


def call(router, way, prompt="Hello", config=None):
    """Call a router with one of its methods; returns the complete answer."""
    if way == "invoke":
        return router.invoke(prompt, config)
    if way == "ainvoke":
        return asyncio.run(router.ainvoke(prompt, config))
    chunks = list(router.stream(prompt, config)) if way == "stream" else asyncio.run(_all(router))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


async def _all(router):
    return [chunk async for chunk in router.astream("Hello")]


def streamed(*events):
    body = "".join(events).encode()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    return start + b"Content-Length: %d\r\n\r\n" % len(body) + body


def delta(content, end=None, **more):
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": end}
    found = {**ANSWER, "object": "chat.completion.chunk", "choices": [choice], **more}
    return f"data: {json.dumps({k: v for k, v in found.items() if v is not None})}\n\n"
