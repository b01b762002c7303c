"""Conversations that change their provider in every place, before servers that are strict."""

from __future__ import annotations

import copy
import itertools

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_deepseek import ChatDeepSeek
from langchain_openai import ChatOpenAI
from strict_providers.completions import DEEPSEEK_CHAT, DEEPSEEK_THINKING, OPENAI, ZHIPU
from strict_providers.server import StrictServer

from langchain_smartroute import ModelSpec, SmartRouterRunnable

DIALECTS = {
    "claude": None,
    "thinker": DEEPSEEK_THINKING,
    "deepseek": DEEPSEEK_CHAT,
    "gpt": OPENAI,
    "glm": ZHIPU,
}
MODES = ["invoke", "ainvoke", "stream", "astream"]


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@pytest.fixture(scope="module")
def running():
    servers = {alias: StrictServer(dialect) for alias, dialect in DIALECTS.items()}
    for server in servers.values():
        server.__enter__()
    yield servers
    for server in servers.values():
        server.__exit__()


@pytest.fixture
def servers(running):
    for server in running.values():
        server.reset()
    return running


@pytest.fixture(scope="module")
def router(running):
    """Real classes of each provider; only GLM's model is built by the router."""
    return SmartRouterRunnable.from_models(
        {
            "claude": ChatAnthropic(
                model="claude-sonnet-4-6",
                base_url=running["claude"].url,
                api_key="k",
                max_tokens=4096,
                thinking={"type": "enabled", "budget_tokens": 1024},
            ),
            "thinker": ChatDeepSeek(
                model="deepseek-reasoner", base_url=running["thinker"].url, api_key="k"
            ),
            "deepseek": ChatDeepSeek(
                model="deepseek-chat", base_url=running["deepseek"].url, api_key="k"
            ),
            "gpt": ChatOpenAI(
                model="gpt-4o-mini", base_url=running["gpt"].url, api_key="k", stream_usage=True
            ),
            "glm": ModelSpec(
                alias="glm",
                model="glm-4.7",
                provider="zhipuai",
                base_url=running["glm"].url,
                reasoning=True,
            ),
        },
        checks=[],
        max_attempts=1,
    )


async def asked(model, messages, config, mode, **arguments):
    """An answer in one of four ways."""
    if mode == "invoke":
        return model.invoke(messages, config, **arguments)
    if mode == "ainvoke":
        return await model.ainvoke(messages, config, **arguments)
    whole = None
    if mode == "stream":
        for chunk in model.stream(messages, config, **arguments):
            whole = chunk if whole is None else whole + chunk
    else:
        async for chunk in model.astream(messages, config, **arguments):
            whole = chunk if whole is None else whole + chunk
    return whole


async def converse(router, order, mode, *, opening=None, **arguments):
    """Three turns of a tool loop; each model call goes to the next candidate in order.

    So one changes between a call of a tool and its result too, as after a failure.
    """
    bound = router.bind_tools([weather])
    turns = itertools.cycle(order)
    messages = [SystemMessage("be brief")] if opening is None else list(opening)
    for turn in range(3):
        messages.append(HumanMessage(f"question {turn}"))
        answer = None
        while answer is None or answer.tool_calls:
            before = copy.deepcopy(messages)
            config = {"configurable": {"smartroute": {"model": next(turns)}}}
            answer = await asked(bound, messages, config, mode, **arguments)
            assert messages == before
            messages.append(answer)
            messages += [
                ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])
                for call in answer.tool_calls
            ]
    return messages


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pair", list(itertools.permutations(DIALECTS, 2)), ids="-".join)
async def test_a_switch_to_any_provider_and_back_is_never_refused(router, servers, pair, mode):
    """First and second turn change in the middle of the tool loop, third between turns."""
    first, second = pair
    messages = await converse(router, (first, second, second, first, second, second), mode)
    assert len([m for m in messages if m.type == "tool"]) == 6
    assert {alias: server.refused for alias, server in servers.items()} == {
        key: [] for key in servers
    }
    assert all(servers[alias].requests for alias in pair)


@pytest.mark.parametrize("mode", MODES)
async def test_a_conversation_through_all_providers_is_never_refused(router, servers, mode):
    for order in itertools.islice(itertools.permutations(DIALECTS), 0, 120, 24):
        await converse(router, order, mode)
    assert [server.refused for server in servers.values()] == [[]] * len(servers)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alias", DIALECTS)
async def test_a_model_that_stays_gets_its_own_thoughts_and_ids_back(router, servers, alias, mode):
    messages = await converse(router, [alias], mode)
    sent = servers[alias].requests[-1]["messages"]
    assert servers[alias].refused == []
    if alias == "claude":
        kinds = [b["type"] for m in sent if m["role"] == "assistant" for b in m["content"]]
        assert kinds.count("thinking") == len([m for m in sent if m["role"] == "assistant"])
        assert "redacted_thinking" in kinds
        assert servers[alias].requests[-1]["thinking"]["type"] == "enabled"
    if alias in ("thinker", "glm"):
        thought = [m.get("reasoning_content") for m in sent if m["role"] == "assistant"]
        assert all(thought) is (alias == "thinker")
    ids = [call["id"] for m in messages if m.type == "ai" for call in m.tool_calls]
    wired = str(sent)
    assert all(id_ in wired for id_ in ids)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alias", DIALECTS)
async def test_parameters_and_cache_marks_of_others_are_not_sent(router, servers, alias, mode):
    mark = {"cache_control": {"type": "ephemeral"}}
    opening = [
        SystemMessage([{"type": "text", "text": "be brief", **mark}]),
        HumanMessage([{"type": "text", "text": "a long text", **mark}, {"cachePoint": {}}]),
    ]
    if alias == "claude":
        opening[1].content.pop()
    foreign = {
        "seed": 7,
        "store": True,
        "top_k": 5,
        "prompt_cache_key": "k",
        "stop": ["a", "b", "c", "d", "e"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "frequency_penalty": 0.1,
    }
    mine = {
        "claude": ("thinking", "stop"),
        "gpt": ("seed", "store", "prompt_cache_key", "frequency_penalty", "stop"),
        "glm": ("thinking", "stop"),
    }
    others = {k: v for k, v in foreign.items() if k not in ("seed", "frequency_penalty")}
    given = foreign if alias in ("claude", "gpt") else others
    if alias == "claude":
        del given["top_k"]  # its own, which its thinking forbids
    await converse(router, [alias], mode, opening=opening, **given)
    assert servers[alias].refused == []
    sent = servers[alias].requests[0]
    for name in mine.get(alias, ("stop",)):
        key = "stop_sequences" if (alias, name) == ("claude", "stop") else name
        assert key in sent, name
    assert ("cache_control" in str(sent)) is (alias == "claude")
    assert opening[0].content[0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize("mode", MODES)
async def test_system_text_in_the_middle_reaches_a_provider_that_has_one_system_text(
    router, servers, mode
):
    opening = [
        SystemMessage("be brief"),
        HumanMessage("hello"),
        SystemMessage("now in French"),
    ]
    await converse(router, ["claude", "gpt"], mode, opening=opening)
    assert [server.refused for server in servers.values()] == [[]] * len(servers)
    first = servers["claude"].requests[0]
    assert first["system"] == "be brief"
    assert "now in French" in str(first["messages"][0]["content"])


async def test_the_servers_are_strict_without_the_router(router, servers):
    """Controls: what LangChain's own classes send of such histories is refused."""
    history = await converse(router, ["claude"], "invoke")
    history.append(HumanMessage("and you?"))
    thinker = ChatDeepSeek(model="deepseek-reasoner", base_url=servers["thinker"].url, api_key="k")
    with pytest.raises(Exception, match="reasoning_content"):
        thinker.bind_tools([weather]).invoke(history)
    history = await converse(router, ["glm"], "invoke")
    history.append(HumanMessage("and you?"))
    claude = ChatAnthropic(model="claude-sonnet-4-6", base_url=servers["claude"].url, api_key="k")
    with pytest.raises(Exception, match="unique"):
        claude.bind_tools([weather]).invoke(history)
    forged = {"type": "thinking", "thinking": "thought 1", "signature": "c2lnbmVk"}
    with pytest.raises(Exception, match="signature"):
        claude.invoke(
            [HumanMessage("hi"), ("ai", [forged, {"type": "text", "text": "ho"}]), ("human", "?")]
        )
