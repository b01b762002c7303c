"""Cascades over HTTP: who agrees is accepted, who differs escalates, in every way of calling."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from ways import abatched, ainvoked, astreamed, batched, invoked, streamed

from langchain_smartroute import (
    AgreementCheck,
    Catalog,
    CostCallbackHandler,
    SmartRouterRunnable,
    SpendLimit,
    default_checks,
)
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

CATALOG = Catalog.load("default")
SUM = "What is 17 * 23? Solve the equation step by step."
ADDING = "Add 17 and 25"
TOTAL = "Solve the equation: the total is 17. What is the total?"
CHEAP, SECOND, STRONG = "glm-4-flash", "deepseek-chat", "deepseek-reasoner"
SLOW_S = 1.0


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Total(BaseModel):
    """A total."""

    total: int


def models(**changes: Any):
    """The catalog's models, some of them changed: name → fields."""
    named = {name.replace("_", "-"): fields for name, fields in changes.items()}
    return [replace(m, **named.get(m.name, {})) for m in sandbox_models(CATALOG)]


WRONG = {"glm_4_flash": {"slips": 1.0}}


@pytest.fixture(scope="module")
def agreeing():
    with SandboxServer(models=models()) as server:
        yield server


@pytest.fixture(scope="module")
def differing():
    with SandboxServer(models=models(**WRONG)) as server:
        yield server


@pytest.fixture(autouse=True)
def healthy(agreeing, differing):
    yield
    agreeing.reset()
    differing.reset()


def router_at(server, **settings):
    chosen = {"tier": "quality", "cascade": "agreement", "breaker": None, "timeout": 10}
    return SmartRouterRunnable.from_catalog(base_url=server.base_url, **{**chosen, **settings})


# ---- one table --------------------------------------------------------------------------


WAYS = [invoked, ainvoked, streamed, astreamed, batched, abatched]


@dataclass(frozen=True)
class Case:
    wrong: bool
    request: str = SUM
    tools: bool = False
    raw: bool | None = None
    faults: tuple[str, ...] = ()
    settings: Any = None
    attempts: tuple[tuple[str, str, str], ...] = ()


AGREED = ((CHEAP, "accepted", "answer"), (SECOND, "discarded", "second_opinion"))
DIFFERED = (
    (CHEAP, "rejected", "answer"),
    (SECOND, "discarded", "second_opinion"),
    (STRONG, "accepted", "answer"),
)
UNHEARD = (
    (CHEAP, "rejected", "answer"),
    (SECOND, "failed", "second_opinion"),
    (STRONG, "accepted", "answer"),
)
CASES = {
    "plain, the same": Case(wrong=False, attempts=AGREED),
    "plain, another": Case(wrong=True, attempts=DIFFERED),
    "tools, the same": Case(wrong=False, request=ADDING, tools=True, attempts=AGREED),
    "tools, another": Case(wrong=True, request=ADDING, tools=True, attempts=DIFFERED),
    "structured, the same": Case(wrong=False, request=TOTAL, raw=False, attempts=AGREED),
    "structured, another": Case(wrong=True, request=TOTAL, raw=False, attempts=DIFFERED),
    "structured with raw, the same": Case(wrong=False, request=TOTAL, raw=True, attempts=AGREED),
    "structured with raw, another": Case(wrong=True, request=TOTAL, raw=True, attempts=DIFFERED),
    "the second fails": Case(wrong=False, faults=(SECOND,), attempts=UNHEARD),
    "the second fails and that is fine": Case(
        wrong=False,
        faults=(SECOND,),
        settings={"cascade": AgreementCheck(on_failure="accept")},
        attempts=(AGREED[0], (SECOND, "failed", "second_opinion")),
    ),
    "buffered": Case(wrong=True, settings={"stream_policy": "buffer"}, attempts=DIFFERED),
}


def plainly(answer):
    """What a call ends with, without ids and times."""
    raw = answer["raw"] if isinstance(answer, dict) else answer
    found: dict[str, Any] = {"parsed": answer["parsed"]} if isinstance(answer, dict) else {}
    if not isinstance(raw, AIMessage):
        return {"parsed": raw}
    told = raw.response_metadata["smartroute"]
    return found | {
        "text": raw.text,
        "calls": [(call["name"], call["args"]) for call in raw.tool_calls],
        "model": (told["model"], told["route"], told["reason"], told["policy"]),
        "unmet": (told["unmet_checks"], told["failed_checks"]),
        "attempts": [(a["model"], a["outcome"], a["reason"], a["cost"]) for a in told["attempts"]],
        "cost": told["cost"],
    }


@pytest.mark.parametrize("name", CASES)
async def test_every_way_of_calling_has_the_same_result_and_exact_costs(agreeing, differing, name):
    case = CASES[name]
    server = differing if case.wrong else agreeing
    outcomes = {}
    for way in WAYS:
        server.reset()
        for model in case.faults:
            server.set_fault(model, Fault(kind="status", status=503))
        seen: list[Any] = []
        runnable: Any = router_at(server, on_decision=seen.append, **(case.settings or {}))
        if case.tools:
            runnable = runnable.bind_tools([add])
        elif case.raw is not None:
            runnable = runnable.with_structured_output(Total, include_raw=case.raw)
        costs = CostCallbackHandler()
        answer = await way(runnable, case.request, {"callbacks": [costs]})
        attempts = [(a.model, a.outcome, a.purpose) for a in seen[-1].attempts]
        assert tuple(attempts) == case.attempts, way.__name__
        records = [(r.alias, r.outcome, r.purpose) for r in costs.records]
        assert records == attempts
        assert seen[-1].cost_usd == sum((r.cost_usd for r in costs.records), Decimal(0))
        assert costs.stats().model_distribution == {
            next(m for m, outcome, _ in attempts if outcome == "accepted"): 1
        }
        assert [r.escalated for r in costs.records] == [
            purpose == "answer" and place > 0 for place, (_, _, purpose) in enumerate(attempts)
        ]
        assert not any(r.fell_back for r in costs.records)
        outcomes[way.__name__] = plainly(answer)
    expected = outcomes["invoked"]
    assert {way: found for way, found in outcomes.items() if found != expected} == {}


# ---- what is asked, and when ------------------------------------------------------------


async def test_the_prompt_is_the_same_for_all_and_the_answer_is_the_routes_own(agreeing):
    answer = router_at(agreeing).invoke(SUM)
    assert answer.text == "17 * 23 = 391"
    assert answer.response_metadata["model_name"] == CHEAP
    assert answer.response_metadata["smartroute"]["model"] == CHEAP
    first, second = (request.body["messages"] for request in agreeing.requests)
    assert first == second


@pytest.mark.parametrize("request_", ["Write a haiku about the sea", "Hello there, how are you?"])
async def test_where_nothing_can_be_compared_nobody_is_asked(agreeing, request_):
    answer = router_at(agreeing).invoke(request_)
    assert len(agreeing.requests) == 1
    assert answer.response_metadata["smartroute"]["policy"] == "table/1"


async def test_without_a_stronger_candidate_nobody_is_asked(agreeing):
    checks = [*default_checks(), AgreementCheck(with_="gpt-4o-mini")]
    answer = router_at(agreeing, cascade=None, checks=checks).invoke(
        SUM, {"configurable": {"smartroute": {"model": STRONG}}}
    )
    assert answer.response_metadata["smartroute"]["model"] == STRONG
    assert [request.model for request in agreeing.requests] == [STRONG]


async def test_what_the_caller_chose_has_no_cascade(agreeing):
    decision = router_at(agreeing).with_route(model="gpt-4o-mini").explain(SUM)
    assert decision.model == "gpt-4o-mini"
    assert "no cascade (agreement): asked for by the caller" in decision.notes


async def test_an_answer_that_a_plain_check_rejects_is_not_waited_for(differing):
    """The second opinion would take long; the refusal is known at once."""
    differing.set_fault(SECOND, Fault(kind="hang", seconds=SLOW_S * 20))

    def never(messages, answer):
        return "too short" if "391" not in answer.text else None

    with pytest.warns(UserWarning, match="never can only note what is wrong"):
        router = router_at(differing, checks=[never])
    for call in (router.invoke, lambda q, c: asyncio.run(router.ainvoke(q, c))):
        costs = CostCallbackHandler()
        began = time.monotonic()
        answer = await asyncio.to_thread(call, SUM, {"callbacks": [costs]})
        assert time.monotonic() - began < SLOW_S * 10
        told = answer.response_metadata["smartroute"]
        assert [(a["model"], a["outcome"]) for a in told["attempts"]] == [
            (CHEAP, "rejected"),
            (SECOND, "cancelled"),
            (STRONG, "accepted"),
        ]
        assert Decimal(told["cost"]) == sum(r.cost_usd for r in costs.records)
        assert [r.outcome for r in costs.records] == ["rejected", "cancelled", "accepted"]


async def test_tokens_are_not_shown_before_two_agree(differing):
    router = router_at(differing)
    shown = ""
    async for event in router.astream_events(SUM, version="v2"):
        if event["event"] == "on_chat_model_stream":
            shown += event["data"]["chunk"].text
    assert "406" not in shown
    assert "391" in shown


# ---- time -------------------------------------------------------------------------------


@pytest.fixture
def slow():
    changed = {name: {"latency_s": SLOW_S} for name in ("glm_4_flash", "deepseek_chat")}
    with SandboxServer(models=models(**changed)) as server:
        yield server


@pytest.mark.parametrize("way", [invoked, ainvoked, streamed, astreamed])
async def test_two_models_take_as_long_as_one(slow, way):
    router = router_at(slow)
    await way(router, "What is 3 * 4?", {})
    began = time.monotonic()
    costs = CostCallbackHandler()
    answer = await way(router, SUM, {"callbacks": [costs]})
    took = time.monotonic() - began
    assert SLOW_S <= took < 1.8 * SLOW_S
    latencies = [a["latency_s"] for a in answer.response_metadata["smartroute"]["attempts"]]
    assert all(SLOW_S * 0.9 <= latency <= took for latency in latencies)
    assert SLOW_S * 0.9 <= costs.stats().mean_latency_s <= took


# ---- limits, cancellation, failures -----------------------------------------------------


async def test_a_spend_limit_also_reserves_for_the_second_opinion(agreeing):
    """Room for the route alone: the second opinion is refused, and so is the stronger one."""
    limit = SpendLimit(usd="0.0005", period="request")
    router = router_at(agreeing, spend_limits=[limit])
    for way in (invoked, ainvoked, streamed):
        agreeing.reset()
        answer = await way(router, SUM, {})
        told = answer.response_metadata["smartroute"]
        assert [(a["model"], a["outcome"]) for a in told["attempts"]][:2] == [
            (CHEAP, "accepted"),
            (SECOND, "failed"),
        ]
        assert [request.model for request in agreeing.requests] == [CHEAP]


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_a_cancelled_call_leaves_no_task_and_no_reservation(agreeing, way):
    for model in (CHEAP, SECOND):
        agreeing.set_fault(model, Fault(kind="hang", seconds=30))
    router = router_at(agreeing, spend_limits=[SpendLimit(usd=1, period="overall")])
    costs = CostCallbackHandler()
    before = asyncio.all_tasks()

    async def call():
        if way == "ainvoke":
            return await router.ainvoke(SUM, {"callbacks": [costs]})
        return [chunk async for chunk in router.astream(SUM, {"callbacks": [costs]})]

    task = asyncio.create_task(call())
    while len(agreeing.requests) < 2:  # noqa: ASYNC110 - the server is another thread's
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() <= before
    assert [(r.alias, r.outcome, r.purpose) for r in costs.records] == [
        (CHEAP, "cancelled", "answer"),
        (SECOND, "cancelled", "second_opinion"),
    ]


async def test_a_stream_that_is_left_leaves_no_thread_waiting(differing):
    """Its reader goes away while the stronger model answers; the second opinion has ended."""
    differing.set_fault(SECOND, Fault(kind="hang", seconds=30))
    differing.set_fault(CHEAP, Fault(kind="status", status=503))
    before = {thread.ident for thread in threading.enumerate()}
    costs = CostCallbackHandler()
    began = time.monotonic()
    stream = router_at(differing).stream(SUM, {"callbacks": [costs]})
    next(stream)
    stream.close()
    assert time.monotonic() - began < 10
    assert (SECOND, "cancelled") in [(r.alias, r.outcome) for r in costs.records]
    deadline = time.monotonic() + 15
    while {t.ident for t in threading.enumerate() if t.name == "smartroute-call"} - before:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("way", WAYS)
async def test_after_a_failure_of_the_first_the_chain_continues_as_usual(agreeing, way):
    agreeing.set_fault(CHEAP, Fault(kind="reset"))
    costs = CostCallbackHandler()
    answer = await way(router_at(agreeing), SUM, {"callbacks": [costs]})
    told = answer.response_metadata["smartroute"]
    assert told["model"] == STRONG
    outcomes = [(a["model"], a["outcome"]) for a in told["attempts"]]
    assert outcomes[0] == (CHEAP, "failed")
    assert outcomes[1][0] == SECOND
    assert outcomes[-1] == (STRONG, "accepted")
    assert [(r.alias, r.outcome) for r in costs.records] == outcomes


async def test_an_open_breaker_of_the_second_counts_as_no_answer(agreeing):
    agreeing.set_fault(SECOND, Fault(kind="status", status=404))
    router = router_at(
        agreeing,
        cascade=None,
        breaker={},
        rules=[({"task": "math"}, CHEAP)],
        checks=[*default_checks(), AgreementCheck(with_=SECOND)],
    )
    first = router.invoke(SUM).response_metadata["smartroute"]
    assert first["attempts"][1]["outcome"] == "failed"
    decision = router.explain(SUM)
    assert decision.opinions == ()
    assert any(f"{SECOND} gives no second opinion" in note for note in decision.notes)
