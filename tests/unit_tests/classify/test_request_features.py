"""Features: facts about the whole history, and about what is asked now."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from growth import TIMES, assert_linear
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel

from langchain_smartroute.classify import (
    PatternClassifier,
    as_classifier,
    extract_features,
    message_tokens,
)
from langchain_smartroute.types import Classification

IMAGE = {"type": "image", "url": "https://example.com/a.png"}
CALL = {"name": "search", "args": {"query": "weather in Paris", "days": 3}, "id": "1"}


def _features(*messages, **kwargs):
    return extract_features(list(messages), classifier=PatternClassifier(), **kwargs)


def test_the_request_is_described():
    features = _features(
        SystemMessage("Be brief"),
        HumanMessage("Write a Python function to merge sort an array"),
        answer_tokens=500,
        schema="json_schema",
    )
    assert features.task == "code"
    assert features.difficulty in {"easy", "medium"}
    assert features.classified_by == "patterns"
    assert features.script == "latin"
    assert features.system_messages
    assert features.user_turns == 1
    assert features.turn == "user"
    assert features.answer_tokens == 500
    assert features.schema == "json_schema"
    assert features.inputs == {"text"}


def test_inputs_are_those_of_the_whole_history():
    chat = [HumanMessage([IMAGE, "look"]), AIMessage("A cat."), HumanMessage("Tell me a joke")]
    assert _features(*chat).inputs == {"text", "image"}
    assert _features(*chat).task != "vision"
    shot = ToolMessage([IMAGE], tool_call_id="1")
    assert "image" in _features(HumanMessage("go"), AIMessage("", tool_calls=[CALL]), shot).inputs


@pytest.mark.parametrize(
    ("last", "turn"),
    [
        (HumanMessage("x"), "user"),
        (SystemMessage("x"), "user"),
        (ChatMessage(role="user", content="x"), "user"),
        (ChatMessage(role="assistant", content="x"), "assistant"),
        (AIMessage("x"), "assistant"),
        (AIMessageChunk(content="x"), "assistant"),
        (ToolMessage("x", tool_call_id="1"), "tool_result"),
        (FunctionMessage(name="f", content="x"), "tool_result"),
        (HumanMessage([{"type": "tool_result", "content": "x"}]), "tool_result"),
    ],
)
def test_the_turn_is_whoever_spoke_last(last, turn):
    assert _features(HumanMessage("hi"), last).turn == turn


def test_user_turns_are_the_users_own():
    result = HumanMessage([{"type": "tool_result", "content": "x"}])
    chat = [HumanMessage("a"), AIMessage("b"), HumanMessage("c"), AIMessage("d"), result]
    assert _features(*chat).user_turns == 2


@pytest.mark.parametrize(
    ("choice", "forced"),
    [
        (None, False),
        (False, False),
        ("auto", False),
        ("none", False),
        ("", False),
        ({}, False),
        ({"type": "auto"}, False),
        ({"type": "none"}, False),
        ({"type": "allowed_tools", "mode": "auto"}, False),
        (True, True),
        ("any", True),
        ("required", True),
        ("search", True),
        ({"type": "any"}, True),
        ({"type": "tool", "name": "search"}, True),
        ({"type": "function", "function": {"name": "search"}}, True),
        ({"name": "search"}, True),
    ],
)
def test_only_a_forced_call_is_a_tool_choice(choice, forced):
    assert _features(HumanMessage("x"), tool_choice=choice).tool_choice is forced


@tool
def look_up(city: str, days: int) -> str:
    """Look up the weather of a city."""
    return city + str(days)


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def plain(city: str) -> str:
    """Say where a city is."""
    return city


SCHEMA = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look up the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


REMOTE = SimpleNamespace(
    name="remote", description="As MCP gives it.", args_schema={"properties": {"city": {}}}
)


@pytest.mark.parametrize("bound", [look_up, Person, plain, SCHEMA, REMOTE, object()])
def test_tools_in_any_form_add_to_the_input(bound):
    alone = _features(HumanMessage("x"))
    with_tool = _features(HumanMessage("x"), tools=[bound])
    assert with_tool.tools == 1
    assert with_tool.input_tokens > alone.input_tokens


def test_a_schemas_tokens_are_added():
    alone = _features(HumanMessage("x")).input_tokens
    assert _features(HumanMessage("x"), schema_tokens=90).input_tokens == alone + 90


def test_tool_calls_are_counted_once_though_content_repeats_them():
    block = {"type": "tool_use", "id": "1", "name": "search", "input": CALL["args"]}
    once = _features(AIMessage("", tool_calls=[CALL])).input_tokens
    repeated = _features(AIMessage([block], tool_calls=[CALL])).input_tokens
    only_block = _features(AIMessage([block])).input_tokens
    assert repeated == once > _features(AIMessage("")).input_tokens
    assert only_block > _features(AIMessage("")).input_tokens


def test_a_classifiers_own_difficulty_wins():
    said = Classification(scores={"code": 1.0}, difficulty="hard")
    features = extract_features([HumanMessage("hi")], classifier=as_classifier(lambda _: said))
    assert (features.task, features.difficulty) == ("code", "hard")


def test_a_failed_classifier_is_named():
    def broken(text):
        raise KeyError(text)

    features = extract_features([HumanMessage("hi")], classifier=as_classifier(broken))
    assert features.task == "general"
    assert features.classified_by == "broken: failed (KeyError)"


def test_the_text_is_never_shown():
    assert "secret" not in repr(_features(HumanMessage("secret")))


def test_an_empty_history_has_features():
    features = _features()
    assert (features.task, features.input_tokens, features.user_turns) == ("general", 0, 0)


def test_each_message_adds_its_overhead():
    one = _features(HumanMessage("Name a city"))
    two = _features(AIMessage(""), HumanMessage("Name a city"))
    assert two.input_tokens == one.input_tokens + 4


def test_ten_megabytes_cost_no_more_than_in_proportion():
    small, large = (HumanMessage("Some words to read. " * n) for n in (50_000, TIMES * 50_000))
    assert_linear(_features, small, large)


def test_message_tokens_are_the_inputs_without_tools_and_schema():
    chat = [HumanMessage([IMAGE, "look"]), AIMessage("", tool_calls=[CALL])]
    assert message_tokens(chat) == _features(*chat).input_tokens
    assert message_tokens([]) == 0
