"""An attempt whose time was up: the answer's account, the records and the limits say the same.

Limits settled it at the price of its input where it was asynchronous, as if the caller had
cancelled it, while account and records took it as free.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, SpendLimit
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


@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_a_time_out_costs_is_the_same_everywhere(server, fault, mode):
    server.set_fault("glm-4-flash", FAULTS[fault])
    state, costs = MemoryState(), CostCallbackHandler(baseline=None)
    router = SmartRouterRunnable.from_catalog(
        base_url=server.base_url,
        model="glm-4-flash",
        timeout_s=0.8,
        first_token_timeout_s=0.5,
        idle_timeout_s=0.5,
        spend_limits=[LIMIT],
        state=state,
        stream_policy="buffer",
        checks=[],
    )
    answer = await called(router, mode, {"callbacks": [costs]})
    told = answer.response_metadata["smartroute"]
    assert [attempt["outcome"] for attempt in told["attempts"]] == ["failed", "accepted"]
    recorded = [record.cost_usd for record in costs.records]
    assert [_amount(attempt["cost"]) for attempt in told["attempts"]] == recorded
    counter = LIMIT.counter(LIMIT.window(datetime.now(tz=UTC), request_id=""), "")
    (standing,) = state.run(Stands(counters=(counter,)))
    spent = Decimal(standing.spent).scaleb(-12)
    assert standing.held == 0
    if "cut" in FAULTS[fault].kind and "invoke" in mode:
        # A plain answer of which nothing can be read may have cost anything: at least its input.
        assert (told["cost"], recorded[0]) == (None, None)
        assert costs.records[0].usage.estimated
        assert spent > recorded[1]
    else:
        assert spent == sum(recorded) == Decimal(told["cost"])


def _amount(told):
    return None if told is None else Decimal(told)
