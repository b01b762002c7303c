"""One truth about money: the answers' metadata, the records and the statistics agree."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain.agents import create_agent
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.tools import tool
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable, track_costs
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer

EVERYTHING = frozenset({"text", "image", "audio", "pdf"})
CATALOG = Catalog.load("default")
REQUESTS = [
    "Write a Python function to merge sort an array",
    "Is this spam? You won a prize",
    "Three doors hide a goat and a car. Prove that switching wins. Reason step by step",
    "Translate to German: good morning",
    "Write a haiku about the sea",
    "Hello",
    "Summarize: the cat sat. The dog ran. The bird flew. The fish swam.",
    "What is 12 * 7?",
] * 2


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


@tool
def population(city: str) -> str:
    """Give the population of a city."""
    return f"{city} has two million people"


@pytest.fixture(scope="module")
def shared_sandbox():
    models = [
        SandboxModel(name=spec.model, inputs=EVERYTHING, reasoning=spec.reasoning)
        for spec in CATALOG.models.values()
    ]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox):
    # Two models misbehave for a while, so that there are failed attempts, whose cost is known: an
    # answer that cannot be read makes the whole request's unknown.
    shared_sandbox.set_fault("deepseek-v4-pro", Fault(kind="status", status=503, times=2))
    shared_sandbox.set_fault("glm-5.1", Fault(kind="status", status=429, times=1))
    yield shared_sandbox
    shared_sandbox.reset()


@pytest.fixture
def router(sandbox):
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)


async def invoked(router, config):
    return [router.invoke(text, config) for text in REQUESTS]


async def streamed(router, config):
    return [add_ai_message_chunks(*router.stream(text, config)) for text in REQUESTS]


async def astreamed(router, config):
    return [
        add_ai_message_chunks(*[chunk async for chunk in router.astream(text, config)])
        for text in REQUESTS
    ]


async def batched(router, config):
    return router.batch(REQUESTS, {**config, "max_concurrency": 8})


async def abatched(router, config):
    return await router.abatch(REQUESTS, config)


async def generated(router, config):
    conversations = [router._convert_input(text).to_messages() for text in REQUESTS]
    result = await router.agenerate(conversations, **config)
    return [generations[0].message for generations in result.generations]


def dollars(alias, usage):
    price = CATALOG.models[alias].price
    total = (
        usage.input_tokens * price.input_usd_per_mtok
        + usage.output_tokens * price.output_usd_per_mtok
    )
    return total / Decimal(1_000_000)


@pytest.mark.parametrize("way", [invoked, streamed, astreamed, batched, abatched, generated])
async def test_metadata_records_and_statistics_are_the_same_decimals(router, way):
    costs = CostCallbackHandler(baseline="gpt-4o")
    with track_costs() as tracked:
        answers = await way(router, {"callbacks": [costs, RunCollectorCallbackHandler()]})
    infos = [answer.response_metadata["smartroute"] for answer in answers]
    told = sum(Decimal(info["cost"]) for info in infos)
    stats = costs.stats()
    assert told == stats.actual_cost_usd == tracked.stats().actual_cost_usd
    assert told == sum(dollars(record.alias, record.usage) for record in costs.records)
    assert stats.total_requests == len(REQUESTS) == len({i["decision_id"] for i in infos})
    accepted = {r.decision_id: r for r in costs.records if r.outcome == "accepted"}
    assert len(accepted) == len(REQUESTS)
    baseline = sum(dollars("gpt-4o", record.usage) for record in accepted.values())
    assert stats.baseline_cost_usd == baseline
    assert stats.savings_pct == pytest.approx(float((baseline - told) / baseline * 100))
    assert "failed" in {record.outcome for record in costs.records}


async def test_attempt_by_attempt_metadata_and_records_agree(router):
    costs = CostCallbackHandler()
    answers = await router.abatch(REQUESTS, {"callbacks": [costs]})
    for answer in answers:
        info = answer.response_metadata["smartroute"]
        records = [r for r in costs.records if r.decision_id == info["decision_id"]]
        records.sort(key=lambda record: record.attempt)
        assert [(a["model"], a["outcome"]) for a in info["attempts"]] == [
            (r.alias, r.outcome) for r in records
        ]
        assert [Decimal(a["cost"]) for a in info["attempts"]] == [r.cost_usd for r in records]
        assert {record.task for record in records} == {info["task"]}


async def test_an_agents_messages_tell_what_its_records_tell(router):
    costs = CostCallbackHandler()
    agent = create_agent(router, [weather, population])
    messages = []
    for question in (
        "What is the weather in Paris?",
        "And what is the population of Rome?",
        "Thanks. Now write a haiku about both",
    ):
        state = await agent.ainvoke(
            {"messages": [*messages, ("user", question)]}, {"callbacks": [costs]}
        )
        messages = state["messages"]
    infos = [m.response_metadata["smartroute"] for m in messages if m.type == "ai"]
    assert any(message.type == "tool" for message in messages)
    assert len(infos) >= 4
    stats = costs.stats()
    assert stats.total_requests == len(infos)
    assert stats.actual_cost_usd == sum(Decimal(info["cost"]) for info in infos)
    assert {info["decision_id"] for info in infos} == {r.decision_id for r in costs.records}


async def test_a_streaming_agent_is_counted_like_any_other(router):
    costs = CostCallbackHandler()
    agent = create_agent(router, [weather])
    question = {"messages": [("user", "What is the weather in Paris?")]}
    final = None
    async for state in agent.astream(question, {"callbacks": [costs]}, stream_mode="values"):
        final = state
    infos = [m.response_metadata["smartroute"] for m in final["messages"] if m.type == "ai"]
    assert costs.stats().actual_cost_usd == sum(Decimal(info["cost"]) for info in infos)


async def test_an_agent_that_streams_messages_reports_its_usage_too(router):
    costs = CostCallbackHandler()
    agent = create_agent(router, [weather])
    question = {"messages": [("user", "What is the weather in Paris?")]}
    shown = [
        chunk
        async for chunk, _ in agent.astream(
            question, {"callbacks": [costs]}, stream_mode="messages"
        )
    ]
    assert shown
    assert len(costs.records) >= 2
    assert not any(record.usage.estimated for record in costs.records)
