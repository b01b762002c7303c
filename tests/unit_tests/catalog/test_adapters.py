"""What a history and a call's arguments become for one model."""

from __future__ import annotations

import base64
import copy

import pytest
from growth import TIMES, assert_linear
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_smartroute import ModelSpec
from langchain_smartroute.catalog.adapters import adapted_arguments, adapted_messages

PLAIN = ModelSpec(alias="plain", model="plain-1", provider="zhipuai")
NO_SYSTEM = ModelSpec(alias="glm-4v", provider="zhipuai", system_messages=False)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()
CALL = {"name": "look", "args": {}, "id": "call_1", "type": "tool_call"}


def contents(messages):
    return [(message.type, message.content) for message in messages]


# --- no system role ---------------------------------------------------------

S, H, A = SystemMessage, HumanMessage, AIMessage


@pytest.mark.parametrize(
    ("history", "adapted"),
    [
        ([S("be brief"), H("hi")], [("human", "be brief\n\nhi")]),
        ([S("one"), S("two"), H("hi")], [("human", "one\n\ntwo\n\nhi")]),
        ([S(""), H("hi")], [("human", "hi")]),
        ([S("only")], [("human", "only")]),
        ([H("hi"), S("late")], [("human", "hi\n\nlate")]),
        ([S("a"), A("hello"), H("hi")], [("ai", "hello"), ("human", "a\n\nhi")]),
        ([S("a"), A("hello")], [("human", "a"), ("ai", "hello")]),
        (
            [S("a"), H("hi"), A("hello"), S("now French"), H("more")],
            [("human", "a\n\nhi"), ("ai", "hello"), ("human", "now French\n\nmore")],
        ),
        ([H("hi"), A("hello"), S("z")], [("human", "hi"), ("ai", "hello"), ("human", "z")]),
        ([H("hi"), S("z"), A("hello")], [("human", "hi\n\nz"), ("ai", "hello")]),
        ([ChatMessage("a", role="developer"), H("hi")], [("human", "a\n\nhi")]),
        ([S("a"), ChatMessage("hi", role="user")], [("chat", "a\n\nhi")]),
        (
            [S("a"), H([{"type": "image", "url": "https://e.example/a.png"}])],
            [
                (
                    "human",
                    [
                        {"type": "text", "text": "a"},
                        {"type": "image", "url": "https://e.example/a.png"},
                    ],
                )
            ],
        ),
        (
            [S([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]), H("hi")],
            [
                (
                    "human",
                    [
                        {"type": "text", "text": "a"},
                        {"type": "text", "text": "hi"},
                    ],
                )
            ],
        ),
    ],
)
def test_without_a_system_role_its_text_goes_to_the_user_message_that_it_is_for(history, adapted):
    assert contents(adapted_messages(history, NO_SYSTEM)) == adapted


def test_system_text_never_comes_between_a_tool_call_and_its_result():
    call, result = AIMessage("", tool_calls=[CALL]), ToolMessage("seen", tool_call_id="call_1")
    history = [HumanMessage("look"), call, SystemMessage("be brief"), result]
    adapted = adapted_messages(history, NO_SYSTEM)
    assert contents(adapted) == [
        ("human", "look"),
        ("ai", ""),
        ("tool", "seen"),
        ("human", "be brief"),
    ]


def test_with_a_system_role_system_messages_stay():
    history = [SystemMessage("a"), HumanMessage("hi"), SystemMessage("b")]
    assert adapted_messages(history, PLAIN) == history


# --- image forms ------------------------------------------------------------

URL = "https://e.example/a.png"


@pytest.mark.parametrize(
    ("block", "adapted"),
    [
        (
            {"type": "image", "base64": PNG},
            {"type": "image", "base64": PNG, "mime_type": "image/png"},
        ),
        (
            {"type": "image", "source_type": "base64", "data": PNG},
            {"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"},
        ),
        (
            {"type": "image", "source": {"type": "base64", "data": "/9j/4AAQ"}},
            {
                "type": "image",
                "source": {"type": "base64", "data": "/9j/4AAQ", "media_type": "image/jpeg"},
            },
        ),
        ({"type": "image_url", "image_url": URL}, {"type": "image_url", "image_url": {"url": URL}}),
        (
            {"type": "input_image", "image_url": URL, "detail": "low"},
            {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
        ),
        (
            {"type": "media", "mime_type": "image/png", "data": base64.b64decode(PNG)},
            {"type": "image", "base64": PNG, "mime_type": "image/png"},
        ),
        (
            {"type": "media", "mime_type": "image/png", "file_uri": URL},
            {"type": "image", "url": URL, "mime_type": "image/png"},
        ),
        ({"type": "input_text", "text": "hi"}, {"type": "text", "text": "hi"}),
        ("hi", {"type": "text", "text": "hi"}),
    ],
    ids=str,
)
def test_forms_that_chat_openai_cannot_convert_get_a_standard_form(block, adapted):
    message = HumanMessage([block, {"type": "text", "text": "?"}])
    (made,) = adapted_messages([message], PLAIN)
    assert made.content == [adapted, {"type": "text", "text": "?"}]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "base64": PNG, "mime_type": "image/png"},
        {"type": "image", "base64": "????"},
        {"type": "image", "url": URL},
        {"type": "image", "file_id": "file-1"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "source": {"type": "url", "url": URL}},
        {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "media", "mime_type": "audio/wav", "data": "UklGR"},
        {"type": "media", "mime_type": "image/png", "file_uri": "gs://bucket/a.png"},
        {"type": "media", "data": PNG},
        {"image": {"format": "png", "source": {"bytes": b"x"}}},
    ],
    ids=str,
)
def test_every_other_form_is_left_alone(block):
    message = HumanMessage([block])
    assert adapted_messages([message], PLAIN)[0] is message


def test_a_history_with_nothing_to_do_is_returned_as_it_is():
    history = [
        message
        for turn in range(200 * TIMES)
        for message in (
            HumanMessage(f"question {turn}"),
            AIMessage(f"answer {turn}", additional_kwargs={"refusal": None}),
        )
    ]
    adapted = adapted_messages(history, PLAIN)
    assert all(new is old for new, old in zip(adapted, history, strict=True))
    assert_linear(lambda messages: adapted_messages(messages, PLAIN), history[:400], history)


# --- arguments --------------------------------------------------------------

OPENAI = ModelSpec(alias="gpt-4o", provider="openai")
FIXED = ModelSpec(alias="gpt-6", provider="openai", temperature=False)
DEEPSEEK = ModelSpec(alias="deepseek-chat", provider="deepseek")


@pytest.mark.parametrize(
    ("spec", "arguments", "adapted"),
    [
        (OPENAI, {"temperature": 0, "top_p": 1}, {"temperature": 0, "top_p": 1}),
        (FIXED, {"temperature": 0, "top_p": 1, "n": 2}, {"n": 2}),
        (OPENAI, {"max_tokens": 5}, {"max_tokens": 5}),
        (OPENAI, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        (DEEPSEEK, {"max_completion_tokens": 5}, {"max_tokens": 5}),
        (DEEPSEEK, {"max_completion_tokens": 5, "max_tokens": 6}, {"max_tokens": 6}),
        (OPENAI, {"stop": list("abcdef")}, {"stop": list("abcd")}),
        (DEEPSEEK, {"stop": list("abcdef")}, {"stop": list("abcdef")}),
        (PLAIN, {"stop": ["a", "b"]}, {"stop": ["a"]}),
        (PLAIN, {"stop": "abc"}, {"stop": "abc"}),
        (PLAIN, {"stop": None}, {"stop": None}),
        (FIXED, {"stop": ["a"]}, {}),
        (FIXED, {"stop": "a"}, {}),
        (
            ModelSpec(alias="m", provider="mistral"),
            {"stop": list("abcdef"), "strict": True, "parallel_tool_calls": False},
            {"stop": list("abcdef"), "strict": True, "parallel_tool_calls": False},
        ),
    ],
)
def test_arguments_are_those_that_the_model_takes(spec, arguments, adapted):
    before = copy.deepcopy(arguments)
    assert adapted_arguments(arguments, spec) == adapted
    assert arguments == before
    assert adapted_arguments(adapted, spec) == adapted
