"""Servers that stream also what was asked for in one piece: the stream is put together."""

from __future__ import annotations

import asyncio
import json

import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from scripted import ANSWER, USAGE, call, delta, router_of, streamed
from ways import ainvoked, invoked

from langchain_smartroute import ChainExhaustedError, SmartRouterRunnable

DONE = "data: [DONE]\n\n"
WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke"])


def part(end=None, *, usage=None, **message):
    choice = {"index": 0, "delta": message, "finish_reason": end}
    chunk = {**ANSWER, "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"


@WAYS
@pytest.mark.parametrize(
    "kind", [b"text/event-stream", b"text/plain", b"application/octet-stream"], ids=bytes.decode
)
def test_a_streamed_answer_is_an_answer(serve, way, kind):
    """It was billed and thrown away: "Expected a dict or openai.BaseModel, got str"."""
    parts = [
        ": alive\n\n",
        part(role="assistant", content=""),
        part(reasoning_content="h"),
        part(reasoning_content="m"),
        part(content="fi"),
        part("stop", content="ne"),
        f"data: {json.dumps({**ANSWER, 'choices': []})}\n\n",
        DONE,
    ]
    server = serve(streamed(*parts).replace(b"text/event-stream", kind))
    answer = call(router_of(server), way)
    told = answer.response_metadata
    assert (answer.text, answer.additional_kwargs["reasoning_content"]) == ("fine", "hm")
    assert (told["finish_reason"], told["model_name"]) == ("stop", "theirs")
    assert told["smartroute"]["cost"] == "0.000020"


@WAYS
@pytest.mark.parametrize("charset", ["gbk", "utf-16", "latin-1"])
def test_json_by_another_name_is_read_in_its_own_letters(serve, way, charset):
    text = "fine, José" if charset == "latin-1" else "很好"
    choice = {**ANSWER["choices"][0], "message": {"role": "assistant", "content": text}}
    body = json.dumps({**ANSWER, "choices": [choice]}, ensure_ascii=False).encode(charset)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset={charset}\r\n"
    server = serve(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    assert call(router_of(server), way).text == text


@WAYS
def test_its_tool_calls_are_put_together(serve, way):
    first = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f"}}
    first["function"]["arguments"] = '{"a":'
    rest = {"index": 0, "function": {"arguments": " 1}"}}
    second = {"index": 1, "id": "c2", "type": "function", "function": {"name": "g"}}
    parts = [part(tool_calls=[first]), part(tool_calls=[rest]), part(tool_calls=[second])]
    server = serve(streamed(*parts, part("tool_calls", usage=USAGE), DONE))
    answer = call(router_of(server), way)
    assert [(c["name"], c["args"], c["id"]) for c in answer.tool_calls] == [
        ("f", {"a": 1}, "c1"),
        ("g", {}, "c2"),
    ]


@WAYS
def test_without_a_finish_reason_it_is_whole_if_it_is_done(serve, way):
    parts = [delta("fi", usage=None), delta("ne")]
    assert call(router_of(serve(streamed(*parts, DONE))), way).text == "fine"
    with pytest.raises(ChainExhaustedError, match="without a finish reason") as told:
        call(router_of(serve(streamed(*parts))), way)
    assert [str(attempt.cost_usd) for attempt in told.value.attempts] == ["0.000020"] * 2


@WAYS
def test_an_error_in_it_is_an_error(serve, way):
    error = f"data: {json.dumps({'error': {'message': 'boom'}})}\n\n"
    half = delta("half of it", usage=None)
    for parts, cost in (([error], "0"), ([half, error, DONE], "None")):
        with pytest.raises(ChainExhaustedError, match="boom") as told:
            call(router_of(serve(streamed(*parts))), way)
        assert {str(attempt.cost_usd) for attempt in told.value.attempts} == {cost}


@WAYS
@pytest.mark.parametrize("text", ["data: oops\n\n", "data: 7\n\n", "", "I am fine"])
def test_what_is_no_stream_of_a_completion_is_none(serve, way, text):
    with pytest.raises(ChainExhaustedError) as told:
        call(router_of(serve(streamed(text))), way)
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]


class Found(BaseModel):
    """What is looked for."""

    a: int


OBJECT = [part(role="assistant", content=""), part(content='{"a"'), part("stop", content=": 1}")]
COUNTED = {**ANSWER, "object": "chat.completion.chunk", "choices": []}
END = [f"data: {json.dumps(COUNTED)}\n\n", DONE]
RUNS = {"invoke": invoked, "ainvoke": ainvoked}
FORMS = pytest.mark.parametrize(
    "form",
    [
        (method, schema)
        for method in ("json_schema", "json_mode")
        for schema in (Found, Found.model_json_schema())
    ],
    ids=["schema, class", "schema, dict", "mode, class", "mode, dict"],
)
TRANSPORTS = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
KINDS = pytest.mark.parametrize("kind", [b"text/event-stream", b"text/plain"], ids=bytes.decode)


def brought_router(server):
    models = {
        name: ChatOpenAI(model=name, base_url=server.url, api_key="none") for name in ("one", "two")
    }
    return SmartRouterRunnable.from_models(models, default="one")


@WAYS
@TRANSPORTS
@KINDS
@FORMS
def test_an_object_is_put_together(serve, way, transport, kind, form):
    """The client of `openai`, which sends these calls itself, made a text of it."""
    server = serve(streamed(*OBJECT, *END).replace(b"text/event-stream", kind))
    router = router_of(server, transport=transport)
    structured = router.with_structured_output(*form[1:], method=form[0], include_raw=True)
    found = asyncio.run(RUNS[way](structured, "In JSON, please", None))
    assert found["parsed"] in (Found(a=1), {"a": 1})
    assert found["raw"].response_metadata["smartroute"]["cost"] == "0.000020"
    assert server.asked == 1


@WAYS
@pytest.mark.parametrize("method", [None, "json_schema", "json_mode", "function_calling"])
def test_models_of_ones_own_read_it_too(serve, way, method):
    call_of_it = {"index": 0, "id": "c1", "type": "function"}
    call_of_it["function"] = {"name": "Found", "arguments": '{"a": 1}'}
    parts = (
        [part("tool_calls", tool_calls=[call_of_it])] if method == "function_calling" else OBJECT
    )
    router = brought_router(serve(streamed(*parts, *END)))
    runnable = router.with_structured_output(Found, method=method) if method else router
    answer = asyncio.run(RUNS[way](runnable, "In JSON, please", None))
    assert answer == Found(a=1) if method else answer.text == '{"a": 1}'


@WAYS
@pytest.mark.parametrize(("method", "half"), [("json_schema", "None"), ("json_mode", "0.000063")])
def test_an_error_or_half_of_an_object_is_none(serve, way, method, half):
    """Half of it costs what it is estimated at, where the reader of it keeps its words."""
    error = f"data: {json.dumps({'error': {'message': 'boom'}})}\n\n"
    for parts, words, cost in (([error], "boom", "0"), (OBJECT[:-1], "validation error", half)):
        router = router_of(serve(streamed(*parts)))
        structured = router.with_structured_output(Found, method=method)
        with pytest.raises(ChainExhaustedError, match=words) as told:
            asyncio.run(RUNS[way](structured, "In JSON, please", None))
        assert [str(attempt.cost_usd) for attempt in told.value.attempts] == [cost] * 2
