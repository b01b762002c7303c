"""One record per model run, every field right, however the router is called."""

from __future__ import annotations

import functools
import operator
from uuid import UUID

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable

CODE = "Write a Python function to merge sort an array"
PRICES = {alias: spec.price for alias, spec in Catalog.load("default").models.items()}


class Answer(BaseModel):
    """An answer; the sandbox's JSON mode has this one field, too."""

    answer: str


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


async def invoked(router, config):
    return router.invoke(CODE, config)


async def ainvoked(router, config):
    return await router.ainvoke(CODE, config)


async def streamed(router, config):
    return add_ai_message_chunks(*router.stream(CODE, config))


async def astreamed(router, config):
    return add_ai_message_chunks(*[chunk async for chunk in router.astream(CODE, config)])


async def batched(router, config):
    return router.batch([CODE], config)[0]


async def abatched(router, config):
    return (await router.abatch([CODE], config))[0]


async def generated(router, config):
    return (
        router.generate([router._convert_input(CODE).to_messages()], **config)
        .generations[0][0]
        .message
    )


async def agenerated(router, config):
    messages = router._convert_input(CODE).to_messages()
    return (await router.agenerate([messages], **config)).generations[0][0].message


async def evented(router, config):
    ends = [
        event["data"]["output"]
        async for event in router.astream_events(CODE, config, version="v2")
        if event["event"] == "on_chain_end" and not event["parent_ids"]
    ]
    return ends[0]


WAYS = [
    invoked,
    ainvoked,
    streamed,
    astreamed,
    batched,
    abatched,
    generated,
    agenerated,
    evented,
]


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_of_calling_gives_one_record_with_every_field(router, dollars, way):
    costs = CostCallbackHandler()
    answer = await way(router, {"callbacks": [costs]})
    info = answer.response_metadata["smartroute"]
    (record,) = costs.records
    assert record.decision_id == info["decision_id"]
    assert record.alias == info["model"] == "deepseek-v4-pro"
    assert record.model_name == answer.response_metadata["model_name"] == "deepseek-v4-pro"
    assert record.task == info["task"] == "code"
    assert record.outcome == "accepted"
    assert record.attempt == 0
    assert not record.usage.estimated
    assert record.usage.input_tokens == answer.usage_metadata["input_tokens"] > 0
    assert record.usage.output_tokens == answer.usage_metadata["output_tokens"] > 0
    assert record.cost_usd == dollars(
        "deepseek-v4-pro", record.usage.input_tokens, record.usage.output_tokens
    )
    assert info["cost"] == f"{record.cost_usd:f}"
    assert record.price_source == PRICES["deepseek-v4-pro"].source
    assert record.price_date == PRICES["deepseek-v4-pro"].date
    assert record.latency_s > 0
    assert UUID(record.run_id) != UUID(record.parent_run_id)
    assert costs._running == {}
    assert costs._held == {}
    assert costs._open == {}


async def test_all_ways_of_calling_account_for_the_same_usage(router):
    usages = set()
    for way in WAYS:
        costs = CostCallbackHandler()
        await way(router, {"callbacks": [costs]})
        usages.add(costs.records[0].usage)
    assert len(usages) == 1


def test_a_batch_gives_one_record_and_one_decision_for_each_input(router):
    costs = CostCallbackHandler()
    inputs = [CODE, "Translate to German: good morning", "Is this spam? You won a prize", CODE]
    answers = router.batch(inputs, {"callbacks": [costs]})
    told = {a.response_metadata["smartroute"]["decision_id"] for a in answers}
    assert len(costs.records) == len(told) == len(inputs)
    assert {record.decision_id for record in costs.records} == told
    assert len({record.run_id for record in costs.records}) == len(inputs)


def test_the_record_names_the_runs_as_a_tracer_sees_them(router):
    from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

    costs, tracer = CostCallbackHandler(), RunCollectorCallbackHandler()
    router.invoke("Hello", {"callbacks": [costs, tracer]})
    (request,) = tracer.traced_runs
    (model_run,) = request.child_runs
    (record,) = costs.records
    assert record.run_id == str(model_run.id)
    assert record.parent_run_id == str(request.id)


# A warning of the openai client's own, on `parsed`.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("include_raw", [False, True])
@pytest.mark.parametrize("method", [None, "json_schema", "json_mode", "function_calling"])
@pytest.mark.parametrize("streaming", [False, True])
def test_structured_output_gives_one_record(sandbox, dollars, method, include_raw, streaming):
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url).with_route(model="gpt-4o")
    structured = router.with_structured_output(Answer, method=method, include_raw=include_raw)
    ask = "Answer as JSON: how old is Ada?"
    config = {"callbacks": [costs]}
    if streaming:
        parts = list(structured.stream(ask, config))
        raw = functools.reduce(operator.add, parts)["raw"] if include_raw else None
    else:
        answer = structured.invoke(ask, config)
        raw = answer["raw"] if include_raw else None
    (record,) = costs.records
    assert (record.alias, record.outcome, record.attempt) == ("gpt-4o", "accepted", 0)
    assert not record.usage.estimated
    assert record.usage.output_tokens > 0
    assert record.cost_usd == dollars(
        "gpt-4o", record.usage.input_tokens, record.usage.output_tokens
    )
    if include_raw:
        assert record.usage.total_tokens == raw.usage_metadata["total_tokens"]
    if include_raw and not streaming:
        assert raw.response_metadata["smartroute"]["cost"] == f"{record.cost_usd:f}"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
async def test_the_raw_message_of_a_structured_stream_carries_decision_and_cost(router, method):
    """Structured output with `include_raw` is to tell decision and cost when streamed, too."""
    costs = CostCallbackHandler()
    structured = router.with_route(model="gpt-4o").with_structured_output(
        Answer, method=method, include_raw=True
    )
    ask, config = "Answer as JSON: how old is Ada?", {"callbacks": [costs]}
    parts = list(structured.stream(ask, config))
    aparts = [part async for part in structured.astream(ask, config)]
    for record, found in zip(costs.records, (parts, aparts), strict=True):
        info = functools.reduce(operator.add, found)["raw"].response_metadata.get("smartroute")
        assert info is not None
        assert info["decision_id"] == record.decision_id
        assert info["cost"] == f"{record.cost_usd:f}"


def test_bound_tools_give_one_record_for_each_turn(router, dollars):
    costs = CostCallbackHandler()
    bound = router.bind_tools([weather])
    history = [("user", "What is the weather in Paris?")]
    call = bound.invoke(history, {"callbacks": [costs]})
    assert call.tool_calls
    result = weather.invoke(call.tool_calls[0])
    assert isinstance(result, ToolMessage)
    final = bound.invoke([*history, call, result], {"callbacks": [costs]})
    assert final.content
    assert len(costs.records) == 2
    for record, answer in zip(costs.records, (call, final), strict=True):
        assert record.decision_id == answer.response_metadata["smartroute"]["decision_id"]
        assert record.usage.total_tokens == answer.usage_metadata["total_tokens"]
        assert record.cost_usd == dollars(
            record.alias, record.usage.input_tokens, record.usage.output_tokens
        )


def test_a_chain_gives_one_record_under_its_own_run(router):
    costs = CostCallbackHandler()
    chain = ChatPromptTemplate.from_template("Translate to German: {text}") | router
    answer = chain.invoke({"text": "good morning"}, {"callbacks": [costs]})
    (record,) = costs.records
    assert record.decision_id == answer.response_metadata["smartroute"]["decision_id"]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_model_outside_any_router_is_counted_under_its_own_name(sandbox, dollars, streaming):
    costs = CostCallbackHandler()
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", stream_usage=True
    )
    if streaming:
        answer = add_ai_message_chunks(*model.stream("Hello", {"callbacks": [costs]}))
    else:
        answer = model.invoke("Hello", {"callbacks": [costs]})
    (record,) = costs.records
    assert record.alias == record.model_name == "gpt-4o-mini"
    assert (record.decision_id, record.task, record.parent_run_id) == (None, None, None)
    assert (record.outcome, record.attempt) == ("accepted", 0)
    assert record.usage.total_tokens == answer.usage_metadata["total_tokens"]
    assert record.cost_usd == dollars(
        "gpt-4o-mini", record.usage.input_tokens, record.usage.output_tokens
    )
    assert record.price_source == PRICES["gpt-4o-mini"].source
    assert costs.stats().total_requests == 1


async def test_the_servers_own_name_is_kept_beside_the_alias(scripted, answered):
    costs = CostCallbackHandler()
    answer = answered(response_metadata={"model_name": "gpt-4o-mini-2024-07-18"})
    router = SmartRouterRunnable.from_models({"small": scripted(script=[answer])})
    await router.ainvoke("Hello", {"callbacks": [costs]})
    (record,) = costs.records
    assert (record.alias, record.model_name) == ("small", "gpt-4o-mini-2024-07-18")


def test_a_text_completion_model_is_a_model_run_too():
    """A candidate may be any runnable; one that LangChain starts as a plain LLM is a run as well.

    Its events are `on_llm_start` and `on_llm_end`, not those of a chat model.
    """
    from langchain_core.language_models import FakeListLLM

    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"old": FakeListLLM(responses=["Fine."])})
    answer = router.invoke("Hello", {"callbacks": [costs]})
    assert isinstance(answer, AIMessage)
    (record,) = costs.records
    assert (record.alias, record.outcome) == ("old", "accepted")
    assert record.usage.estimated
    assert record.cost_usd is None


def test_a_candidate_that_hands_on_text_alone_is_told_as_unknown_and_recorded_exactly(sandbox):
    """`model | StrOutputParser()` drops the usage, which only the handler sees."""
    costs = CostCallbackHandler()
    model = ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none")
    router = SmartRouterRunnable.from_models({"text": model | StrOutputParser()})
    answer = router.invoke("Hello", {"callbacks": [costs]})
    (record,) = costs.records
    assert not record.usage.estimated
    assert record.cost_usd is not None
    assert answer.response_metadata["smartroute"]["cost"] is None


def test_a_whole_message_from_a_model_that_does_not_stream_is_counted_once(scripted, answered):
    costs = CostCallbackHandler()
    model = scripted(script=[answered()], disable_streaming=True)
    router = SmartRouterRunnable.from_models({"small": model})
    chunks = list(router.stream("Hello", {"callbacks": [costs]}))
    assert len(chunks) == 1
    assert not isinstance(chunks[0], AIMessageChunk)
    (record,) = costs.records
    assert record.usage.total_tokens == 120
