"""Requests and answers without the client's objects: the same as with them.

Each answer is read by two models of the same class, one of which calls through the
client's own chat completions, as `ChatOpenAI` does.
"""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.tools import tool
from pydantic import SecretStr

from langchain_smartroute.catalog import ModelSpec
from langchain_smartroute.execution import Endpoint, ModelSettings, build_model

PROMPT = "hi"
KIND = "application/json"


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return city


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((json.loads(body), self.headers))
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.asked, made.body, made.kind = [], b"", KIND
    thread = threading.Thread(target=made.serve_forever, args=[0.02])
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


OPTIONS = {"extra_headers", "extra_query", "extra_body", "timeout"}
"""What a call may say beside its body."""


@pytest.fixture(scope="module")
def models(server):
    """One that calls as the router's models do, and one that calls as `ChatOpenAI` does."""

    kept = []

    def built(loop=None, **extra):
        # Those for blocking calls are the same for every answer.
        if loop is None and not extra:
            kept[:] = kept or made()
            return kept
        return made(loop, **extra)

    def made(loop=None, **extra):
        spec = ModelSpec(alias="a", model="m", provider="other")
        at = Endpoint(
            base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key=SecretStr("key")
        )
        lean, stock = (
            build_model(spec, at, ModelSettings(extra=extra), loop=loop) for _ in range(2)
        )
        stock.client = stock.root_client.chat.completions
        stock.async_client = stock.root_async_client.chat.completions
        assert type(lean.client) is not type(stock.client)
        return lean, stock

    return built


def shown(piece):
    dumped = piece.model_dump()
    # LangChain makes up an id where the server sends none.
    if str(dumped.get("id", "")).startswith(("run-", "lc_run-")):
        dumped.pop("id")
    return dumped


def called(model, way, **arguments):
    """What a call gives, or how it fails."""

    async def streamed():
        return [shown(chunk) async for chunk in model.astream(PROMPT, **arguments)]

    async def whole():
        return shown(await model.ainvoke(PROMPT, **arguments))

    try:
        if way == "invoke":
            return shown(model.invoke(PROMPT, **arguments))
        if way == "stream":
            return [shown(chunk) for chunk in model.stream(PROMPT, **arguments)]
        return asyncio.run(streamed() if way == "astream" else whole())
    except Exception as error:  # noqa: BLE001 - which one is what is compared
        return type(error), str(error)


def both(server, models, way, **arguments):
    before = len(server.asked)
    if way.startswith("a"):

        async def asking():
            loop = asyncio.get_running_loop()
            found = []
            for model in models(loop):
                if way == "ainvoke":
                    found.append(await _tried(model.ainvoke(PROMPT, **arguments)))
                else:
                    found.append(await _tried(_all(model.astream(PROMPT, **arguments))))
            return found

        lean, stock = asyncio.run(asking())
    else:
        lean, stock = (called(model, way, **arguments) for model in models())
    assert lean == stock
    assert len(server.asked) == before + 2
    (asked, headers), (same, same_headers) = server.asked[-2:]
    assert asked == same
    if arguments.keys() & OPTIONS:
        # A call with options of its own goes the client's way, as `ChatOpenAI`'s do.
        assert headers.items() == same_headers.items()
    else:
        assert sorted(headers.items()) == sorted(
            (name, value)
            for name, value in same_headers.items()
            if not name.lower().startswith("x-stainless-")
        )
    return lean


async def _all(stream):
    return [chunk async for chunk in stream]


async def _tried(asking):
    try:
        found = await asking
    except Exception as error:  # noqa: BLE001 - as above
        return type(error), str(error)
    return [shown(chunk) for chunk in found] if isinstance(found, list) else shown(found)


# ---- what servers say -------------------------------------------------------------------

texts = st.text(max_size=8)
counts = st.integers(min_value=0, max_value=9)


def some(**fields):
    """Dictionaries with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def given_fields(optional, **always):
    return st.fixed_dictionaries(always, optional=optional)


def or_nothing(values):
    return st.one_of(st.none(), values)


def mostly(values):
    """Nothing or something that no server should send is rare, or nothing else would be seen."""
    return st.integers(0, 9).flatmap(lambda n: or_nothing(st.just([])) if n == 0 else values)


details = or_nothing(
    some(
        cached_tokens=or_nothing(counts),
        reasoning_tokens=or_nothing(counts),
        audio_tokens=or_nothing(counts),
        new_tokens=counts,
    )
)
usages = or_nothing(
    some(
        prompt_tokens=or_nothing(counts),
        completion_tokens=counts,
        total_tokens=counts,
        prompt_tokens_details=details,
        completion_tokens_details=details,
        prompt_cache_hit_tokens=counts,
    )
)
logprobs = or_nothing(
    some(
        content=or_nothing(
            st.lists(some(token=texts, logprob=st.just(-0.5), top_logprobs=st.just([])), max_size=2)
        )
    )
)
functions = some(name=or_nothing(texts), arguments=or_nothing(st.sampled_from(['{"a": 1}', "{"])))
calls = or_nothing(
    st.lists(
        some(
            index=counts,
            id=or_nothing(texts),
            type=st.just("function"),
            function=or_nothing(functions),
        ),
        max_size=2,
    )
)
messages = {
    "content": or_nothing(texts),
    "refusal": or_nothing(texts),
    "reasoning_content": or_nothing(texts),
    "reasoning": or_nothing(texts),
    "function_call": or_nothing(functions),
    "tool_calls": calls,
    "annotations": st.just([]),
    "parsed": or_nothing(st.just({"a": 1})),
    "audio": or_nothing(some(id=texts, data=texts)),
}
roles = st.sampled_from([*["assistant"] * 9, "user", "tool", None])
reasons = or_nothing(st.sampled_from(["stop", "length", "tool_calls", "other"]))
heads = {
    "id": or_nothing(texts),
    "model": or_nothing(texts),
    "object": texts,
    "created": counts,
    "system_fingerprint": or_nothing(texts),
    "service_tier": or_nothing(st.sampled_from(["default", "flex", "odd"])),
    "usage": usages,
    "error": st.sampled_from([*[None] * 9, {"message": "no"}]),
    "anything": st.just({"else": [1]}),
}
answers = given_fields(
    heads,
    choices=mostly(
        st.lists(
            given_fields(
                {"index": counts, "finish_reason": reasons, "logprobs": logprobs},
                # Another role is read as the assistant's, where the client's objects fail.
                message=mostly(
                    st.fixed_dictionaries({"role": st.just("assistant")}, optional=messages)
                ),
            ),
            max_size=2,
        )
    ),
)
chunks = given_fields(
    heads,
    choices=mostly(
        st.lists(
            given_fields(
                {"index": counts, "finish_reason": reasons, "logprobs": logprobs},
                # A list is read as an empty delta, where the client's objects warn and fail.
                delta=or_nothing(some(role=roles, **messages)),
            ),
            max_size=2,
        )
    ),
)
MANY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def plain(**message):
    return {
        "id": "1",
        "model": "m",
        "choices": [{"message": {"role": "assistant", "content": "ok", **message}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    }


@MANY
@given(answer=answers)
def test_any_answer_is_read_the_same(server, models, answer):
    server.body, server.kind = json.dumps(answer).encode(), KIND
    both(server, models, "invoke")


def events(*data):
    return "".join(f"data: {one}\n\n" for one in (*data, "[DONE]")).encode()


@MANY
@given(sent=st.lists(chunks, max_size=4))
def test_any_stream_is_read_the_same(server, models, sent):
    server.body, server.kind = events(*map(json.dumps, sent)), "text/event-stream"
    both(server, models, "stream")


WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
ODD = {
    "no JSON": (b"<html>", "text/html"),
    "JSON that is not said to be": (json.dumps(plain()).encode(), "text/plain"),
    "broken JSON": (b'{"choices": [', KIND),
    "a list": (b"[1]", KIND),
    "nothing": (b"null", KIND),
    "a number": (b"7", KIND),
    "events": (events("7", "[]", "null", '"x"', json.dumps({"choices": []})), "text/event-stream"),
    "an error": (events(json.dumps({"error": {"message": "busy"}})), "text/event-stream"),
    "a broken event": (events('{"choices": ['), "text/event-stream"),
    "an answer": (json.dumps(plain(tool_calls=None)).encode(), KIND),
}


@WAYS
@pytest.mark.parametrize("odd", ODD)
def test_whatever_comes_is_read_the_same_in_every_way(server, models, way, odd):
    if odd == "no JSON" and "stream" not in way and openai.VERSION.startswith("2."):
        pytest.skip("version 2 of openai calls what is said of a web page a connection error")
    server.body, server.kind = ODD[odd]
    both(server, models, way)


@WAYS
def test_requests_are_the_same_with_all_that_a_call_may_say(server, models, way):
    server.body, server.kind = ODD["events" if "stream" in way else "an answer"]
    both(
        server,
        models,
        way,
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        temperature=0.5,
        stop=["x"],
        logit_bias={"1": 2},
        extra_headers={"X-Mine": "yes"},
        extra_query={"q": "1"},
        extra_body={"top_k": 4},
        timeout=7,
        user=None,
    )
    asked, headers = server.asked[-1]
    assert (asked["top_k"], headers["X-Mine"]) == (4, "yes")
    assert headers["Authorization"] == "Bearer key"
    assert asked["user"] is None


def test_a_time_out_of_none_is_none(server, models):
    server.body, server.kind = ODD["an answer"]
    both(server, models, "invoke", timeout=None)
    assert "x-stainless-read-timeout" not in server.asked[-1][1]


def test_log_probabilities_and_headers_come_through(server, models):
    answer = plain()
    answer["choices"][0]["logprobs"] = {"content": [{"token": "ok", "logprob": -0.1}]}
    server.body, server.kind = json.dumps(answer).encode(), KIND
    for model in models(include_response_headers=True):
        found = model.invoke(PROMPT)
        assert found.response_metadata["logprobs"]["content"][0]["logprob"] == -0.1
        assert found.response_metadata["headers"]["content-type"] == KIND
