"""Errors with status 200 mean the same in every form, and to every method of calling.

Gateways send them where an answer has begun, or where they forward another server's.
"""

from __future__ import annotations

import asyncio
import gzip
import json

import openai
import pytest
from scripted import ANSWER, SAID, call, delta, plain, router_of, streamed
from ways import ainvoked, astreamed, invoked
from ways import streamed as streamed_whole

from langchain_smartroute import (
    ChainExhaustedError,
    MemoryLedger,
    StreamInterruptedError,
)
from langchain_smartroute.execution import unpacking

FORMS = {
    "vLLM": {"object": "error", "message": "boom", "type": "InternalServerError", "code": 500},
    "OpenAI": {"error": {"message": "boom", "type": "server_error", "code": 500}},
    "a text": {"error": "boom"},
    "a list": {"errors": [{"message": "boom"}]},
    "one-api": {"success": False, "message": "boom"},
    "code and msg": {"code": 1001, "msg": "boom"},
    "FastAPI": {"detail": "boom"},
    "Bedrock": {"Output": {"__type": "com.amazon.coral.service#boom"}, "Version": "1.0"},
    "AWS": {"__type": "ThrottlingException", "Message": "boom"},
    "API Gateway": {"Message": "boom"},
    "MiniMax": {"base_resp": {"status_code": 1008, "status_msg": "boom"}, "choices": None},
}
WAYS = {"invoke": invoked, "ainvoke": ainvoked, "stream": streamed_whole, "astream": astreamed}
DONE = "data: [DONE]\n\n"
SCHEMA = {"title": "Found", "description": "x", "type": "object", "properties": {}}
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])


def event(data):
    return f"data: {json.dumps(data)}\n\n"


@STREAMS
@EVERY_FORM
def test_half_an_answer_is_not_whole_because_its_error_has_another_form(serve, way, form):
    """Half an answer, vLLM's error and `[DONE]` were an accepted answer."""
    server = serve(streamed(delta("half of it"), event(form), DONE))
    with pytest.raises(StreamInterruptedError, match="boom"):
        call(router_of(server), way)


@STREAMS
@EVERY_FORM
@pytest.mark.parametrize("end", ["", "\n\n", f"\n\n{DONE}"], ids=["end", "blank", "done"])
def test_an_error_on_a_line_of_its_own_is_none_of_an_answers_events(serve, way, form, end):
    """Gateways write it into the stream as it is; what came before it was an answer."""
    server = serve(streamed(delta("half of it"), json.dumps(form) + end))
    with pytest.raises(StreamInterruptedError, match="boom"):
        call(router_of(server), way)


@EVERY_WAY
@EVERY_FORM
def test_the_message_of_an_error_is_told(serve, way, form):
    """The error said that `choices` are null, or that no chunks were returned."""
    answers = [plain(form)]
    if "stream" in way:
        answers.append(streamed(event(form), DONE))
    for sent in answers:
        with pytest.raises(ChainExhaustedError, match="boom") as told:
            call(router_of(serve(sent), breaker=None), way)
        assert {attempt.message for attempt in told.value.attempts} == {"boom"}


@EVERY_WAY
@pytest.mark.parametrize("is_event", [False, True], ids=["plain", "event"])
def test_a_refusal_by_a_content_filter_goes_to_nobody_else(serve, way, is_event):
    """With status 200 `invoke` sent the refused prompt to the next provider; `stream` did not."""
    refused = {"error": {"message": "not this", "code": "content_filter"}}
    is_event = is_event and "stream" in way
    server = serve(streamed(event(refused), DONE) if is_event else plain(refused))
    with pytest.raises(Exception, match="not this"):
        call(router_of(server), way)
    assert server.asked == 1


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
@EVERY_WAY
@EVERY_FORM
def test_structured_calls_tell_it_too(serve, way, form, method):
    """Their answers are read by the objects of `openai`'s client."""
    sent = streamed(event(form), DONE) if "stream" in way else plain(form)
    router = router_of(serve(sent), breaker=None)
    structured = router.with_structured_output(SCHEMA, method=method)
    with pytest.raises(ChainExhaustedError, match="boom"):
        asyncio.run(WAYS[way](structured, "Hello, in JSON", None))


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_an_answer_beside_an_error_costs_what_it_says(serve, way):
    """A provider that counts tokens has billed them."""
    ledger = MemoryLedger()
    router = router_of(serve(plain({**ANSWER, "error": {"message": "boom"}})), ledger=ledger)
    with pytest.raises(ChainExhaustedError, match="boom"):
        call(router, way)
    assert {str(record.cost_usd) for record in ledger.records()} == {"0.000020"}


@STREAMS
@pytest.mark.parametrize(
    "beside", [{"type": "ping"}, {"type": "status", "message": "second in the queue"}, {"id": "a"}]
)
def test_events_of_other_types_break_no_stream(serve, way, beside):
    """Some gateways tell the place in their queue."""
    server = serve(streamed(event(beside), delta("fine"), event(beside), delta("", "stop"), DONE))
    assert call(router_of(server), way).text == "fine"


@STREAMS
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("ends", [True, False])
def test_a_server_that_does_not_stream_answers_streams(serve, way, indent, ends):
    """Its answer was billed and thrown away: no chunks were returned."""
    calls = [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    ] * 2
    choice = {"index": 0, "message": {**SAID, "tool_calls": calls}}
    choice |= {"finish_reason": "tool_calls"} if ends else {}
    body = json.dumps({**ANSWER, "choices": [choice]}, indent=indent).encode()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    server = serve(start + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = call(router_of(server), way)
    assert answer.text == "fine"
    assert [found["args"] for found in answer.tool_calls] == [{"a": 1}] * 2
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@STREAMS
def test_a_byte_order_mark_loses_no_part_of_an_answer(serve, way):
    """The first event of a stream that begins with one was ignored."""
    server = serve(streamed("\ufeff", delta("fi"), delta("ne", "stop"), DONE))
    assert call(router_of(server), way).text == "fine"


@EVERY_WAY
@pytest.mark.parametrize(
    ("encoding", "said"),
    [("br", "'br', .*install brotli"), ("gzip, rot13", "'rot13'"), ("gzip", "decompress")],
)
def test_an_encoding_that_cannot_be_read_is_named(serve, way, encoding, said, monkeypatch):
    """The error was `'utf-8' codec can't decode byte 0x80`, and the answer counted as free."""
    monkeypatch.setattr(unpacking, "_READABLE", unpacking._READABLE - {"br"})
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 4\r\n\r\n"
    server = serve(head.encode() + b"\x0b\x02\x80h")
    with pytest.raises(ChainExhaustedError, match=said) as told:
        call(router_of(server), way)
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]


@EVERY_WAY
def test_gzip_has_two_names(serve, way):
    """RFC 9110 wants `x-gzip` to be read as `gzip`."""
    sent = streamed(delta("fine", "stop"), DONE) if "stream" in way else plain()
    body = gzip.compress(sent.partition(b"\r\n\r\n")[2])
    kind = b"event-stream" if "stream" in way else b"json"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/%s\r\nContent-Encoding: X-Gzip\r\n" % kind
    server = serve(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert call(router_of(server), way).text == "fine"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_the_status_of_an_error_counts_however_it_is_packed(serve, way):
    head = b"HTTP/1.1 401 No\r\nContent-Encoding: rot13\r\nContent-Length: 1\r\n\r\nx"
    with pytest.raises(openai.AuthenticationError):
        call(router_of(serve(head)), way)


@STREAMS
@pytest.mark.parametrize(
    "last", [{"delta": None}, {}, {"delta": []}], ids=["null", "left out", "PHP's"]
)
def test_an_end_without_a_delta_is_an_end(serve, way, last):
    """Its finish reason and usage were lost, so that a text cut by its length looked whole."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    end = {**ANSWER, "choices": [{"index": 0, "finish_reason": "length", **last}], "usage": usage}
    server = serve(streamed(delta("fine", usage=None), event(end), DONE))
    answer = call(router_of(server, checks=[]), way)
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@EVERY_WAY
def test_arguments_of_a_call_may_be_an_object(serve, way):
    """OpenAI sends them as a text; with a server that sends an object every call failed."""
    called = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": "ü"}}}
    said = {"role": "assistant", "content": None, "tool_calls": [called]}
    whole = {"index": 0, "finish_reason": "tool_calls", "message": said}
    part = {"index": 0, "finish_reason": "tool_calls"}
    part["delta"] = {**said, "tool_calls": [{"index": 0, **called}]}
    answers = plain({**ANSWER, "choices": [whole]})
    events = streamed(event({**ANSWER, "choices": [part]}), DONE)
    answer = call(router_of(serve(events if "stream" in way else answers)), way)
    assert [found["args"] for found in answer.tool_calls] == [{"x": "ü"}]


@EVERY_WAY
@pytest.mark.parametrize("status", [b"500 Internal Server Error", b"200 OK"])
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_a_key_that_a_server_repeats_is_not_told(serve, way, status, transport):
    """Gateways quote the header that their own provider refused; it came into traces by ours."""
    key = "a-key-of-ours-1234"
    body = json.dumps({"error": {"message": f"no such key: {key}!", "code": 500}}).encode()
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    server = serve(head % (status, len(body)) + body)
    router = router_of(server, api_key=key, transport=transport)
    with pytest.raises(ChainExhaustedError) as caught:
        call(router, way)
    assert "no such key: [key]!" in str(caught.value)
    assert "no such key: [key]!" in caught.value.attempts[0].message
    assert key not in f"{caught.value}{caught.value.attempts}"


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("encoding", [b"utf-8", b"none", b"aws-chunked", b""])
def test_an_encoding_that_packs_nothing_is_ignored(serve, way, encoding):
    """Servers confuse it with the character set; such answers were refused as not unpackable."""
    sent = streamed(delta("fine", "stop"), "data: [DONE]\n\n") if "stream" in way else plain()
    head, _, body = sent.partition(b"\r\n")
    server = serve(b"%s\r\nContent-Encoding: %s\r\n%s" % (head, encoding, body))
    assert call(router_of(server), way).text == "fine"
