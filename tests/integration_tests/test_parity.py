"""One table: each behaviour is the same in every way of calling, plain and with tools.

A scenario says what the router meets; a way of calling says how it is called. The
outcome, taken apart into plain values, must be equal over all ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.tools import tool

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer

CODE = "Write a Python function to merge sort an array"
WEATHER = "What's the weather in Paris?"


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


async def invoked(runnable, request, config):
    return runnable.invoke(request, config)


async def ainvoked(runnable, request, config):
    return await runnable.ainvoke(request, config)


async def streamed(runnable, request, config):
    return _sum(list(runnable.stream(request, config)))


async def astreamed(runnable, request, config):
    return _sum([chunk async for chunk in runnable.astream(request, config)])


async def batched(runnable, request, config):
    return runnable.batch([request], config)[0]


async def abatched(runnable, request, config):
    return (await runnable.abatch([request], config))[0]


async def generated(runnable, request, config):
    """The events' own last word: version 2."""
    last = None
    async for event in runnable.astream_events(request, config, version="v2"):
        if event["event"] == "on_chain_end" and not event["parent_ids"]:
            last = event["data"]["output"]
    return last


def _sum(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole, *rest = chunks
    for chunk in rest:
        whole += chunk
    return whole


WAYS = [invoked, ainvoked, streamed, astreamed, batched, abatched, generated]


@dataclass(frozen=True)
class Scenario:
    request: Any = CODE
    faults: Any = None
    options: Any = None
    tools: bool = False
    arguments: Any = None
    leaving_out: tuple[str, ...] = ()
    settings: Any = None


PICTURE = HumanMessage(
    [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"},
    ]
)
PRODUCT = "What is 17 * 23? Solve the equation step by step."
CASCADE = {"cascade": "agreement", "tier": "quality"}
UNAVAILABLE = Fault(kind="status", status=503)

SCENARIOS = {
    "plain": Scenario(),
    "a conversation": Scenario(
        [SystemMessage("Be brief."), HumanMessage("Hi"), AIMessage("Hello."), HumanMessage(CODE)]
    ),
    "a picture": Scenario([PICTURE]),
    "tool call": Scenario(WEATHER, tools=True),
    "tool call forced": Scenario(WEATHER, tools=True, arguments={"tool_choice": "get_weather"}),
    "by quality": Scenario(settings={"policy": "quality"}),
    "by quality, first fails": Scenario(
        WEATHER, tools=True, settings={"policy": "quality"}, faults={"deepseek-v4-pro": UNAVAILABLE}
    ),
    "by quality under a ceiling": Scenario(
        settings={"policy": "quality"}, options={"max_cost_usd": "0.0005"}
    ),
    "by code of one's own": Scenario(settings={"policy": lambda _features: "glm-5.1"}),
    "another tier": Scenario(options={"tier": "budget"}),
    "model asked for": Scenario(options={"model": "gpt-4o"}),
    "price ceiling": Scenario(options={"max_cost_usd": "0.0005"}),
    "first fails": Scenario(faults={"deepseek-v4-pro": UNAVAILABLE}),
    "first fails with tools": Scenario(WEATHER, tools=True, faults={"deepseek-chat": UNAVAILABLE}),
    "first is limited": Scenario(faults={"deepseek-v4-pro": Fault(kind="status", status=429)}),
    "first is reset": Scenario(faults={"deepseek-v4-pro": Fault(kind="reset")}),
    # A stream still tells the usage of an answer without choices; invoke raises an
    # IndexError inside LangChain, which knows nothing of it.
    "first is empty": Scenario(
        faults={"deepseek-v4-pro": Fault(kind="empty_choices")},
        leaving_out=("attempts", "records"),
    ),
    "first sends a page": Scenario(faults={"deepseek-v4-pro": Fault(kind="html")}),
    "unknown model": Scenario(faults={"deepseek-v4-pro": Fault(kind="status", status=404)}),
    "key refused": Scenario(faults={"deepseek-v4-pro": Fault(kind="status", status=401)}),
    "filtered": Scenario(
        faults={
            "deepseek-v4-pro": Fault(kind="status", status=400, code="content_policy_violation")
        }
    ),
    "overflow": Scenario(
        faults={"deepseek-v4-pro": Fault(kind="status", status=400, code="context_length_exceeded")}
    ),
    "all fail": Scenario(
        faults=dict.fromkeys(("deepseek-v4-pro", "gpt-4o", "deepseek-chat"), UNAVAILABLE)
    ),
    "all are limited": Scenario(
        faults={
            m: Fault(kind="status", status=429)
            for m in ("deepseek-v4-pro", "gpt-4o", "deepseek-chat")
        }
    ),
    "nothing feasible": Scenario("word " * 300_000),
    "ceiling below everything": Scenario(options={"max_cost_usd": 0}),
    # The two are asked at once: who comes first is chance.
    "two agree": Scenario(PRODUCT, settings=CASCADE, leaving_out=("asked",)),
    "two agree on a tool call": Scenario(
        WEATHER, tools=True, settings=CASCADE, leaving_out=("asked",)
    ),
    "the second opinion fails": Scenario(
        PRODUCT, settings=CASCADE, faults={"deepseek-chat": UNAVAILABLE}, leaving_out=("asked",)
    ),
    "unknown tier": Scenario(options={"tier": "luxury"}),
    "no message": Scenario([]),
}


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_way_of_calling_ends_alike(server, name):
    outcomes = {}
    for way in WAYS:
        outcome = await _outcome(server, SCENARIOS[name], way)
        left_out = SCENARIOS[name].leaving_out
        outcomes[way.__name__] = {k: v for k, v in outcome.items() if k not in left_out}
    expected = outcomes["invoked"]
    assert {way: outcome for way, outcome in outcomes.items() if outcome != expected} == {}


async def _outcome(server, scenario, way):
    """What a call ends with, as plain values without ids and times."""
    server.reset()
    for model, fault in (scenario.faults or {}).items():
        server.set_fault(model, fault)
    router = SmartRouterRunnable.from_catalog(
        base_url=server.base_url, timeout=5, **(scenario.settings or {})
    )
    arguments = scenario.arguments or {}
    runnable = router.bind_tools([get_weather], **arguments) if scenario.tools else router
    costs = CostCallbackHandler()
    config = {"callbacks": [costs], "configurable": {"smartroute": scenario.options or {}}}
    try:
        answer = await way(runnable, scenario.request, config)
    except Exception as error:  # noqa: BLE001 - which error it is, is the outcome
        return {
            "error": type(error).__name__,
            "message": str(error),
            "attempts": [(a.model, a.outcome, a.reason) for a in getattr(error, "attempts", ())],
            "records": _records(costs),
            "asked": [request.model for request in server.requests],
        }
    told = answer.response_metadata["smartroute"]
    recorded = [record.cost_usd for record in costs.records]
    # What an answer cost that cannot be read is unknown, in its record as in the account.
    is_known = all(attempt["cost"] is not None for attempt in told["attempts"])
    assert is_known == (None not in recorded)
    assert told["cost"] == (f"{sum(recorded, Decimal(0)):f}" if is_known else None)
    return {
        "text": answer.text,
        "tool_calls": [(call["name"], call["args"]) for call in answer.tool_calls],
        "usage": answer.usage_metadata,
        "model": (answer.response_metadata["model_name"], told["model"], told["route"]),
        "decision": [told[key] for key in ("task", "difficulty", "tier", "reason", "policy")],
        "attempts": [(a["model"], a["outcome"], a["reason"], a["cost"]) for a in told["attempts"]],
        "records": _records(costs),
        "asked": [request.model for request in server.requests],
    }


def _records(costs):
    return [
        (r.alias, r.outcome, r.usage, r.cost_usd, r.task, r.attempt, r.price_date)
        for r in costs.records
    ]


def test_the_table_names_every_model_that_it_breaks():
    """Were a scenario's fault to name a model that is never asked, it would test nothing."""
    named = {model for s in SCENARIOS.values() for model in (s.faults or {})}
    assert named <= Catalog.load("default").models.keys()
