"""Streams that are no events, and events that are no chunks."""

from __future__ import annotations

import json

import pytest
from scripted import ANSWER, call, delta, router_of

from langchain_smartroute import ChainExhaustedError, MemoryLedger, StreamInterruptedError

DONE = "data: [DONE]\n\n"
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


def event(data):
    return f"data: {json.dumps(data)}\n\n"


def lines(*parts):
    """Parts of a stream as JSON on lines of their own."""
    body = "".join(part.removeprefix("data: ").strip() + "\n" for part in parts).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@STREAMS
@pytest.mark.parametrize("done", [[], [DONE]], ids=["", "done"])
def test_a_stream_may_come_as_lines_of_json(serve, way, done):
    """Its answer was billed and thrown away: the stream had no events."""
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    choice = {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": None}
    told = event({**ANSWER, "choices": [choice], "usage": None})
    parts = delta("fi", usage=None), told, delta("ne", "tool_calls"), *done
    answer = call(router_of(serve(lines(*parts))), way)
    assert answer.text == "fine"
    assert [found["args"] for found in answer.tool_calls] == [{"a": 1}]
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@STREAMS
def test_half_an_answer_of_lines_is_not_whole(serve, way):
    error = event({"error": {"message": "boom"}})
    for parts in ([error], [error, DONE]):
        server = serve(lines(delta("half of it", usage=None), *parts))
        with pytest.raises(StreamInterruptedError, match="boom"):
            call(router_of(server), way)
    with pytest.raises(StreamInterruptedError, match="without a finish reason"):
        call(router_of(serve(lines(delta("half of it", usage=None)))), way)


@STREAMS
def test_lines_of_another_protocol_are_no_answer(serve, way):
    """Ollama's own, for example."""
    said = {"model": "m", "message": {"role": "assistant", "content": "hi"}, "done": False}
    server = serve(lines(*[json.dumps(said)] * 2))
    with pytest.raises(ChainExhaustedError, match="no events of a chat completion") as told:
        call(router_of(server), way)
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]


SAID = [delta("fi", usage=None), delta("ne", usage=None)]
SPACED = {
    "no blank line at the end": "".join([SAID[0], delta("ne", "stop")]).rstrip(),
    "one line break at the end": "".join([SAID[0], delta("ne", "stop")])[:-1],
    "done without a blank line": "".join([*SAID, event({**ANSWER, "choices": []}), DONE]).rstrip(),
    "no blank lines": "".join([SAID[0], delta("ne", "stop"), DONE]).replace("\n\n", "\n"),
    "no blank lines, no finish reason": "".join(
        [*SAID, event({**ANSWER, "choices": []}), DONE]
    ).replace("\n\n", "\n"),
    "on several lines": SAID[0] + delta("ne", "stop").replace(', "', ',\ndata: "') + DONE,
}


@STREAMS
@pytest.mark.parametrize("body", SPACED.values(), ids=SPACED)
def test_events_end_where_their_json_does(serve, way, body):
    """Servers leave out the blank line after the last event, or after each.

    By the standard an event without one is none: finish reason and usage were lost with it.
    """
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    server = serve(head + b"Content-Length: %d\r\n\r\n" % len(body) + body.encode())
    answer = call(router_of(server), way)
    assert (answer.text, answer.response_metadata["smartroute"]["cost"]) == ("fine", "0.000020")


@STREAMS
@pytest.mark.parametrize("end", ["", "\n"])
def test_half_an_event_at_the_end_is_none(serve, way, end):
    body = SAID[0] + delta("ne", "stop")[:60] + end
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    server = serve(head + b"Content-Length: %d\r\n\r\n" % len(body) + body.encode())
    with pytest.raises(StreamInterruptedError, match="without a finish reason"):
        call(router_of(server), way)


UNREADABLE_EVENTS = {
    "no JSON": b"{oops",
    "half a letter": b'{"choices": [{"index": 0, "delta": {"content": "\xff"}}]}',
    "no choices": b'{"choices": "x", "delta": 1}',
    "no choice": b'{"choices": [7], "delta": 1}',
    "an odd tier": delta("fine", "stop", service_tier={"a": 1}).strip().encode()[6:],
}


@STREAMS
@pytest.mark.parametrize("data", UNREADABLE_EVENTS.values(), ids=UNREADABLE_EVENTS)
@pytest.mark.parametrize("first", [b"", delta("", usage=None).encode()], ids=["first", "second"])
def test_the_cost_of_a_stream_that_cannot_be_read_is_unknown(serve, way, data, first):
    """It counted as free, where a plain answer that cannot be read did not."""
    body = first + b"data: " + data + b"\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    server = serve(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    records = MemoryLedger()
    with pytest.raises(ChainExhaustedError) as told:
        call(router_of(server, ledger=records), way)
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]
    assert all(record.usage.estimated for record in records.records())
