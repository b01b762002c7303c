"""The `ChatOpenAI` for gateways, without a network: what it keeps, sends and rests on."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.load import dumpd, dumps, load
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletion

from langchain_smartroute import ModelSpec
from langchain_smartroute.execution import gateway_model
from langchain_smartroute.execution.cumulative import UsageSoFar
from langchain_smartroute.execution.gateway_model import (
    HOOKS,
    GatewayChatOpenAI,
    build_gateway_model,
    changed_hooks,
)

ARGUMENTS = {
    "base_url": "http://127.0.0.1:1/v1",
    "api_key": "k",
    "use_responses_api": False,
    "metadata": {"ls_provider": "deepseek", "ls_model_name": "m"},
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CALL = {"name": "look", "args": {}, "id": "call_1", "type": "tool_call"}


def model(provider="zhipuai", *, reasons=True, name="m", **arguments):
    spec = ModelSpec(alias=name, provider=provider, reasoning=reasons)
    return build_gateway_model(spec, model=name, **ARGUMENTS, **arguments)


def completion(**message):
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "4", **message},
            }
        ],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 9,
            "total_tokens": 10,
            "completion_tokens_details": {"reasoning_tokens": 8},
        },
    }


def chunk(**delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


# --- hooks ------------------------------------------------------------------


def test_the_private_methods_are_those_that_this_version_was_written_for():
    """Fails when an upgrade of langchain-openai changes what the class rests on."""
    assert changed_hooks(ChatOpenAI) == []
    for name in HOOKS:
        overridden = getattr(GatewayChatOpenAI, name) is not getattr(ChatOpenAI, name)
        assert overridden, f"{name} is pinned but not overridden"


def test_a_missing_or_changed_private_method_is_found():
    class Later:
        def _create_chat_result(self, response):
            """Lost a parameter."""

        def _get_generation_chunk_from_completion(self, completion):
            """As known."""

        def _get_request_payload(self, input_, *, stop=None, **kwargs):
            """As known."""

        def _stream(self, *args, **kwargs):
            """As known."""

        def _astream(self, *args, **kwargs):
            """As known."""

    assert changed_hooks(Later) == ["_create_chat_result", "_convert_chunk_to_generation_chunk"]


def test_with_changed_private_methods_a_plain_model_is_built_and_one_warning_given(monkeypatch):
    monkeypatch.setitem(HOOKS, "_create_chat_result", ("something", "else"))
    gateway_model._hooks_are_as_known.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match=r"_create_chat_result.*reasoning models lose"):
            built = model()
        assert type(built) is ChatOpenAI
        assert type(model()) is ChatOpenAI
    finally:
        gateway_model._hooks_are_as_known.cache_clear()


# --- it is a ChatOpenAI to everyone else ------------------------------------


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_name_serialised_form_and_tracing_are_those_of_chat_openai(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    built = model(temperature=0.5, max_tokens=7, stop=["x"])
    plain = ChatOpenAI(model="m", temperature=0.5, max_tokens=7, stop=["x"], **ARGUMENTS)
    assert type(built) is GatewayChatOpenAI
    assert dumpd(built) == dumpd(plain)
    assert built.get_name() == "ChatOpenAI"
    assert built.model_copy(update={"name": "mine"}).get_name() == "mine"
    assert built._llm_type == plain._llm_type
    assert built._get_ls_params(stop=["y"]) == plain._get_ls_params(stop=["y"])
    assert built._identifying_params == plain._identifying_params
    assert built._get_llm_string(stop=["y"]) == plain._get_llm_string(stop=["y"])
    assert "catalog_spec" not in dumps(built) + repr(built)
    loaded = load(dumpd(built), allowed_objects="all", secrets_map={"OPENAI_API_KEY": "k"})
    assert type(loaded) is ChatOpenAI
    assert loaded.max_tokens == 7


def test_a_copy_keeps_its_spec():
    assert model().model_copy(update={"metadata": {}}).catalog_spec.provider == "zhipuai"


# --- answers ----------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_content": "hm", "reasoning": "hm"},
        {"reasoning_content": None, "reasoning": "hm"},
        {"reasoning_content": "", "reasoning": "hm", "reasoning_details": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("parsed", [False, True], ids=["dict", "object"])
def test_thoughts_become_a_reasoning_block_before_the_text(message, parsed):
    body = completion(**message)
    response = ChatCompletion.model_validate(body) if parsed else body
    result = model()._create_chat_result(response)
    answer = result.generations[0].message
    answer.response_metadata = dict(result.llm_output)  # as BaseChatModel does
    assert answer.content == "4"
    assert answer.text == "4"
    assert answer.additional_kwargs["reasoning_content"] == "hm"
    assert answer.content_blocks == [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "4"},
    ]
    assert answer.usage_metadata["output_token_details"] == {"reasoning": 8}


@pytest.mark.parametrize(
    "message", [{}, {"reasoning_content": ""}, {"reasoning": {"id": 1}}, {"reasoning": None}]
)
def test_an_answer_without_thoughts_has_nothing_beside_its_text(message):
    answer = model()._create_chat_result(completion(**message)).generations[0].message
    assert answer.additional_kwargs == {"refusal": None}  # as ChatOpenAI has it


def test_every_answer_of_several_keeps_its_thoughts():
    body = completion(reasoning_content="one")
    body["choices"].append(
        {"index": 1, "message": {"role": "assistant", "content": "5", "reasoning": "two"}}
    )
    made = model()._create_chat_result(body).generations
    assert [g.message.additional_kwargs["reasoning_content"] for g in made] == ["one", "two"]


def _streamed(*chunks):
    built = model()
    made = [built._convert_chunk_to_generation_chunk(c, AIMessageChunk, {}) for c in chunks]
    return [generation.message for generation in made if generation is not None]


def test_deltas_add_up_to_the_whole_answer():
    words = [f"w{number} " for number in range(500)]
    messages = _streamed(
        chunk(role="assistant", content=None, reasoning_content=""),
        *(chunk(reasoning_content=word, content=None) for word in words),
        *(chunk(content=word, reasoning_content=None) for word in words),
        {"choices": [], "usage": completion()["usage"]},
    )
    whole = messages[0]
    for message in messages[1:]:
        whole += message
    assert whole.content == "".join(words)
    assert whole.content_blocks == [
        {"type": "reasoning", "reasoning": "".join(words)},
        {"type": "text", "text": "".join(words)},
    ]
    assert whole.response_metadata["model_provider"] == "openai-compatible"
    assert whole.usage_metadata["output_token_details"] == {"reasoning": 8}


COUNTS = st.integers(min_value=0, max_value=10**6)


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=20), st.lists(st.none(), max_size=3))
def test_usage_so_far_in_every_chunk_adds_up_to_the_last_one(grown, without):
    """Servers that repeat it made an answer cost a multiple: LangChain adds chunks up."""
    totals = list(accumulate(grown, lambda a, b: (a[0] + b[0], a[1] + b[1])))
    usages = [
        {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
        for given, made in totals
    ]
    so_far, parts = UsageSoFar(), [AIMessageChunk("")]
    for usage in (*usages, *usages[-1:], *without):
        chunk = ChatGenerationChunk(message=AIMessageChunk("x", usage_metadata=usage))
        chunk = so_far.added(chunk)
        parts.append(chunk.message)
    whole = add_ai_message_chunks(*parts)
    counted = whole.usage_metadata and {name: whole.usage_metadata[name] for name in usages[0]}
    assert counted == (usages[-1] if usages else None)


def test_a_delta_of_thoughts_has_content_for_a_first_token_timer_and_the_role_has_none():
    role, thought = _streamed(
        chunk(role="assistant", content="", reasoning_content=""), chunk(reasoning="hm")
    )
    assert not role.additional_kwargs
    assert thought.content == ""
    assert thought.content_blocks == [{"type": "reasoning", "reasoning": "hm"}]


def test_thoughts_in_the_events_of_a_structured_stream_are_kept():
    (message,) = _streamed({"type": "chunk", "chunk": chunk(reasoning_content="hm")})
    assert message.additional_kwargs == {"reasoning_content": "hm"}


def test_what_the_base_class_skips_is_skipped():
    empty = {"choices": [{"index": 0, "delta": None}]}
    assert _streamed({"type": "content.delta"}, empty) == []


# --- requests ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("deepseek", "max_tokens"),
        ("zhipuai", "max_tokens"),
        ("openai", "max_completion_tokens"),
    ],
)
@pytest.mark.parametrize("given", ["constructor", "max_tokens", "max_completion_tokens"])
def test_the_answers_limit_has_the_name_that_the_provider_knows(provider, name, given):
    built = model(provider, **({"max_tokens": 7} if given == "constructor" else {}))
    payload = built._get_request_payload(
        [HumanMessage("hi")], **({} if given == "constructor" else {given: 7})
    )
    limits = {key: value for key, value in payload.items() if "tokens" in key}
    assert limits == {name: 7}


def test_blocks_of_text_alone_are_sent_as_text():
    history = [
        HumanMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        AIMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        AIMessage([], tool_calls=[CALL]),
        ToolMessage([{"type": "text", "text": "seen"}], tool_call_id="call_1"),
    ]
    payload = model()._get_request_payload(history)
    assert [message["content"] for message in payload["messages"]] == ["a\nb", "ab", None, "seen"]
    assert history[0].content[0] == {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": "https://e.example/a.png"}},
    ],
)
def test_blocks_that_say_more_than_text_stay_blocks(block):
    payload = model()._get_request_payload([HumanMessage([block])])
    assert payload["messages"][0]["content"] == [block]


def test_openais_own_models_get_blocks_as_they_are():
    blocks = [{"type": "text", "text": "a"}]
    payload = model("openai")._get_request_payload([HumanMessage(blocks)])
    assert payload["messages"][0]["content"] == blocks


HISTORY = [
    HumanMessage("look"),
    AIMessage("", tool_calls=[CALL], additional_kwargs={"reasoning_content": "I look"}),
    ToolMessage("seen", tool_call_id="call_1"),
    AIMessage("a cat"),
    HumanMessage("sure?"),
]


def _sent_thoughts(built, history=HISTORY, **arguments):
    payload = built._get_request_payload(history, **arguments)
    return [m.get("reasoning_content") for m in payload["messages"] if m["role"] == "assistant"]


def test_deepseeks_thinking_models_get_their_thoughts_back_in_a_tool_loop():
    """Without the field DeepSeek answers 400; empty text will do where there are none."""
    assert _sent_thoughts(model("deepseek")) == ["I look", ""]
    assert _sent_thoughts(model("openrouter", name="deepseek/deepseek-v4-pro")) == ["I look", ""]
    answered = [HumanMessage("hi"), AIMessage("ho"), HumanMessage("look")]
    assert _sent_thoughts(model("deepseek"), answered, tools=[TOOL]) == [""]


def test_nobody_else_gets_thoughts_back():
    assert _sent_thoughts(model("zhipuai")) == [None, None]
    assert _sent_thoughts(model("deepseek", reasons=False)) == [None, None]
    thought = AIMessage("ho", additional_kwargs={"reasoning_content": "hm"})
    assert _sent_thoughts(model("deepseek"), [HumanMessage("hi"), thought]) == [None]
