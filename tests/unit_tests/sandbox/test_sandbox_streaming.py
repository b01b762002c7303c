from __future__ import annotations

import json
import time

import httpx
import pytest

from langchain_smartroute.sandbox import SandboxModel, SandboxServer

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def deltas(chunks, key, index=0):
    choices = [c for chunk in chunks for c in chunk["choices"] if c["index"] == index]
    return [c["delta"][key] for c in choices if c["delta"].get(key) is not None]


@pytest.mark.parametrize(
    "text", ["Hello", "Explain Monty Hall", "请介绍一下自己", "Write code for fizzbuzz"]
)
def test_a_stream_is_the_plain_answer_in_pieces(client, text):
    chunks = client.chunks(text)
    assert "".join(deltas(chunks, "content")) == client.text(text)


def test_a_stream_begins_with_an_empty_role_and_ends_with_a_reason(client):
    first, *middle, last = client.chunks("Hello")
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert last["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in middle)
    assert len({chunk["id"] for chunk in (first, *middle, last)}) == 1
    assert {chunk["object"] for chunk in middle} == {"chat.completion.chunk"}


def test_usage_comes_only_when_asked_for(client):
    assert not any("usage" in chunk for chunk in client.chunks("Hello"))
    last = client.chunks("Hello", stream_options={"include_usage": True})[-1]
    assert last["choices"] == []
    assert last["usage"] == client.ask("Hello")["usage"]


def test_each_content_chunk_is_one_token(client):
    chunks = client.chunks("Hello", stream_options={"include_usage": True}, logprobs=True)
    content = deltas(chunks, "content")[1:]
    assert len(content) == chunks[-1]["usage"]["completion_tokens"]
    plain = client.ask("Hello", logprobs=True)["choices"][0]["logprobs"]["content"]
    streamed = [
        c["logprobs"]["content"][0] for chunk in chunks for c in chunk["choices"] if c["logprobs"]
    ]
    assert streamed == plain


def test_a_tool_call_is_streamed_in_pieces(client):
    chunks = client.chunks("What is the weather in Paris?", tools=[WEATHER])
    calls = [part for delta in deltas(chunks, "tool_calls") for part in delta]
    assert calls[0]["function"]["name"] == "get_weather"
    assert calls[0]["id"]
    arguments = "".join(call["function"]["arguments"] for call in calls)
    assert json.loads(arguments) == {"city": "Paris"}
    assert len(calls) > 2
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert "content" not in chunks[1]["choices"][0]["delta"]


def test_reasoning_is_streamed_first(client):
    chunks = client.chunks("What is 2 + 3?", model="thinker")
    kinds = [next(iter(chunk["choices"][0]["delta"]), "") for chunk in chunks[1:-1]]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"reasoning_content", "content"}


def test_n_choices_are_streamed(client):
    chunks = client.chunks("Hello", n=2)
    first, second = ("".join(deltas(chunks, "content", index)) for index in (0, 1))
    assert first == second == client.text("Hello")


def test_latency_and_speed_are_simulated():
    model = SandboxModel(name="slow", latency_s=0.1, tokens_per_s=100)
    body = {
        "model": "slow",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "Hello"}],
    }
    with SandboxServer(models=[model]) as server:
        began = time.monotonic()
        with httpx.stream("POST", server.base_url + "/chat/completions", json=body) as response:
            first = time.monotonic() - began
            lines = [line for line in response.iter_lines() if line]
        took = time.monotonic() - began
    tokens = json.loads(lines[-2].removeprefix("data: "))["usage"]["completion_tokens"]
    assert first >= 0.1
    assert took >= 0.1 + tokens / 100 * 0.9
