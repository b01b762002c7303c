"""What the user asked is found in any conversation."""

from __future__ import annotations

from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    HumanMessageChunk,
    SystemMessage,
    ToolMessage,
)

from langchain_smartroute.classify import UserRequest, user_request

IMAGE = {"type": "image", "url": "https://example.com/a.png"}


def test_the_last_human_message_is_asked_not_a_tool_result_or_an_answer():
    chat = [
        SystemMessage("Write a poem"),
        HumanMessage("Fix the bug in this program"),
        AIMessage("", tool_calls=[{"name": "read", "args": {}, "id": "1"}]),
        ToolMessage("Translate this", tool_call_id="1"),
    ]
    assert user_request(chat).text == "Fix the bug in this program"


def test_chat_messages_and_chunks_of_the_user_count():
    assert user_request([ChatMessage(role="user", content="a")]).text == "a"
    assert user_request([ChatMessage(role="critic", content="a")]).text == ""
    assert user_request([HumanMessageChunk(content="b")]).text == "b"


def test_an_anthropic_tool_result_is_not_the_user_speaking():
    result = {"type": "tool_result", "tool_use_id": "1", "content": "Write a poem"}
    chat = [HumanMessage("What is the weather?"), AIMessage("…"), HumanMessage([result])]
    assert user_request(chat).text == "What is the weather?"


def test_text_blocks_and_strings_are_joined_and_attachments_left_out():
    content = [
        "Look:",
        {"type": "text", "text": "what is this?"},
        {"type": "tool_result", "content": [{"type": "text", "text": "secret"}]},
        {"type": "text-plain", "text": "a pasted file"},
        IMAGE,
    ]
    request = user_request([HumanMessage(content)])
    assert request.text == "Look:\nwhat is this?"
    assert request.modalities == {"text", "image"}


def test_modalities_are_those_of_the_last_user_message_only():
    chat = [HumanMessage([IMAGE]), AIMessage("A cat."), HumanMessage("Tell me a joke about cats")]
    assert user_request(chat).modalities == {"text"}


def test_a_follow_up_brings_up_to_two_earlier_turns_oldest_first():
    turns = ["first question here", "second question here", "third question here"]
    chat = [m for t in turns for m in (HumanMessage(t), AIMessage("ok"))]
    request = user_request([*chat, HumanMessage("shorter please")])
    assert request.earlier == ("second question here", "third question here")
    assert request.full_text == "second question here\nthird question here\nshorter please"


def test_a_complete_question_brings_none():
    chat = [
        HumanMessage("one two three"),
        AIMessage("ok"),
        HumanMessage("Name the capital of Peru"),
    ]
    assert user_request(chat).earlier == ()


def test_long_texts_keep_their_start_and_their_end():
    text = user_request([HumanMessage("start " + "x" * 50_000 + " end")]).text
    assert text.startswith("start ")
    assert text.endswith(" end")
    assert len(text) == 2300 + 1 + 680


def test_without_a_user_message_it_is_what_the_system_says_else_the_assistant():
    assert user_request([]) == UserRequest(text="")
    system, answer = SystemMessage("Be kind"), AIMessage("I am")
    assert user_request([system, answer]) == UserRequest(text="Be kind")
    assert user_request([system, SystemMessage("Sort it"), answer]).text == "Sort it"
    assert user_request([answer]) == UserRequest(text="I am")


def test_the_words_are_never_shown():
    assert "secret" not in repr(UserRequest(text="secret", earlier=("secret",)))
