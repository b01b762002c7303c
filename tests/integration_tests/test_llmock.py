"""Faults of a server that this project did not write: `llmock`, in a process of its own.

Two models are served by it, `first` and `second`; the router asks them in that order.
What reached which of them is read from the server's own journal.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from langchain_core.exceptions import ModelRateLimitError
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.tools import tool

from langchain_smartroute import (
    ChainExhaustedError,
    ModelSpec,
    SmartRouterRunnable,
    StreamInterruptedError,
)

COMMAND = (sys.executable, "-c", "from llmock.cli import app; app()")
WORDS = [f"word{number}" for number in range(40)]
TEXT = " ".join(WORDS)
CHUNKS_BEFORE = 12
STALL_S = 20.0
WAYS = ["invoke", "ainvoke", "stream", "astream"]
FIRST = {"model": "first"}


@dataclass
class Llmock:
    """The server: its address, its scenario and its journal."""

    address: str

    @property
    def base_url(self):
        return f"{self.address}/v1"

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.address}/_llmock/{path}", data=data, method=method)  # noqa: S310 - http
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def play(self, *behaviors):
        """Queue behaviours; each is permanent unless it says otherwise."""
        self.control("POST", "scenario", {"behaviors": [{"times": None, **b} for b in behaviors]})

    def served(self):
        """The models that were asked, in order."""
        return [record["model"] for record in self.records()]

    def records(self):
        return self.control("GET", "requests")["requests"]


@pytest.fixture(scope="module")
def running():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["serve", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL) as process:  # noqa: S603 - its own command
        server = Llmock(f"http://127.0.0.1:{port}")
        try:
            _wait_until_ready(server, process)
            # What is imported and built at a first call is no part of any limit below.
            router_of(server, timeout_s=60).invoke("Hello")
            yield server
        finally:
            process.kill()


def _wait_until_ready(server, process):
    deadline = time.monotonic() + 60
    while True:
        try:
            server.control("GET", "scenario")
        except URLError:
            assert process.poll() is None, "llmock has ended"
            assert time.monotonic() < deadline, "llmock does not answer"
            time.sleep(0.1)
        else:
            return


@pytest.fixture
def llmock_server(running):
    """The server without any fault, with the same answer to every request."""
    running.control("POST", "reset")
    running.play({"type": "reply", "text": TEXT})
    return running


def router_of(server, **settings):
    limits = {"first_token_timeout_s": 1.5, "idle_timeout_s": 0.7, "timeout_s": 2.0}
    return SmartRouterRunnable.from_models(
        {
            "first": ModelSpec(alias="first", context_window=10_000),
            "second": ModelSpec(alias="second", context_window=20_000),
        },
        fallbacks={"first": ["second"]},
        base_url=server.base_url,
        api_key="made-up",
        **{**limits, **settings},
    )


async def answer_of(runnable, way, request="Say the words"):
    if way == "invoke":
        return runnable.invoke(request)
    if way == "ainvoke":
        return await runnable.ainvoke(request)
    if way == "stream":
        return add_ai_message_chunks(*runnable.stream(request))
    return add_ai_message_chunks(*[chunk async for chunk in runnable.astream(request)])


def attempts_of(answer):
    """Model and outcome of each attempt, as the answer tells them."""
    attempts = answer.response_metadata["smartroute"]["attempts"]
    return [(attempt["model"], attempt["outcome"]) for attempt in attempts]


async def shown_by(runnable, way):
    """What a stream shows, its attempts, and the error that ends it."""
    chunks, error = [], None
    try:
        if way == "stream":
            for chunk in runnable.stream("Say the words"):
                chunks.append(chunk)  # noqa: PERF402 - they are kept up to an error
        else:
            async for chunk in runnable.astream("Say the words"):
                chunks.append(chunk)  # noqa: PERF401 - as above
    except StreamInterruptedError as raised:
        error = raised
    attempts = None if error else attempts_of(add_ai_message_chunks(*chunks))
    text = "".join(chunk.text for chunk in chunks)
    return SimpleNamespace(text=text, error=error, attempts=attempts)


@pytest.mark.parametrize("way", WAYS)
async def test_without_a_fault_the_first_model_answers(llmock_server, way):
    answer = await answer_of(router_of(llmock_server), way)
    assert answer.text == TEXT
    assert answer.usage_metadata["output_tokens"] > 0
    assert llmock_server.served() == ["first"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_short_retry_after_is_waited_for_and_the_same_model_answers(llmock_server, way):
    limited = {"type": "fail", "status": 429, "retry_after": 1.2, "times": 1, "match": FIRST}
    llmock_server.play(limited)
    answer = await answer_of(router_of(llmock_server), way)
    assert answer.text == TEXT
    refused, answered = llmock_server.records()
    assert [refused["status"], answered["status"]] == [429, 200]
    assert [refused["model"], answered["model"]] == ["first", "first"]
    assert answered["started_at"] - refused["ended_at"] >= 1.15
    # The server's own opinion of its client.
    assert llmock_server.control("GET", "verdict")["passed"] is True


@pytest.mark.parametrize("way", WAYS)
async def test_a_long_retry_after_is_no_wait_but_a_refusal(llmock_server, way):
    limited = {"type": "fail", "status": 429, "retry_after": 60, "match": FIRST}
    llmock_server.play(limited)
    started = time.monotonic()
    answer = await answer_of(router_of(llmock_server), way)
    assert answer.text == TEXT
    assert llmock_server.served() == ["first", "second"]
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("way", WAYS)
async def test_where_all_are_limited_the_error_says_so(llmock_server, way):
    llmock_server.play({"type": "fail", "status": 429, "retry_after": 60})
    with pytest.raises(ModelRateLimitError) as caught:
        await answer_of(router_of(llmock_server), way)
    assert {(a.model, a.status) for a in caught.value.attempts} == {("first", 429), ("second", 429)}
    assert len(llmock_server.served()) == len(caught.value.attempts) <= 6


@pytest.mark.parametrize("status", [500, 502])
@pytest.mark.parametrize("way", WAYS)
async def test_a_server_error_that_passes_is_retried_on_the_same_model(llmock_server, way, status):
    llmock_server.play({"type": "fail", "status": status, "times": 1, "match": FIRST})
    assert (await answer_of(router_of(llmock_server), way)).text == TEXT
    assert llmock_server.served() == ["first", "first"]


@pytest.mark.parametrize(
    ("status", "tries"), [(500, 2), (502, 2), (503, 1), (504, 1), (408, 1), (529, 1)]
)
@pytest.mark.parametrize("way", WAYS)
async def test_a_server_error_that_stays_is_routed_around(llmock_server, way, status, tries):
    broken = {"type": "fail", "status": status, "retry_after": 60, "match": FIRST}
    llmock_server.play(broken)
    answer = await answer_of(router_of(llmock_server), way)
    assert answer.text == TEXT
    assert answer.response_metadata["smartroute"]["model"] == "second"
    assert llmock_server.served() == ["first"] * tries + ["second"]


def stream_fault(kind, *, after=CHUNKS_BEFORE, **match):
    fault = {"type": "stream_fault", "kind": kind, "after_chunks": after, "match": match}
    return {**fault, "stall_seconds": STALL_S} if kind == "stall" else fault


STREAM_FAULTS = ["truncate", "stall", "malformed", "disconnect"]


@pytest.mark.parametrize("kind", STREAM_FAULTS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_broken_stream_is_replaced_whole_where_nothing_was_shown(llmock_server, way, kind):
    """`invoke` and `ainvoke` stream below, so that the fault strikes them too."""
    llmock_server.play(stream_fault(kind, **FIRST))
    router = router_of(llmock_server, stream_policy="buffer", streaming=True)
    started = time.monotonic()
    answer = await answer_of(router, way)
    assert time.monotonic() - started < STALL_S / 2
    assert answer.text == TEXT
    assert attempts_of(answer) == [("first", "failed"), ("second", "accepted")]
    if kind != "stall":  # The journal would wait for what is still stalled.
        broken, whole = llmock_server.records()
        assert broken["fault"] == f"stream:{kind}@{CHUNKS_BEFORE}"
        assert (broken["model"], whole["model"]) == ("first", "second")


@pytest.mark.parametrize("kind", STREAM_FAULTS)
@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_a_stream_that_breaks_after_it_was_shown_says_what_was_shown(
    llmock_server, way, kind
):
    llmock_server.play(stream_fault(kind, **FIRST))
    seen = await shown_by(router_of(llmock_server, stream_policy="first_token"), way)
    assert isinstance(seen.error, StreamInterruptedError)
    assert seen.error.partial.text == seen.text
    assert TEXT.startswith(seen.text)
    assert 0 < len(seen.text) < len(TEXT)
    assert [attempt.model for attempt in seen.error.attempts] == ["first"]


@pytest.mark.parametrize("kind", STREAM_FAULTS)
@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_a_stream_that_breaks_before_its_first_token_is_replaced(llmock_server, way, kind):
    llmock_server.play(stream_fault(kind, after=1, **FIRST))
    seen = await shown_by(router_of(llmock_server, stream_policy="first_token"), way)
    assert (seen.text, seen.error) == (TEXT, None)
    assert seen.attempts == [("first", "failed"), ("second", "accepted")]


@pytest.mark.parametrize("kind", [kind for kind in STREAM_FAULTS if kind != "stall"])
@pytest.mark.parametrize("way", WAYS)
async def test_where_every_stream_breaks_the_error_tells_of_both(llmock_server, way, kind):
    llmock_server.play(stream_fault(kind, after=1))
    router = router_of(llmock_server, stream_policy="buffer", streaming=True)
    with pytest.raises(ChainExhaustedError) as caught:
        await answer_of(router, way)
    assert [attempt.model for attempt in caught.value.attempts] == ["first", "second"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_held_answer_is_given_up_in_time(llmock_server, way):
    llmock_server.play({"type": "delay", "seconds": STALL_S, "match": FIRST})
    started = time.monotonic()
    answer = await answer_of(router_of(llmock_server), way)
    assert 1.4 < time.monotonic() - started < STALL_S / 2
    assert answer.text == TEXT
    assert attempts_of(answer) == [("first", "failed"), ("second", "accepted")]


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


@pytest.mark.parametrize("way", WAYS)
async def test_broken_tool_arguments_are_not_passed_on(llmock_server, way):
    llmock_server.control("POST", "reset")
    corrupted = {"type": "tool_fault", "kind": "malformed_arguments"}
    llmock_server.play({**corrupted, "match": {**FIRST, "tools": True}})
    bound = router_of(llmock_server, stream_policy="buffer").bind_tools([get_weather])
    answer = await answer_of(bound, way, "What's the weather in Paris?")
    assert answer.invalid_tool_calls == []
    (call,) = answer.tool_calls
    assert (call["name"], list(call["args"])) == ("get_weather", ["city"])
    assert attempts_of(answer) == [("first", "rejected"), ("second", "accepted")]
    assert llmock_server.served() == ["first", "second"]
