"""An attempt whose time was up: the answer's account, the records and the limits say the same.

Limits settled it at the price of its input where it was asynchronous, as if the caller had
cancelled it, while account and records took it as free.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from langchain_openai import ChatOpenAI
from scripted import CATALOG, PRICE
from two_accounts import expect_same_accounts

from langchain_smartroute import (
    Catalog,
    CostCallbackHandler,
    MemoryLedger,
    Price,
    SmartRouterRunnable,
    SpendLimit,
)
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.state import MemoryState, Stands

FAULTS = {
    "no answer": Fault(kind="hang", seconds=3),
    "no first token": Fault(kind="slow_first_token", seconds=3),
    "silence in the middle": Fault(kind="stall", after_tokens=3, seconds=3),
    "signs of life alone": Fault(kind="heartbeat", amount=0, seconds=0.1),
    "a connection that breaks": Fault(kind="cut", after_tokens=3),
}
LIMIT = SpendLimit(usd=1)
RATE = Catalog.load("default").models["glm-4-flash"].price_at(None).output_usd_per_mtok
SCHEMA = {"title": "Found", "description": "x", "type": "object", "properties": {}}
WHOLE_ROOM = 4096 * RATE / 10**6


@pytest.fixture(scope="module")
def shared_server():
    with SandboxServer() as running:
        yield running


@pytest.fixture
def server(shared_server):
    yield shared_server
    shared_server.reset()


async def called(router, mode, config):
    if mode == "invoke":
        return router.invoke("Hello", config)
    if mode == "ainvoke":
        return await router.ainvoke("Hello", config)
    if mode == "stream":
        chunks = list(router.stream("Hello", config))
    else:
        chunks = [chunk async for chunk in router.astream("Hello", config)]
    return sum(chunks[1:], chunks[0])


MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
TRANSPORTS = pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
TIMES = {"timeout_s": 1.5, "first_token_timeout_s": 1.0, "idle_timeout_s": 1.0}


def standing(state):
    counter = LIMIT.counter(LIMIT.window(datetime.now(tz=UTC), request_id=""), "")
    (found,) = state.run(Stands(counters=(counter,)))
    return Decimal(found.spent).scaleb(-12), found.held


@MODES
@TRANSPORTS
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_a_time_out_costs_is_the_same_everywhere(server, fault, mode, transport):
    """Where the server had begun to answer it was free, though it may be billed."""
    server.set_fault("glm-4-flash", FAULTS[fault])
    state, costs, own = MemoryState(), CostCallbackHandler(baseline=None), MemoryLedger()
    router = SmartRouterRunnable.from_catalog(
        base_url=server.base_url,
        model="glm-4-flash",
        **TIMES,
        spend_limits=[LIMIT],
        state=state,
        stream_policy="buffer",
        checks=[],
        transport=transport,
        ledger=own,
    )
    answer = await called(router, mode, {"callbacks": [costs]})
    told = answer.response_metadata["smartroute"]
    assert [attempt["outcome"] for attempt in told["attempts"]] == ["failed", "accepted"]
    recorded = [record.cost_usd for record in costs.records]
    expect_same_accounts(costs.records, own.records())
    assert [_amount(attempt["cost"]) for attempt in told["attempts"]] == recorded
    spent, held = standing(state)
    assert held == 0
    has_words = "middle" in fault or "breaks" in fault
    if fault == "no answer" or ("stream" in mode and has_words):
        assert spent == sum(recorded) == Decimal(told["cost"])
        assert (recorded[0] == 0) == (fault == "no answer")
    else:
        # It may have cost anything, of which a limit knows the most.
        assert (told["cost"], recorded[0]) == (None, None)
        assert costs.records[0].usage.estimated
        assert spent - recorded[1] > WHOLE_ROOM


def _amount(told):
    return None if told is None else Decimal(told)


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
@pytest.mark.parametrize("fault", ["no answer", "no first token", "silence in the middle"])
async def test_a_structured_call_accounts_for_its_time_out_alike(server, fault, mode):
    """It is sent by the client of `openai` itself."""
    server.set_fault("one", FAULTS[fault])
    own = MemoryLedger()
    router = SmartRouterRunnable.from_catalog(
        catalog=CATALOG, base_url=server.base_url, fallbacks={"one": ["two"]}, ledger=own, **TIMES
    )
    structured = router.with_structured_output(SCHEMA, method="json_schema", include_raw=True)
    answer = await called(structured, mode, None)
    told = answer["raw"].response_metadata["smartroute"]
    costs = [_amount(attempt["cost"]) for attempt in told["attempts"]]
    assert costs == [record.cost_usd for record in own.records()]
    assert costs[0] == (0 if fault == "no answer" else None)


@MODES
@pytest.mark.parametrize("fault", ["no answer", "no first token", "signs of life alone"])
async def test_a_model_of_ones_own_accounts_for_its_time_out_alike(server, fault, mode):
    server.set_fault("one", FAULTS[fault])
    models = {
        name: ChatOpenAI(model=name, base_url=server.base_url, api_key="none")
        for name in ("one", "two")
    }
    state, own = MemoryState(), MemoryLedger()
    router = SmartRouterRunnable.from_models(
        models,
        default="one",
        fallbacks={"one": ["two"]},
        prices={name: Price(**PRICE) for name in models},
        stream_policy="buffer",
        ledger=own,
        state=state,
        spend_limits=[LIMIT],
        **TIMES,
    )
    answer = await called(router, mode, None)
    told = answer.response_metadata["smartroute"]
    costs = [_amount(attempt["cost"]) for attempt in told["attempts"]]
    assert costs == [record.cost_usd for record in own.records()]
    assert costs[0] == (0 if fault == "no answer" else None)
    assert standing(state)[0] > costs[1] or fault == "no answer"
