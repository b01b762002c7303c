"""Tool calls in streams, whose parts servers name and number in several ways."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI
from scripted import ANSWER, call, router_of, streamed

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.execution.done import EventDecoder

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


def growing(*texts, **first):
    """Parts of a call that each hold all of its arguments so far."""
    head, *rest = texts
    return [part(head, **{**WEATHER, **first}), *(part(text, **REST) for text in rest)]


GROWING = {
    "by letters": growing('{"a', '{"a": 1', '{"a": 1}'),
    "from nothing": growing("", "{", '{"a', '{"a": 1', '{"a": 1}'),
    "after a blank": growing(" ", ' {"a"', ' {"a": 1}'),
    "with pauses": growing('{"', '{"', '{"a": 1', '{"a": 1', '{"a": 1}', '{"a": 1}'),
    "as if nested": growing('{"a":', '{"a":1}'),
    "whole and again": growing('{"a": 1}', '{"a": 1}'),
    "with the name each time": [part(text, **WEATHER) for text in ('{"a', '{"a": 1', '{"a": 1}')],
    "with an empty end": growing('{"a', '{"a": 1}', ""),
}
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])


@EVERY_WAY
@pytest.mark.parametrize("parts", GROWING.values(), ids=GROWING)
def test_arguments_that_are_repeated_as_they_grow_are_read_once(serve, way, parts):
    """They were joined to `{"a{"a": 1{"a": 1}`, which is no JSON: the call was lost."""
    answer = call(router_of(serve(script(*parts))), way)
    assert not answer.invalid_tool_calls
    assert [(c["name"], c["args"], c["id"]) for c in answer.tool_calls] == [
        ("weather", {"a": 1}, "c1")
    ]


@EVERY_WAY
def test_two_calls_may_grow_in_turns(serve, way):
    parts = [
        part('{"a', **WEATHER),
        part('{"b"', **OTHER, number=1),
        part('{"a": 1}', **REST),
        part('{"b": 2}', **REST, number=1),
    ]
    answer = call(router_of(serve(script(*parts))), way)
    assert [(c["args"], c["id"]) for c in answer.tool_calls] == [({"a": 1}, "c1"), ({"b": 2}, "c2")]


NESTED = [
    '{"a":{"a":1}}',
    '{"a":{"a":{"a":1}}}',
    '{"{":1}',
    '{"a":["{\\"a\\":[",1]}',
    '{"and":[{"and":[1]}]}',
]
OBJECTS = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3)


@given(st.sampled_from(NESTED), st.lists(st.integers(0, 24), max_size=6))
@settings(deadline=None)
def test_arguments_in_parts_are_joined_however_they_repeat_themselves(text, cuts):
    """Nested objects may well begin as the whole does."""
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    texts = [text[start:end] for start, end in pairwise(places)]
    assert read_back(growing(*texts)) == json.loads(text)


@given(
    st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3), st.data()
)
@settings(deadline=None)
def test_all_that_grows_is_read_once(arguments, data):
    text = json.dumps(arguments)
    ends = data.draw(st.lists(st.integers(0, len(text)), max_size=5))
    texts = [text[:end] for end in sorted([*ends, len(text)])]
    assert read_back(growing(*texts)) == arguments


def read_back(parts):
    """The arguments of a call after its parts were mended and joined, as the client does."""
    events = [*map(event, parts), event(end="tool_calls"), DONE]
    decoder = EventDecoder()
    data = [e.data for e in decoder.iter_bytes(iter(["".join(events).encode()]))]
    chunks = [json.loads(text) for text in data if text != "[DONE]"]
    calls = [c for chunk in chunks for c in chunk["choices"][0]["delta"].get("tool_calls") or ()]
    return json.loads("".join(c["function"].get("arguments") or "" for c in calls))
