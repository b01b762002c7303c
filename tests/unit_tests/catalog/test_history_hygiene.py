"""Generated histories in each provider's form, read by each provider, strictly checked."""

from __future__ import annotations

import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_deepseek import ChatDeepSeek
from langchain_openai import ChatOpenAI
from strict_providers import anthropic, completions
from strict_providers.signing import signature

from langchain_smartroute import ModelSpec
from langchain_smartroute.catalog.adapters import adapted_arguments, adapted_messages
from langchain_smartroute.catalog.dialects import without_tool_marks
from langchain_smartroute.execution.adopted import adopted_model
from langchain_smartroute.execution.bounds import TimeLimits
from langchain_smartroute.execution.gateway_model import GatewayChatOpenAI

CLOSED = "http://127.0.0.1:9/v1"
SPECS = {
    "anthropic": ModelSpec(alias="claude", model="claude-sonnet-4-6", provider="anthropic"),
    "openai": ModelSpec(alias="gpt", model="gpt-4o", provider="openai"),
    "deepseek": ModelSpec(
        alias="thinker", model="deepseek-reasoner", provider="deepseek", reasoning=True
    ),
    "deepseek-chat": ModelSpec(alias="deepseek", model="deepseek-chat", provider="deepseek"),
    "zhipu": ModelSpec(alias="glm", model="glm-4.7", provider="zhipuai", reasoning=True),
    "mistral": ModelSpec(alias="mistral", model="mistral-large", provider="mistral"),
}


@pytest.fixture(scope="module")
def models():
    """Each provider's class, as a router adopts or builds it."""
    made = {
        "anthropic": ChatAnthropic(
            model="claude-sonnet-4-6",
            api_key="k",
            max_tokens=4096,
            thinking={"type": "enabled", "budget_tokens": 1024},
        ),
        "openai": ChatOpenAI(model="gpt-4o", base_url=CLOSED, api_key="k"),
        "deepseek": ChatDeepSeek(model="deepseek-reasoner", base_url=CLOSED, api_key="k"),
        "deepseek-chat": ChatDeepSeek(model="deepseek-chat", base_url=CLOSED, api_key="k"),
    }
    ours = {
        name: adopted_model(model, TimeLimits(), loop=None, thinks=SPECS[name].reasoning)
        for name, model in made.items()
    }
    spec = SPECS["zhipu"]
    ours["zhipu"] = GatewayChatOpenAI(
        catalog_spec=spec, model=spec.model, base_url=CLOSED, api_key="k"
    )
    return ours


def said_by(provider, text, thought, calls, place):
    """An answer as its provider's class makes it."""
    alias = SPECS[provider].alias if provider in SPECS else provider
    marked = {"response_metadata": {"smartroute": {"model": alias}}}
    if provider == "anthropic":
        blocks = [
            {"type": "thinking", "thinking": thought, "signature": signature("anthropic", thought)}
        ]
        blocks += [{"type": "redacted_thinking", "data": f"anthropic:{place}"}]
        blocks += [{"type": "text", "text": text, "index": 1, "citations": None}] if text else []
        blocks += [
            {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["args"], "index": 2}
            for c in calls
        ]
        if text:
            blocks[2].pop("citations")
        return AIMessage(blocks, tool_calls=calls, id=f"msg_{place}", **marked)
    if provider == "openai-responses":
        blocks = [
            {"type": "reasoning", "id": f"rs_{place}", "summary": [], "encrypted_content": "x" * 9},
            {"type": "web_search_call", "id": f"ws_{place}", "status": "completed"},
            {"type": "text", "text": text, "annotations": [{"type": "url"}], "id": "msg_1"},
            *({"type": "function_call", "call_id": c["id"], "id": f"fc_{n}", "name": c["name"]}
              for n, c in enumerate(calls)),
        ]  # fmt: skip
        marked["response_metadata"] = {"id": f"resp_{place}", "model_provider": "openai"}
        return AIMessage(blocks, tool_calls=calls, id=f"resp_{place}", **marked)
    beside = {"refusal": None}
    if provider in ("deepseek", "zhipu", "openrouter"):
        beside["reasoning_content"] = f"{provider} thought {thought}"
    if provider == "openrouter":
        beside["reasoning_details"] = [{"type": "reasoning.encrypted", "data": "x"}]
        marked = {"response_metadata": {"model_name": "moonshotai/kimi-k2"}}
    return AIMessage(text, tool_calls=calls, additional_kwargs=beside, **marked)


SPEAKERS = [
    "anthropic",
    "openai",
    "openai-responses",
    "deepseek",
    "deepseek-chat",
    "zhipu",
    "openrouter",
]
_IDS = {
    "anthropic": "toolu_{turn:02d}{place}{index}",
    "openai": "call_{turn:02d}abcdefghijklmnopqrst{place}{index}",
    "openai-responses": "call_{turn:02d}ABCDEFGHIJKLMNOPQRST{place}{index}",
    "deepseek": "call_{place}{index}_{turn}",
    "deepseek-chat": "call_{index}",
    "zhipu": "functions.look:{index}",
    "openrouter": "call_{index}__thought__" + "Qx==" * 60,
}


@st.composite
def histories(draw):
    """Whole turns; in each one the speaker may change, in the middle of its tool loop too."""
    marks = [{}, {"cache_control": {"type": "ephemeral"}}, {"prompt_cache_breakpoint": {}}]
    messages = []
    if draw(st.booleans()):
        block = {"type": "text", "text": "be brief", **draw(st.sampled_from(marks[:2]))}
        messages.append(SystemMessage(draw(st.sampled_from(["be brief", [block]]))))
    for turn in range(draw(st.integers(1, 3))):
        block = {"type": "text", "text": f"question {turn}", **draw(st.sampled_from(marks))}
        messages.append(HumanMessage(draw(st.sampled_from([f"question {turn}", [block]]))))
        if draw(st.integers(0, 4)) == 0:
            messages.append(SystemMessage("and politely"))
        for place in range(draw(st.integers(0, 2))):
            speaker = draw(st.sampled_from(SPEAKERS))
            ids = [
                _IDS[speaker].format(turn=turn, place=place, index=index)
                for index in range(draw(st.integers(1, 2)))
            ]
            calls = [{"name": "look", "args": {"n": 1}, "id": i, "type": "tool_call"} for i in ids]
            text = draw(st.sampled_from(["", "let me look"]))
            messages.append(said_by(speaker, text, f"{turn}.{place}", calls, place))
            messages += [ToolMessage("seen", tool_call_id=id_) for id_ in ids]
        if turn < 2:
            speaker = draw(st.sampled_from(SPEAKERS))
            text = draw(st.sampled_from(["", f"answer {turn}"]))
            messages.append(said_by(speaker, text, f"{turn}.end", [], 9))
    messages.append(HumanMessage("and now?")) if messages[-1].type == "ai" else None
    return messages


TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Look.",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
    },
    "cache_control": {"type": "ephemeral"},
}
DIALECTS = {
    "openai": completions.OPENAI,
    "deepseek": completions.DEEPSEEK_THINKING,
    "deepseek-chat": completions.DEEPSEEK_CHAT,
    "zhipu": completions.ZHIPU,
}


def faults_of(model, target, history, **arguments):
    """What the provider would refuse of a history, as the router sends it."""
    spec = SPECS[target]
    adapted = adapted_messages(history, spec)
    bound = model.bind_tools(without_tool_marks([TOOL], spec))
    payload = model._get_request_payload(
        adapted, **bound.kwargs, **adapted_arguments(arguments, spec)
    )
    payload = {key: value for key, value in payload.items() if value is not None}
    if target == "anthropic":
        payload.pop("betas", None)
        return anthropic.faults(payload)
    payload |= payload.pop("extra_body", {})
    return completions.faults(payload, DIALECTS[target])


TARGETS = ["anthropic", "openai", "deepseek", "deepseek-chat", "zhipu"]


def test_no_strict_provider_refuses_a_history_of_others(models):
    # A history takes longer to generate than to read: each is sent to all providers.
    @given(histories())
    def holds(history):
        before = copy.deepcopy(history)
        refused = {target: faults_of(models[target], target, history) for target in TARGETS}
        assert refused == {target: [] for target in TARGETS}
        assert history == before

    holds()


ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "thinking": st.sampled_from([{"type": "enabled", "budget_tokens": 1024}]),
        "store": st.just(True),
        "stop": st.just(["a", "b", "c", "d", "e"]),
        "stop_sequences": st.just(["a"]),
        "betas": st.just(["x"]),
        "container": st.just("c"),
        "context_management": st.just({}),
        "mcp_servers": st.just([]),
        "service_tier": st.sampled_from(["flex", "auto"]),
        "prompt_cache_key": st.just("k"),
        "previous_response_id": st.just("resp_1"),
        "metadata": st.just({}),
        "verbosity": st.just("low"),
        "do_sample": st.just(True),
        "extra_body": st.just({"store": True}),
    },
)


@pytest.mark.parametrize("target", ["deepseek", "deepseek-chat", "zhipu", "anthropic"])
def test_no_strict_provider_is_sent_a_parameter_of_others(models, target):
    @given(ARGUMENTS)
    def holds(arguments):
        owned = {"betas", "container", "context_management", "mcp_servers"}
        if target == "anthropic":
            # Its own, which a plain request need not know.
            arguments = {k: v for k, v in arguments.items() if k not in {*owned, "extra_body"}}
        before = copy.deepcopy(arguments)
        assert faults_of(models[target], target, [HumanMessage("hi")], **arguments) == []
        assert arguments == before

    holds()


@given(history=histories())
def test_every_word_every_call_and_every_result_arrives(history):
    for target in SPECS:
        arrives_whole(target, history)


def arrives_whole(target, history):
    adapted = adapted_messages(history, SPECS[target])
    said = [m for m in history if m.type == "ai"]
    arrived = [m for m in adapted if m.type == "ai"]
    assert [m.text for m in arrived] == [m.text for m in said]
    assert [[(c["name"], c["args"]) for c in m.tool_calls] for m in arrived] == [
        [(c["name"], c["args"]) for c in m.tool_calls] for m in said
    ]
    asked = [c["id"] for m in arrived for c in m.tool_calls]
    results = [m.tool_call_id for m in adapted if m.type == "tool"]
    assert asked == results
    assert "".join(m.text for m in history if m.type == "human") in "".join(
        m.text.replace("and politely", "").strip() for m in adapted if m.type == "human"
    )


@given(history=histories())
def test_ids_are_the_same_in_every_later_turn(history):
    """A provider's prompt cache holds only while the beginning stays the same."""
    users = [n for n, m in enumerate(history) if m.type == "human"]
    for spec, end in product(SPECS.values(), users[1:]):
        earlier = adapted_messages(history[:end], spec)
        later = adapted_messages(history, spec)[: len(earlier)]
        assert [getattr(m, "tool_calls", None) for m in later] == [
            getattr(m, "tool_calls", None) for m in earlier
        ]


@given(history=histories())
def test_mistral_gets_ids_of_nine_letters_and_digits(history):
    adapted = adapted_messages(history, SPECS["mistral"])
    ids = [c["id"] for m in adapted if m.type == "ai" for c in m.tool_calls]
    assert all(len(id_) == 9 and id_.isalnum() for id_ in ids)
    assert len(set(ids)) == len(ids)


def test_a_call_that_only_the_content_holds_is_lifted_out_of_it():
    block = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"n": 1}}
    streamed = {"type": "function_call", "call_id": "fc", "name": "look", "arguments": '{"n": 2}'}
    broken = {"type": "tool_use", "id": "toolu_3", "name": "look", "partial_json": '{"n":'}
    history = [HumanMessage("?"), AIMessage([block, streamed, broken])]
    history += [ToolMessage("seen", tool_call_id=id_) for id_ in ("toolu_1", "fc", "toolu_3")]
    _, answer, *_ = adapted_messages(history, SPECS["openai"])
    assert [(c["id"], c["args"]) for c in answer.tool_calls] == [
        ("toolu_1", {"n": 1}),
        ("fc", {"n": 2}),
        ("toolu_3", {}),
    ]
    assert answer.content == ""


def test_a_call_that_nobody_could_read_is_kept_only_with_its_result():
    invalid = [
        {"type": "invalid_tool_call", "id": id_, "name": "look", "args": "{", "error": None}
        for id_ in ("one", "two")
    ]
    history = [HumanMessage("?"), AIMessage("", invalid_tool_calls=invalid)]
    history.append(ToolMessage("cannot read that", tool_call_id="one"))
    _, answer, _ = adapted_messages(history, SPECS["openai"])
    assert [(c["id"], c["args"]) for c in answer.tool_calls] == [("one", {})]
    assert answer.invalid_tool_calls == []


def test_a_refusal_is_a_word_like_any_other():
    history = [AIMessage([{"type": "refusal", "refusal": "no"}])]
    assert adapted_messages(history, SPECS["zhipu"])[0].text == "no"


def test_the_same_model_at_another_endpoint_is_another_model():
    """What one upstream encrypts, the other cannot read."""
    twin = ModelSpec(alias="claude-bedrock", model="claude-sonnet-4-6", provider="anthropic")
    answer = AIMessage(
        [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "4"}],
        response_metadata={"model_name": "claude-sonnet-4-6", "smartroute": {"model": "claude"}},
    )
    assert adapted_messages([answer], SPECS["anthropic"])[0] is answer
    assert adapted_messages([answer], twin)[0].content == [{"type": "text", "text": "4"}]


def test_what_a_provider_keeps_for_later_is_not_referred_to_elsewhere():
    answer = AIMessage(
        "4", response_metadata={"id": "resp_1", "container": {"id": "c"}, "model_name": "gpt-9"}
    )
    adapted = adapted_messages([answer], SPECS["anthropic"])[0]
    assert adapted.response_metadata == {"model_name": "gpt-9"}
