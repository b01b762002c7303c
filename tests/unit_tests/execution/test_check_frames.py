"""Checks for empty, truncated and filtered answers."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute.execution.checks import EmptyCheck, FilterCheck, LengthCheck

CALL = {"name": "f", "args": {}, "id": "1", "type": "tool_call"}
INVALID = {"name": "f", "args": "{", "id": "1", "error": None, "type": "invalid_tool_call"}


@pytest.mark.parametrize(
    "answer",
    [
        AIMessage(""),
        AIMessage(" \n\t"),
        AIMessage([]),
        AIMessage([{"type": "text", "text": ""}]),
        AIMessage([{"type": "thinking", "thinking": "Hm."}]),
        AIMessage("<think>Only thoughts"),
        AIMessage("<think>Only thoughts</think>\n"),
    ],
)
def test_nothing_to_show_is_empty(answer):
    assert EmptyCheck()([], answer) == "empty"


@pytest.mark.parametrize(
    "answer",
    [
        AIMessage("hi"),
        AIMessage(["hi"]),
        AIMessage([{"type": "text", "text": "hi"}]),
        AIMessage([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]),
        AIMessage("", tool_calls=[CALL]),
        AIMessage("", invalid_tool_calls=[INVALID]),
        AIMessage("", additional_kwargs={"audio": {"data": "…"}}),
        AIMessage("<think>a</think>12"),
    ],
)
def test_text_a_call_or_media_is_not(answer):
    assert EmptyCheck()([], answer) is None


@pytest.mark.parametrize(
    ("metadata", "length", "filtered"),
    [
        ({}, None, None),
        ({"finish_reason": "stop"}, None, None),
        ({"finish_reason": None}, None, None),
        ({"finish_reason": "length"}, "finish_reason length", None),
        ({"finish_reason": "MAX_TOKENS"}, "finish_reason length", None),
        ({"stop_reason": "max_tokens"}, "finish_reason length", None),
        ({"done_reason": "length"}, "finish_reason length", None),
        (
            {"incomplete_details": {"reason": "max_output_tokens"}},
            "finish_reason length",
            None,
        ),
        ({"finish_reason": "content_filter"}, None, "finish_reason content_filter"),
        ({"finish_reason": "SAFETY"}, None, "finish_reason content_filter"),
    ],
)
def test_the_finish_reason_is_read_in_every_dialect(metadata, length, filtered):
    answer = AIMessage("text", response_metadata=metadata)
    assert LengthCheck()([], answer) == length
    assert FilterCheck()([], answer) == filtered
