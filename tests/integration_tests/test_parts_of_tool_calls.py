"""Tool calls in streams, whose parts servers name and number in several ways."""

from __future__ import annotations

import json

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI
from scripted import ANSWER, call, router_of, streamed

from langchain_smartroute import SmartRouterRunnable

STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])
DONE = "data: [DONE]\n\n"


def event(*calls, end=None):
    choice = {"index": 0, "delta": {"tool_calls": list(calls)}, "finish_reason": end}
    usage = ANSWER["usage"] if end else None
    chunk = {**ANSWER, "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"


def part(arguments, *, name=None, identity=None, number=0):
    """A part of a call; what is `...` is left out."""
    function = {"name": name, "arguments": arguments}
    found = {"index": number, "id": identity, "type": "function", "function": function}
    found["function"] = {key: value for key, value in function.items() if value is not ...}
    return {key: value for key, value in found.items() if value is not ...}


def script(*parts):
    """A stream with one event for each part."""
    return streamed(*map(event, parts), event(end="tool_calls"), DONE)


WEATHER = {"name": "weather", "identity": "c1"}
REPEATING = {
    "both": [part('{"a":', **WEATHER), part(" 1", **WEATHER), part("}", **WEATHER)],
    "the name": [part('{"a":', **WEATHER), part(" 1}", name="weather", identity=...)],
    "the id": [part('{"a":', **WEATHER), part(" 1}", name=..., identity="c1")],
    "empty texts": [part('{"a":', **WEATHER), part(" 1}", name="", identity="")],
    "the id later": [part('{"a":', name="weather"), part(" 1}", **WEATHER)],
    "another id each time": [part('{"a":', **WEATHER), part(" 1}", name=..., identity="x")],
    "another id and the name": [
        part('{"a":', **WEATHER),
        part(" 1}", name="weather", identity="x"),
    ],
    "all in one": [part('{"a": 1}', **WEATHER)],
    "a name in two": [
        part("", name="wea", identity="c1"),
        part('{"a": 1}', name="ther", identity="c1"),
    ],
}


@STREAMS
@pytest.mark.parametrize("parts", REPEATING.values(), ids=REPEATING)
def test_what_a_part_repeats_is_said_once(serve, way, parts):
    """The call was of `weatherweather`, which is no tool."""
    answer = call(router_of(serve(script(*parts))), way)
    assert [(c["name"], c["args"], c["id"]) for c in answer.tool_calls] == [
        ("weather", {"a": 1}, "c1")
    ]
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


OTHER = {"name": "weather", "identity": "c2"}
REST = {"name": ..., "identity": ...}
NUMBERED = {
    "as OpenAI": [
        part('{"a":', **WEATHER),
        part(" 1}", **REST),
        part('{"b":', **OTHER, number=1),
        part(" 2}", **REST, number=1),
    ],
    "all the same": [
        part('{"a":', **WEATHER),
        part(" 1}", **REST),
        part('{"b":', **OTHER),
        part(" 2}", **REST),
    ],
    "all the same and repeated": [
        part('{"a":', **WEATHER),
        part(" 1}", **WEATHER),
        part('{"b":', **OTHER),
        part(" 2}", **OTHER),
    ],
    "not at all": [
        part('{"a":', **WEATHER, number=...),
        part(" 1}", **REST, number=...),
        part('{"b":', **OTHER, number=...),
        part(" 2}", **REST, number=...),
    ],
    "not at all and mixed": [
        part('{"a":', **WEATHER, number=...),
        part('{"b":', **OTHER, number=...),
        part(" 1}", **WEATHER, number=...),
        part(" 2}", **OTHER, number=...),
    ],
    "from one": [part('{"a": 1}', **WEATHER, number=1), part('{"b": 2}', **OTHER, number=2)],
    "as texts": [part('{"a": 1}', **WEATHER, number="0"), part('{"b": 2}', **OTHER, number="1")],
    "the same, then others": [
        part('{"a": 1}', **WEATHER),
        part('{"b":', **OTHER),
        part(" 2}", **REST),
    ],
}


@STREAMS
@pytest.mark.parametrize("parts", NUMBERED.values(), ids=NUMBERED)
def test_parts_belong_to_the_call_that_they_continue(serve, way, parts):
    """Arguments of one call were lost, or given to another one."""
    answer = call(router_of(serve(script(*parts))), way)
    assert not answer.invalid_tool_calls
    assert [(c["name"], c["args"], c["id"]) for c in answer.tool_calls] == [
        ("weather", {"a": 1}, "c1"),
        ("weather", {"b": 2}, "c2"),
    ]


def test_the_same_call_twice_is_two_calls(serve):
    """Without ids and numbers only their names tell where each begins."""
    parts = [part('{"a": 1}', name="weather", number=...)] * 2
    answer = call(router_of(serve(script(*parts))), "stream")
    assert [(c["name"], c["args"]) for c in answer.tool_calls] == [("weather", {"a": 1})] * 2


class Tokens(BaseCallbackHandler):
    """What is shown while it comes, such as in LangGraph's `messages` mode."""

    def __init__(self):
        self.whole = AIMessageChunk("")

    def on_llm_new_token(self, token, *, chunk=None, **_):
        self.whole += chunk.message


@pytest.mark.parametrize("brought", [False, True])
def test_handlers_and_models_of_ones_own_see_the_same(serve, brought):
    server = serve(script(*REPEATING["both"]))
    if brought:
        model = ChatOpenAI(model="m", base_url=server.url, api_key="none")
        router = SmartRouterRunnable.from_models({"m": model}, default="m")
    else:
        router = router_of(server)
    tokens = Tokens()
    answer = call(router, "stream", config={"callbacks": [tokens]})
    assert [c["name"] for c in answer.tool_calls] == ["weather"]
    assert [c["name"] for c in tokens.whole.tool_calls] == ["weather"]
