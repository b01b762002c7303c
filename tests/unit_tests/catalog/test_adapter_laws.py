"""What holds for every history and every model that it is adapted to."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_smartroute import ModelSpec
from langchain_smartroute.catalog.adapters import adapted_messages
from langchain_smartroute.catalog.thoughts import thoughts_of

PLAIN = ModelSpec(alias="plain", model="plain-1", provider="zhipuai")
NO_SYSTEM = ModelSpec(alias="glm-4v", provider="zhipuai", system_messages=False)
THINKER = ModelSpec(alias="thinker", model="deepseek-v4-pro", provider="deepseek", reasoning=True)

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

_TEXTS = st.sampled_from(["", "hi", "be brief", "?"])
_BLOCKS = st.sampled_from(
    [
        *THOUGHT_BLOCKS,
        {"type": "text", "text": "a"},
        {"type": "image", "base64": "iVBORw0KGgo="},
        {"type": "image_url", "image_url": "https://e.example/a.png"},
        "loose",
    ]
)
_CONTENTS = st.one_of(_TEXTS, st.lists(_BLOCKS, max_size=3))
_BESIDES = st.sampled_from([{}, {"refusal": None}, *THOUGHTS_BESIDE])


@st.composite
def histories(draw):
    """Any order of turns; each tool call is followed by its results."""
    messages = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["system", "human", "ai", "calls", "calls", "chat"]))
        content = copy.deepcopy(draw(_CONTENTS))
        beside = copy.deepcopy(draw(_BESIDES))
        if kind == "system":
            messages.append(SystemMessage(content))
        elif kind == "human":
            messages.append(HumanMessage(content))
        elif kind == "chat":
            messages.append(ChatMessage(content, role=draw(st.sampled_from(["user", "system"]))))
        elif kind == "ai":
            messages.append(AIMessage(content, additional_kwargs=beside))
        else:
            ids = [f"call_{number}_{index}" for index in range(draw(st.integers(1, 2)))]
            calls = [{"name": "look", "args": {}, "id": id_, "type": "tool_call"} for id_ in ids]
            messages.append(AIMessage(content, additional_kwargs=beside, tool_calls=calls))
            if draw(st.booleans()):
                messages.append(SystemMessage("in between"))
            messages += [ToolMessage("seen", tool_call_id=id_) for id_ in ids]
    return messages


SPECS = st.sampled_from([PLAIN, NO_SYSTEM, THINKER])


@given(histories(), SPECS)
def test_adapting_never_changes_its_input(history, spec):
    before = copy.deepcopy(history)
    adapted_messages(history, spec)
    assert history == before


@given(histories(), SPECS)
def test_adapting_twice_is_adapting_once(history, spec):
    once = adapted_messages(history, spec)
    twice = adapted_messages(once, spec)
    assert twice == once
    assert all(new is old for new, old in zip(twice, once, strict=True))


@given(histories(), SPECS)
def test_no_thought_of_another_model_is_left(history, spec):
    for message in adapted_messages(history, spec):
        if isinstance(message, AIMessage):
            assert thoughts_of(message) == ""
            assert all(block not in THOUGHT_BLOCKS for block in message.content)
            assert not {"reasoning_content", "reasoning", "reasoning_details"} & set(
                message.additional_kwargs
            )


@given(histories(), SPECS)
def test_answers_tool_calls_and_results_keep_their_order(history, spec):
    def others(messages):
        kept = [m for m in messages if m.type in ("ai", "tool")]
        return [(m.type, getattr(m, "tool_calls", m.content)) for m in kept]

    adapted = adapted_messages(history, spec)
    assert others(adapted) == others(history)
    if spec is NO_SYSTEM:
        results = [i for i, message in enumerate(adapted) if message.type == "tool"]
        assert all(adapted[i - 1].type in ("ai", "tool") for i in results)
        assert not [m for m in adapted if m.type == "system" or _role(m) == "system"]


def _role(message):
    return getattr(message, "role", None)


@given(histories())
def test_no_word_of_a_system_message_is_lost(history):
    def words(messages):
        spoken = [m.text for m in messages if m.type in ("system", "human", "chat")]
        return sorted(" ".join(spoken).split())

    plain = [message for message in history if isinstance(message.content, str)]
    assert words(adapted_messages(plain, NO_SYSTEM)) == words(plain)
