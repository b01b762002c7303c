"""Wherever and however often a handler is attached, each model run counts once."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManager
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_openai import ChatOpenAI

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, track_costs
from langchain_smartroute.sandbox import Fault


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def nothing_pending(costs):
    return not any((costs._running, costs._held, costs._open))


def routed(sandbox, **settings):
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, **settings)


def attached_to_the_call(sandbox, costs):
    routed(sandbox).invoke("Hello", {"callbacks": [costs]})


def attached_to_the_call_twice(sandbox, costs):
    routed(sandbox).invoke("Hello", {"callbacks": [costs, costs]})


def attached_to_the_constructor(sandbox, costs):
    routed(sandbox, callbacks=[costs]).invoke("Hello")


def attached_to_constructor_and_call(sandbox, costs):
    routed(sandbox, callbacks=[costs]).invoke("Hello", {"callbacks": [costs]})


def attached_to_constructor_and_call_by_a_manager(sandbox, costs):
    manager = CallbackManager(handlers=[costs], inheritable_handlers=[costs])
    routed(sandbox, callbacks=[costs]).invoke("Hello", {"callbacks": manager})


def attached_to_a_chain(sandbox, costs):
    chain = ChatPromptTemplate.from_template("{text}") | routed(sandbox)
    chain.invoke({"text": "Hello"}, {"callbacks": [costs]})


def attached_to_a_chain_and_the_router_in_it(sandbox, costs):
    chain = ChatPromptTemplate.from_template("{text}") | routed(sandbox, callbacks=[costs])
    chain.with_config(callbacks=[costs]).invoke({"text": "Hello"}, {"callbacks": [costs]})


def attached_to_a_function_that_calls_the_router(sandbox, costs):
    router = routed(sandbox)
    RunnableLambda(router.invoke).invoke("Hello", {"callbacks": [costs]})


def attached_by_with_config_and_call(sandbox, costs):
    routed(sandbox).with_config(callbacks=[costs]).invoke("Hello", {"callbacks": [costs]})


def attached_to_the_router_and_the_candidate(sandbox, costs):
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", callbacks=[costs]
    )
    SmartRouterRunnable.from_models({"small": model}).invoke("Hello", {"callbacks": [costs]})


def attached_to_the_candidate_alone(sandbox, costs):
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", callbacks=[costs]
    )
    SmartRouterRunnable.from_models({"small": model}).invoke("Hello")


def attached_beside_a_tracer(sandbox, costs):
    tracer = RunCollectorCallbackHandler()
    routed(sandbox).invoke("Hello", {"callbacks": [tracer, costs]})
    assert len(tracer.traced_runs) == 1


def attached_to_a_plain_model_twice(sandbox, costs):
    model = ChatOpenAI(
        model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none", callbacks=[costs]
    )
    model.invoke("Hello", {"callbacks": [costs]})


def attached_to_generate(sandbox, costs):
    router = routed(sandbox, callbacks=[costs])
    router.generate([router._convert_input("Hello").to_messages()], callbacks=[costs])


PLACES = [
    attached_to_the_call,
    attached_to_the_call_twice,
    attached_to_the_constructor,
    attached_to_constructor_and_call,
    attached_to_constructor_and_call_by_a_manager,
    attached_to_a_chain,
    attached_to_a_chain_and_the_router_in_it,
    attached_to_a_function_that_calls_the_router,
    attached_by_with_config_and_call,
    attached_to_the_router_and_the_candidate,
    attached_to_the_candidate_alone,
    attached_beside_a_tracer,
    attached_to_a_plain_model_twice,
    attached_to_generate,
]


@pytest.mark.parametrize("place", PLACES)
def test_a_run_counts_once_wherever_the_handler_is(sandbox, place):
    emitted = []
    costs = CostCallbackHandler(on_record=emitted.append)
    place(sandbox, costs)
    (record,) = costs.records
    assert emitted == [record]
    assert record.outcome == "accepted"
    assert record.usage.total_tokens > 0
    assert len(sandbox.requests) == 1
    assert nothing_pending(costs)


@pytest.mark.parametrize("place", PLACES)
def test_a_tracked_block_counts_once_beside_a_handler(sandbox, place):
    costs = CostCallbackHandler()
    with track_costs() as tracked:
        place(sandbox, costs)
    assert len(tracked.records) == len(costs.records) == 1
    assert tracked.records[0].run_id == costs.records[0].run_id
    assert tracked.records[0].cost_usd == costs.records[0].cost_usd
    assert nothing_pending(tracked)


async def test_streamed_events_count_once(sandbox):
    costs = CostCallbackHandler()
    events = routed(sandbox).astream_events("Hello", {"callbacks": [costs]}, version="v2")
    async for _ in events:
        pass
    assert [record.outcome for record in costs.records] == ["accepted"]


def test_a_tracked_block_that_is_also_passed_as_a_callback_counts_once(router):
    with track_costs() as tracked:
        router.invoke("Hello", {"callbacks": [tracked]})
        router.with_config(callbacks=[tracked]).invoke("Hello")
    assert len(tracked.records) == 2


async def test_a_tracked_block_counts_every_way_of_calling(router):
    with track_costs() as tracked:
        router.invoke("Hello")
        await router.ainvoke("Hello")
        list(router.stream("Hello"))
        [chunk async for chunk in router.astream("Hello")]
        router.batch(["Hello"] * 3)
        await router.abatch(["Hello"] * 3)
        await asyncio.gather(*(router.ainvoke("Hello") for _ in range(3)))
    assert len(tracked.records) == 13
    assert len({record.run_id for record in tracked.records}) == 13


def test_nothing_is_tracked_after_the_block(router):
    with track_costs() as tracked:
        router.invoke("Hello")
    router.invoke("Hello")
    assert len(tracked.records) == 1


def test_a_block_inside_a_block_has_its_own_account(router):
    with track_costs() as outer:
        router.invoke("Hello")
        with track_costs() as inner:
            router.invoke("Hello")
        router.invoke("Hello")
    assert len(inner.records) == 1
    assert len(outer.records) in (2, 3)
    assert len({record.run_id for record in outer.records}) == len(outer.records)


def test_a_tracked_block_ends_with_an_exception_too(router):
    def fail():
        with track_costs():
            raise LookupError("in the block")

    with pytest.raises(LookupError):
        fail()
    with track_costs() as tracked:
        router.invoke("Hello")
    assert len(tracked.records) == 1


def test_track_costs_takes_the_settings_of_the_handler(router):
    emitted = []
    with track_costs(baseline="gpt-4o-mini", on_record=emitted.append) as tracked:
        router.invoke("Hello")
    assert tracked.stats().baseline == "gpt-4o-mini"
    assert len(emitted) == 1


async def test_a_handler_on_an_agent_counts_each_model_run_once(sandbox):
    costs, own = CostCallbackHandler(), CostCallbackHandler()
    agent = create_agent(routed(sandbox, callbacks=[own]), [weather])
    question = {"messages": [("user", "What is the weather in Paris?")]}
    with track_costs() as tracked:
        answer = agent.invoke(question, {"callbacks": [costs, own]})
        await agent.ainvoke(question, {"callbacks": [costs, own]})
    assert any(message.type == "tool" for message in answer["messages"])
    assert len(sandbox.requests) == len(costs.records) == 4
    assert len({record.decision_id for record in costs.records}) == 4
    assert {r.run_id for r in costs.records} == {r.run_id for r in tracked.records}
    assert {r.run_id for r in costs.records} == {r.run_id for r in own.records}
    told = [
        Decimal(message.response_metadata["smartroute"]["cost"])
        for message in answer["messages"]
        if message.type == "ai"
    ]
    assert sum(told) == sum(record.cost_usd for record in costs.records[:2])


def test_two_handlers_do_not_disturb_each_other(router):
    first, second = CostCallbackHandler(), CostCallbackHandler(baseline=None)
    router.invoke("Hello", {"callbacks": [first, second]})
    assert [r.run_id for r in first.records] == [r.run_id for r in second.records]


def test_on_record_is_called_once_for_each_record_when_it_is_final(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="empty_choices"))
    emitted = []
    costs = CostCallbackHandler(on_record=lambda record: emitted.append(record.outcome))
    router.invoke("Hello", {"callbacks": [costs, costs]})
    assert emitted == ["failed", "accepted"]
    assert [record.outcome for record in costs.records] == emitted


def test_on_record_sees_the_record_already_in_the_handler(router):
    seen = []
    costs = CostCallbackHandler(on_record=lambda record: seen.append(record in costs.records))
    router.invoke("Hello", {"callbacks": [costs]})
    assert seen == [True]


@pytest.mark.parametrize("streaming", [False, True])
def test_an_on_record_callback_that_raises_fails_no_call_and_warns_once(router, caplog, streaming):
    def fail(record):
        raise RuntimeError("the ledger is away")

    costs = CostCallbackHandler(on_record=fail)
    config = {"callbacks": [costs]}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            if streaming:
                assert list(router.stream("Hello", config))
            else:
                assert router.invoke("Hello", config).content
    assert len(costs.records) == 3
    assert len([r for r in caplog.records if "on_record" in r.getMessage()]) == 1
    assert "Hello" not in caplog.text


def test_a_handler_can_be_shared_by_routers_and_plain_models(sandbox):
    costs = CostCallbackHandler()
    config = {"callbacks": [costs]}
    routed(sandbox).invoke("Hello", config)
    routed(sandbox, tier="quality").invoke("Hello", config)
    model = ChatOpenAI(model="gpt-4o-mini", base_url=sandbox.base_url, api_key="none")
    model.invoke("Hello", config)
    assert len(costs.records) == 3
    assert costs.stats().model_distribution == {
        "deepseek-chat": 1,
        "deepseek-v4-pro": 1,
        "gpt-4o-mini": 1,
    }
