"""Letters of which a server sends halves: it cuts its text between the two codes of an emoji."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import HumanMessage
from scripted import ANSWER, SAID, USAGE, call, plain, router_of, streamed

DONE = "data: [DONE]\n\n"
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])
FACE = "\N{GRINNING FACE}"


def part(end=None, *, usage=None, **delta):
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    chunk = {**ANSWER, "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"


@STREAMS
@pytest.mark.parametrize("name", ["content", "reasoning_content"])
@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["a\ud83d", "\ude00b"], f"a{FACE}b"),
        (["a\ud83d", "", "\ude00b"], f"a{FACE}b"),
        ([f"a{FACE}\ud83d", "\ude00\ud83d", "\ude00b"], f"a{FACE * 3}b"),
        (["a\ud83d", "b"], "a\N{REPLACEMENT CHARACTER}b"),
        (["a", "\ude00b"], "a\N{REPLACEMENT CHARACTER}b"),
        (["a", "b\ud83d"], "ab"),
        (["한\ud83d", "\ude00글"], f"한{FACE}글"),
    ],
    ids=["two", "apart", "many", "first half", "second half", "at the end", "Korean"],
)
def test_halves_of_a_letter_are_put_together(serve, way, name, texts, whole):
    """They stayed two halves, which no encoding can write: ledgers and the next turn failed."""
    parts = [part(**{name: text}) for text in texts]
    rest = part("stop", usage=USAGE, content="" if name == "content" else "fine")
    answer = call(router_of(serve(streamed(*parts, rest, DONE))), way)
    found = answer.text if name == "content" else answer.additional_kwargs[name]
    assert found == whole
    assert answer.response_metadata["smartroute"]["cost"] == "0.000020"


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_half_a_letter_is_replaced(serve, way):
    said = {**SAID, "content": f"{FACE} fi\ud83d", "reasoning_content": "\ude00 hm"}
    whole = {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": said}]}
    router = router_of(serve(plain(whole)))
    answer = call(router, way)
    assert answer.text == f"{FACE} fi\N{REPLACEMENT CHARACTER}"
    assert answer.additional_kwargs["reasoning_content"] == "\N{REPLACEMENT CHARACTER} hm"
    assert call(router, way, [HumanMessage("Hello"), answer, HumanMessage("And?")]).text
