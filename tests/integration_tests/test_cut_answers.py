"""Answers whose connection is lost in the middle: what they cost, and who is asked then."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime
from functools import partial

import openai
import pytest
from scripted import ANSWER, Server, call, router_of
from ways import ainvoked, invoked

from langchain_smartroute import ChainExhaustedError, MemoryLedger, SpendLimit
from langchain_smartroute.state import MemoryState, Stands

BODY = json.dumps(ANSWER).encode()
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)
KINDS = {
    "length": b"Content-Length: 900\r\n\r\n" + BODY[:60],
    "length without a byte": b"Content-Length: 900\r\n\r\n",
    "half a chunk": b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK[:60],
    "no last chunk": b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK,
    "no chunk": b"Transfer-Encoding: chunked\r\n\r\n",
}
SCHEMA = {"title": "Found", "description": "x", "type": "object", "properties": {}}
CUTS = pytest.mark.parametrize("cut", KINDS.values(), ids=KINDS)
TRANSPORTS = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
RESETS = pytest.mark.parametrize("resets", [False, True], ids=["closed", "reset"])


class CuttingServer(Server):
    """Closes each connection after it has sent its bytes."""

    resets = False
    on_request = staticmethod(bool)

    def answer(self, connection):
        self.on_request()
        super().answer(connection)
        if self.resets:
            linger = b"\1\0\0\0\0\0\0\0"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionError("that was all")


@pytest.fixture
def cutting(serve):
    return partial(serve, kind=CuttingServer)


def head(kind=b"application/json", status=b"200 OK"):
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\n" % (status, kind)


@EVERY_WAY
@TRANSPORTS
@CUTS
@RESETS
def test_the_cost_of_an_answer_that_was_cut_is_unknown(cutting, way, transport, cut, resets):
    """It was free in the account and in the ledger, though its provider may have billed it.

    Where the connection was reset, the same model was asked for it again at once.
    """
    kind = b"text/event-stream" if "stream" in way else b"application/json"
    server = cutting(head(kind) + cut, resets=resets)
    records = MemoryLedger()
    router = router_of(server, transport=transport, ledger=records)
    with pytest.raises(ChainExhaustedError) as told:
        call(router, way)
    assert [(a.model, a.cost_usd) for a in told.value.attempts] == [("one", None), ("two", None)]
    assert [(r.usage.estimated, r.cost_usd) for r in records.records()] == [(True, None)] * 2
    assert server.asked == 2


@EVERY_WAY
@TRANSPORTS
def test_a_cut_head_is_not_told(cutting, way, transport):
    """Of aiohttp the error was the head as an object, with what a proxy had put into it."""
    server = cutting(head() + b"Set-Cookie: session=of-somebody\r\nX-Ha")
    with pytest.raises(ChainExhaustedError) as told:
        call(router_of(server, transport=transport), way)
    assert "Connection error: " in str(told.value)
    assert "session" not in str(told.value)


@pytest.mark.parametrize("way", [invoked, ainvoked])
@TRANSPORTS
@RESETS
def test_structured_calls_account_for_it_alike(cutting, way, transport, resets):
    """They are sent by the client of `openai` itself."""
    server = cutting(head() + KINDS["length"], resets=resets)
    structured = router_of(server, transport=transport).with_structured_output(SCHEMA)
    with pytest.raises(ChainExhaustedError) as told:
        asyncio.run(way(structured, "Hello", None))
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]


@EVERY_WAY
@pytest.mark.parametrize("amount", [{"usd": 1}, {"tokens": 10**6}], ids=["dollars", "tokens"])
def test_a_limit_counts_the_whole_reservation_for_a_cut_answer(cutting, way, amount):
    """It gave back all but the input, though the answer may have cost the most that it can."""
    state, limit, held = MemoryState(), SpendLimit(**amount, period="day"), []
    server = cutting(head() + KINDS["length"])
    server.on_request = lambda: held.append(standing(state, limit).held)
    with pytest.raises(ChainExhaustedError):
        call(router_of(server, state=state, spend_limits=[limit]), way)
    found = standing(state, limit)
    assert (found.spent, found.held) == (sum(held), 0)
    assert len(held) == 2
    assert min(held) > 0


def standing(state, limit):
    counter = limit.counter(limit.window(datetime.now(tz=UTC), request_id=""), "")
    (found,) = state.run(Stands(counters=(counter,)))
    return found


@EVERY_WAY
@TRANSPORTS
@CUTS
@RESETS
def test_the_status_of_an_error_counts_although_its_body_was_cut(
    cutting, way, transport, cut, resets
):
    """A key that was refused was a lost connection: it opened no breaker, and named no key."""
    server = cutting(head(status=b"401 Unauthorized") + cut, resets=resets)
    with pytest.raises(openai.AuthenticationError) as told:
        call(router_of(server, transport=transport), way)
    assert server.asked == 1
    assert "the key was refused" in told.value.__notes__[0]
