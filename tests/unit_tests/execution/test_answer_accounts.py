"""The account in `response_metadata["smartroute"]`: JSON, exact, unknown as null."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

# Prices of the scripted candidates: $2 in and $8 out per million tokens.
USAGE = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
COST = (100 * Decimal(2) + 10 * Decimal(8)) / 1_000_000
ESTIMATED_INPUT = 70


def account(answer):
    return answer.response_metadata["smartroute"]


async def test_the_account_says_what_was_decided(call, chain_of, scripted):
    found = account(await call(chain_of(scripted("fine", usage=USAGE))))
    assert {key: value for key, value in found.items() if key not in ("cost", "attempts")} == {
        "decision_id": "decision-1",
        "model": "a",
        "route": "a",
        "task": "code",
        "difficulty": "hard",
        "tier": "quality",
        "reason": "code in tier quality of the routing table",
        "policy": "table/1",
        "unmet_checks": [],
        "failed_checks": [],
        "baseline": None,
        "baseline_cost": None,
        "savings": None,
    }


async def test_the_account_is_json(call, chain_of, scripted):
    chain = chain_of(scripted(error=ValueError("no")), scripted("fine", usage=USAGE))
    found = account(await call(chain))
    assert json.loads(json.dumps(found)) == found


async def test_every_attempt_has_its_six_facts(call, chain_of, scripted):
    chain = chain_of(scripted(error=ValueError("no")), scripted("fine", usage=USAGE))
    for attempt in account(await call(chain))["attempts"]:
        assert set(attempt) == {"model", "outcome", "reason", "latency_s", "cost", "purpose"}
        assert attempt["latency_s"] >= 0


async def test_cost_is_a_string_of_the_exact_amount(call, chain_of, scripted):
    found = account(await call(chain_of(scripted("fine", usage=USAGE))))
    assert isinstance(found["cost"], str)
    assert Decimal(found["cost"]) == COST
    assert Decimal(found["attempts"][0]["cost"]) == COST
    assert "E" not in found["cost"]


async def test_a_small_cost_is_written_out(call, chain_of, scripted):
    usage = {"input_tokens": 1, "output_tokens": 0, "total_tokens": 1}
    found = account(await call(chain_of(scripted("x", usage=usage))))
    assert Decimal(found["cost"]) == Decimal(2) / 1_000_000
    assert "E" not in found["cost"].upper()


async def test_an_unknown_price_is_null_and_never_zero(call, chain_of, scripted):
    found = account(await call(chain_of(scripted("fine", usage=USAGE), priced=False)))
    assert found["cost"] is None
    assert found["attempts"][0]["cost"] is None


async def test_the_cost_of_all_attempts_is_added(call, chain_of, scripted):
    """An empty answer was billed as well."""
    found = account(await call(chain_of(scripted(usage=USAGE), scripted("x", usage=USAGE))))
    assert Decimal(found["cost"]) == 2 * COST
    assert [Decimal(attempt["cost"]) for attempt in found["attempts"]] == [COST, COST]


async def test_a_failure_before_any_content_costs_nothing(call, chain_of, scripted):
    chain = chain_of(scripted(error=ValueError("no")), scripted("x", usage=USAGE))
    found = account(await call(chain))
    assert [Decimal(attempt["cost"]) for attempt in found["attempts"]] == [0, COST]
    assert Decimal(found["cost"]) == COST


async def test_a_missing_usage_is_estimated(call, chain_of, scripted):
    text = "fine" * 30
    found = account(await call(chain_of(scripted(text))))
    output = -(-len(text.encode()) // 3)
    assert Decimal(found["cost"]) == (ESTIMATED_INPUT * Decimal(2) + output * Decimal(8)) / 10**6


async def test_a_broken_stream_is_billed_for_what_came(streamed, chain_of, scripted):
    from langchain_smartroute import StreamInterruptedError

    text = "fine" * 30
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(chain_of(scripted(text, error=ValueError("no"))))
    output = -(-len(text.encode()) // 3)
    (attempt,) = caught.value.attempts
    assert attempt.cost_usd == (ESTIMATED_INPUT * Decimal(2) + output * Decimal(8)) / 10**6


async def test_an_answer_from_the_cache_is_free_and_says_so(chain_of, scripted):
    chain = chain_of(scripted("fine", usage=USAGE, cache=InMemoryCache()))
    first, second = (account(chain.invoke("hi")) for _ in range(2))
    assert (first["attempts"][0]["outcome"], Decimal(first["cost"])) == ("accepted", COST)
    assert (second["attempts"][0]["outcome"], Decimal(second["cost"])) == ("cached", 0)
    assert second["model"] == "a"


@pytest.mark.parametrize(("inner", "cost"), [("0.25", "0.25"), (None, None)])
async def test_a_candidate_that_is_a_router_has_counted_already(call, chain_of, inner, cost):
    told = AIMessage(
        "fine",
        usage_metadata=USAGE,
        response_metadata={"smartroute": {"cost": inner, "model": "inner"}},
    )
    found = account(await call(chain_of(RunnableLambda(lambda _: told))))
    assert found["cost"] == cost
    assert found["model"] == "a"


async def test_latency_is_each_attempts_own(chain_of, scripted):
    import time

    def slow(_):
        time.sleep(0.05)
        return "fine"

    chain = chain_of(scripted(error=ValueError("no")), RunnableLambda(slow))
    failed, accepted = account(chain.invoke("hi"))["attempts"]
    assert failed["latency_s"] < 0.05 <= accepted["latency_s"]


async def test_what_was_tried_is_frozen(chain_of, scripted, watcher):
    chain_of(scripted("fine")).invoke("hi", {"callbacks": [watcher]})
    attempt = watcher.settled[0][1][0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        attempt.outcome = "failed"


async def test_floats_are_nowhere_in_the_usage_of_an_answer(call, chain_of, scripted):
    """A float in `usage_metadata` breaks LangChain's own addition of usages."""
    answer = await call(chain_of(scripted("fine", usage=USAGE)))
    assert answer.usage_metadata == USAGE
