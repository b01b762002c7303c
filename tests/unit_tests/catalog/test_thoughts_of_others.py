"""A model is only sent its own reasoning, never another model's."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from langchain_smartroute import Catalog, ModelSpec
from langchain_smartroute.catalog.adapters import adapted_messages
from langchain_smartroute.catalog.thoughts import thoughts_of, wants_thoughts_back

PLAIN = ModelSpec(alias="plain", model="plain-1", provider="zhipuai")
THINKER = ModelSpec(alias="thinker", model="deepseek-v4-pro", provider="deepseek", reasoning=True)
CALL = {"name": "look", "args": {}, "id": "call_1", "type": "tool_call"}

THOUGHT_BLOCKS = [
    {"type": "reasoning", "reasoning": "hm"},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "c2VjcmV0"},
    {"type": "reasoning_content", "reasoning_content": {"text": "hm"}},
    {"type": "non_standard", "value": {"type": "redacted_thinking", "data": "c2VjcmV0"}},
]
THOUGHTS_BESIDE = [
    {"reasoning_content": "hm"},
    {"reasoning": "hm"},
    {"reasoning": {"id": "rs_1", "summary": []}},
    {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
]


@pytest.mark.parametrize("block", THOUGHT_BLOCKS, ids=lambda block: block["type"])
def test_another_models_thought_blocks_are_removed(block):
    answer = AIMessage([block, {"type": "text", "text": "4"}])
    (adapted,) = adapted_messages([answer], PLAIN)
    assert adapted.content == [{"type": "text", "text": "4"}]
    assert answer.content[0] == block


@pytest.mark.parametrize("beside", THOUGHTS_BESIDE, ids=str)
def test_another_models_thoughts_beside_the_content_are_removed(beside):
    answer = AIMessage("4", additional_kwargs={**beside, "refusal": None})
    (adapted,) = adapted_messages([answer], PLAIN)
    assert adapted.additional_kwargs == {"refusal": None}
    assert adapted.content == "4"
    assert answer.additional_kwargs == {**beside, "refusal": None}


@pytest.mark.parametrize("kind", [AIMessage, AIMessageChunk])
def test_a_message_of_thoughts_and_tool_calls_stays_valid(kind):
    answer = kind(
        content=[{"type": "thinking", "thinking": "hm"}], tool_calls=[CALL], id="run-1", name="a"
    )
    history = [HumanMessage("look"), answer, ToolMessage("seen", tool_call_id="call_1")]
    adapted = adapted_messages(history, PLAIN)
    assert adapted[1].content == ""
    assert adapted[1].tool_calls == [CALL]
    assert (adapted[1].id, adapted[1].name) == ("run-1", "a")
    assert adapted[0] is history[0]
    assert adapted[2] is history[2]


@pytest.mark.parametrize(
    "said",
    [
        {"smartroute": {"model": "thinker"}},
        {"model_name": "deepseek-v4-pro"},
        {"model_name": "deepseek-v4-pro-20260424"},
        {"model_name": "deepseek-v4-pro@2026-04-24"},
    ],
    ids=str,
)
def test_a_models_own_thoughts_stay(said):
    answer = AIMessage("4", additional_kwargs={"reasoning_content": "hm"}, response_metadata=said)
    assert adapted_messages([answer], THINKER)[0] is answer


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"smartroute": {"model": "other"}},
        {"model_name": "deepseek-v4"},
        {"model_name": "deepseek-v4-pro-max"},
        {"model_name": "deepseek-v4-pro-7"},
        {"model_name": None},
    ],
    ids=str,
)
def test_thoughts_of_anyone_else_or_of_no_known_author_go(said):
    answer = AIMessage("4", additional_kwargs={"reasoning_content": "hm"}, response_metadata=said)
    assert adapted_messages([answer], THINKER)[0].additional_kwargs == {}


@pytest.mark.parametrize(
    ("answer", "thoughts"),
    [
        (AIMessage("4"), ""),
        (AIMessage("4", additional_kwargs={"reasoning_content": "hm"}), "hm"),
        (AIMessage("4", additional_kwargs={"reasoning": "hm"}), "hm"),
        (AIMessage("4", additional_kwargs={"reasoning": {"id": "rs_1"}}), ""),
        (AIMessage([{"type": "reasoning", "reasoning": "h"}, "4"]), "h"),
        (
            AIMessage([{"type": "thinking", "thinking": "h"}, {"type": "thinking"}, {"n": 1}]),
            "h",
        ),
    ],
)
def test_thoughts_are_read_from_every_form(answer, thoughts):
    assert thoughts_of(answer) == thoughts


def test_only_deepseeks_thinking_models_want_thoughts_back():
    def wanting(catalog):
        return {s.alias for s in Catalog.load(catalog).models.values() if wants_thoughts_back(s)}

    assert wanting("default") == {"deepseek-v4-pro", "deepseek-reasoner"}
    assert wanting("openrouter") == {"deepseek-v4-pro"}
    assert wanting("openai") == set()
