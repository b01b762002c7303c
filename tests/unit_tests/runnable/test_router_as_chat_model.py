"""What any chat model does, the router does: batches, caches, limits, profile, repr."""

from __future__ import annotations

import asyncio
import json

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from langchain_smartroute import Catalog, InvalidRequestError, SmartRouterRunnable

KEY = "sk-not-for-anyones-eyes"


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


class CountingLimiter(BaseRateLimiter):
    """Lets everything through and counts."""

    def __init__(self):
        self.acquired = 0

    def acquire(self, *, blocking=True):
        self.acquired += 1
        return True

    async def aacquire(self, *, blocking=True):
        self.acquired += 1
        return True


def model_of(message):
    return message.response_metadata["smartroute"]["model"]


# --- several at once


async def test_generate_and_its_kin_answer_each_conversation(router):
    conversations = [[HumanMessage("Hello")], [HumanMessage("Translate to German: good morning")]]
    prompts = [ChatPromptValue(messages=messages) for messages in conversations]
    results = [
        router.generate(conversations),
        await router.agenerate(conversations),
        router.generate_prompt(prompts),
        await router.agenerate_prompt(prompts),
    ]
    for result in results:
        assert [len(generations) for generations in result.generations] == [1, 1]
        answers = [generations[0].message for generations in result.generations]
        assert [model_of(answer) for answer in answers] == ["deepseek-chat", "glm-5.1"]
        assert [g[0].text for g in result.generations] == [answer.content for answer in answers]


async def test_conversations_beside_one_that_fails_end_before_its_error(scripted):
    """They went on unheard, as tasks of nobody's."""

    class Waiting(scripted):
        ended: int = 0

        async def _agenerate(self, messages, **kwargs):
            if messages[0].text == "fail":
                raise ValueError("of this one alone")
            await asyncio.sleep(0.05)
            self.ended += 1
            return self._generate(messages)

    model = Waiting()
    router = SmartRouterRunnable.from_models({"only": model})
    with pytest.raises(ValueError, match="of this one alone"):
        await router.agenerate([[HumanMessage("fail")], [HumanMessage("Hello")]])
    assert model.ended == 1


async def test_generate_tells_what_a_model_tells(router, run_log):
    """Evaluation tools read why a text ended, what it took and its run; nothing was there."""
    conversations = [[HumanMessage("Hello")], [HumanMessage("Hello there")]]
    results = [
        router.generate(conversations, callbacks=[run_log]),
        await router.agenerate(conversations, callbacks=[run_log]),
    ]
    runs = [run["id"] for run in run_log.started if run["kind"] == "chain"]
    assert sorted(info.run_id for result in results for info in result.run) == sorted(runs)
    for result in results:
        generations = [generation for (generation,) in result.generations]
        assert [g.generation_info["finish_reason"] for g in generations] == ["stop"] * 2
        taken = [generation.message.usage_metadata["total_tokens"] for generation in generations]
        assert result.llm_output["token_usage"]["total_tokens"] == sum(taken)
        assert result.llm_output["model_name"] == "deepseek-chat"
        first, second = result.flatten()
        assert (first.llm_output["token_usage"], second.llm_output["token_usage"]) == (
            result.llm_output["token_usage"],
            {},
        )


def test_generate_sums_no_tokens_that_are_unknown_and_names_no_one_of_several():
    def said_by(name):
        return lambda _: AIMessage("fine", response_metadata={"model_name": name})

    router = SmartRouterRunnable.from_models(
        {name: RunnableLambda(said_by(name)) for name in ("a", "b")}, routes={"code": "b"}
    )
    both = [[HumanMessage("Hello")], [HumanMessage("Write Python code")]]
    assert router.generate(both).llm_output == {}
    assert router.generate(both[:1]).llm_output == {"model_name": "a"}


def test_a_caller_of_the_private_method_is_told_the_same(router):
    """LangChain's own `generate` calls it, as do wrappers."""
    result = router._generate([HumanMessage("Hello")])
    assert result.generations[0].generation_info["finish_reason"] == "stop"
    assert result.llm_output["token_usage"]["total_tokens"] > 0


def test_generate_of_nothing_gives_nothing(router):
    assert router.generate([]).generations == []


async def test_batches_keep_the_order_of_their_inputs(router):
    asks = [f"What is {n} + {n}?" for n in range(12)]
    expected = [f"{n} + {n} = {2 * n}" for n in range(12)]
    assert [answer.content for answer in router.batch(asks)] == expected
    assert [answer.content for answer in await router.abatch(asks)] == expected
    done = dict(router.batch_as_completed(asks, {"max_concurrency": 3}))
    assert [done[n].content for n in range(12)] == expected
    adone = dict([pair async for pair in router.abatch_as_completed(asks)])
    assert [adone[n].content for n in range(12)] == expected


def test_batches_can_return_their_exceptions(scripted):
    failing = SmartRouterRunnable.from_models({"a": scripted(error=OSError("down"))})
    good, bad = failing.batch(["x", []], return_exceptions=True)
    assert isinstance(good, OSError)
    assert isinstance(bad, InvalidRequestError)


# --- what a model has of its own


async def test_a_rate_limiter_is_asked_once_for_each_call(sandbox):
    limiter = CountingLimiter()
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, rate_limiter=limiter)
    router.invoke("Hello")
    await router.ainvoke("Hello")
    list(router.stream("Hello"))
    [chunk async for chunk in router.astream("Hello")]
    assert limiter.acquired == 4


def test_a_rate_limiter_of_a_brought_model_is_asked(scripted):
    limiter = CountingLimiter()
    router = SmartRouterRunnable.from_models({"a": scripted(rate_limiter=limiter), "b": scripted()})
    router.invoke("Hello")
    router.with_route(model="b").invoke("Hello")
    assert limiter.acquired == 1


async def test_a_cache_answers_the_second_call(sandbox):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, cache=InMemoryCache())
    first, second = router.invoke("Hello"), await router.ainvoke("Hello")
    assert first.content == second.content
    assert len(sandbox.requests) == 1


def test_models_do_not_share_entries_of_a_cache(sandbox):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, cache=InMemoryCache())
    for alias in ("gpt-4o", "gpt-4o-mini"):
        assert model_of(router.with_route(model=alias).invoke("Hello")) == alias
    assert [request.model for request in sandbox.requests] == ["gpt-4o", "gpt-4o-mini"]


@pytest.mark.parametrize("disabled", [True, "tool_calling"])
async def test_disabled_streaming_gives_the_answer_in_one_piece(sandbox, disabled):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, disable_streaming=disabled)
    bound = router.bind_tools([weather])
    whole = [list(bound.stream("Hello")), [c async for c in bound.astream("Hello")]]
    assert [len(chunks) for chunks in whole] == [1, 1]
    assert not any(request.stream for request in sandbox.requests)
    assert model_of(whole[0][0]) == "deepseek-chat"
    plain = list(router.stream("Hello"))
    assert (len(plain) > 1) == (disabled == "tool_calling")


def test_streams_come_in_pieces(router):
    chunks = list(router.stream("Hello"))
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert len([chunk for chunk in chunks if chunk.content]) > 1


def test_settings_reach_the_models_that_the_router_builds(sandbox):
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, temperature=0.5, max_tokens=5, stop=["END"]
    )
    answer = router.invoke("Hello")
    body = sandbox.requests[-1].body
    assert (body["temperature"], body["stop"]) == (0.5, ["END"])
    assert body.get("max_tokens", body.get("max_completion_tokens")) == 5
    assert answer.usage_metadata["output_tokens"] == 5


# --- what others read from a model


def test_windows_of_the_merged_profile_are_the_smallest(scripted):
    router = SmartRouterRunnable.from_models(
        {
            "a": scripted(profile={"max_input_tokens": 100, "max_output_tokens": 50}),
            "b": scripted(profile={"max_input_tokens": 200, "max_output_tokens": 20}),
            "c": scripted(),
        }
    )
    assert router.profile["max_input_tokens"] == 100
    assert router.profile["max_output_tokens"] == 20


@pytest.mark.parametrize("can", [True, False])
def test_what_all_candidates_agree_on_is_in_the_merged_profile(scripted, can):
    profile = {"image_inputs": can, "pdf_inputs": can, "tool_calling": can}
    router = SmartRouterRunnable.from_models(
        {"a": scripted(profile=profile), "b": scripted(profile=profile)}
    )
    assert {key: router.profile[key] for key in profile} == profile


def test_native_structured_output_is_in_the_profile_only_if_all_have_it(sandbox):
    everyone = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)
    assert everyone.profile["structured_output"] is False
    openai = {a: Catalog.load("default").models[a] for a in ("gpt-4o", "gpt-4o-mini")}
    router = SmartRouterRunnable.from_models(openai, base_url=sandbox.base_url)
    assert router.profile["structured_output"] is True


def test_a_profile_of_ones_own_is_kept(sandbox):
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, profile={"max_input_tokens": 7}
    )
    assert router.profile == {"max_input_tokens": 7}


def test_tracers_are_told_what_kind_of_model_this_is(sandbox):
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, tier="quality", temperature=0.5, max_tokens=9, stop=["END"]
    )
    params = router._get_ls_params()
    assert params["ls_model_type"] == "chat"
    assert params["ls_provider"] == "smartroute"
    assert "quality" in params["ls_model_name"]
    assert (params["ls_temperature"], params["ls_max_tokens"]) == (0.5, 9)
    assert params["ls_stop"] == ["END"]
    assert router.with_route(model="gpt-4o")._get_ls_params()["ls_model_name"] == "gpt-4o"
    assert router._get_ls_params(stop=["?"])["ls_stop"] == ["?"]
    assert router._llm_type == "smartroute"


def test_the_graph_shows_a_branch_for_each_model(router):
    graph = router.get_graph()
    aliases = set(Catalog.load("default").models)
    assert aliases <= {node.name for node in graph.nodes.values()}
    branches = [edge for edge in graph.edges if edge.conditional]
    assert {edge.target for edge in branches} == aliases
    labels = {edge.target: edge.data for edge in branches if edge.source == router.get_name()}
    assert "code" in labels["deepseek-v4-pro"]
    assert "vision" in labels["glm-4v"]
    assert "default" in labels["deepseek-chat"]
    drawing = graph.draw_mermaid()
    assert all(alias in drawing for alias in aliases)


def test_the_graph_of_a_chain_shows_the_branches_too(router):
    from langchain_core.prompts import ChatPromptTemplate

    chain = ChatPromptTemplate.from_template("{text}") | router
    drawing = chain.get_graph().draw_mermaid()
    assert "deepseek-v4-pro" in drawing
    assert "glm-4v" in drawing


# --- keys


def test_no_key_is_in_anything_that_is_shown(monkeypatch):
    monkeypatch.setenv("OTHER_API_KEY", f"{KEY}-2")
    own = {"base_url": "https://other.example/v1", "api_key_env": "OTHER_API_KEY"}
    catalog = {"extends": "default", "models": {"own": own}}
    router = SmartRouterRunnable.from_catalog(
        base_url="https://gateway.example/v1", api_key=KEY, catalog=catalog
    )
    built = [candidate.model for candidate in router._engine.candidates.values()]
    shown = [
        repr(router),
        str(router),
        repr(built),
        repr(router._engine),
        repr(router._identifying_params),
        repr(router._get_ls_params()),
        repr(router.to_config()),
        repr(router.model_dump()),
        router.model_dump_json(),
        dumps(router),
        str(router.explain("Hello")),
        json.dumps(router.get_graph().to_json()),
        repr(router.with_route(tier="quality")),
        repr(router.bind_tools([weather])),
        repr(router.with_fallbacks([router])),
    ]
    assert not [text for text in shown if KEY in text]
    keys = {c.endpoint.api_key.get_secret_value() for c in router._engine.candidates.values()}
    assert keys == {KEY, f"{KEY}-2"}


@pytest.mark.parametrize(
    "url",
    [
        "redis://:{}@127.0.0.1:1/0",
        "redis://127.0.0.1:1/0?password={}",
        "redis://me:a@{}@127.0.0.1:1/0",
        "postgresql://127.0.0.1:1/0?user=me&password={}",
    ],
)
def test_no_password_of_a_store_is_in_anything_that_is_shown(url):
    """Each trace of a chain held them, as LangChain serializes a router as its repr."""
    router = SmartRouterRunnable.from_catalog(
        base_url="https://gateway.example/v1",
        api_key="none",
        state=url.format(KEY),
        ledger=f"postgresql://me:{KEY}@127.0.0.1:1/costs",
    )
    shown = [
        repr(router),
        str(router),
        repr(router._engine),
        dumps(router | StrOutputParser()),
        repr(router.with_route(tier="quality")),
    ]
    assert not [text for text in shown if KEY in text]
    assert "127.0.0.1:1/0" in repr(router)


def test_no_key_is_in_what_a_failed_call_says(sandbox, run_log):
    from langchain_smartroute import ChainExhaustedError
    from langchain_smartroute.sandbox import Fault

    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, api_key=KEY)
    for alias in router.explain("Hello").chain:
        sandbox.set_fault(alias, Fault(kind="status", status=500))
    with pytest.raises(ChainExhaustedError) as raised:
        router.invoke("Hello", {"callbacks": [run_log]})
    assert KEY not in f"{raised.value} {raised.value.attempts} {raised.value.__cause__}"
    assert KEY not in repr(run_log.started)
