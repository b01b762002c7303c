"""A candidate that is a router itself counts once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_smartroute import (
    CostCallbackHandler,
    SmartRouterRunnable,
)
from langchain_smartroute.sandbox import Fault


def nothing_pending(costs):
    return not any((costs._running, costs._held, costs._open))


def pair(first, second):
    """A router that asks `first`, then `second`."""
    return SmartRouterRunnable.from_models({"cheap": first, "strong": second}, default="cheap")


@pytest.mark.parametrize("streaming", [False, True])
def test_a_candidate_that_is_a_router_counts_once(scripted, answered, dollars, streaming):
    costs = CostCallbackHandler()
    inner = SmartRouterRunnable.from_models({"small": scripted(script=[answered()])})
    outer = SmartRouterRunnable.from_models({"team": inner})
    config = {"callbacks": [costs]}
    if streaming:
        answer = add_ai_message_chunks(*outer.stream("Hello", config))
    else:
        answer = outer.invoke("Hello", config)
    expected = dollars("gpt-4o-mini", 100, 20)
    (record,) = costs.records
    assert record.cost_usd == expected
    assert record.outcome == "accepted"
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected
    assert answer.response_metadata["smartroute"]["model"] == "team"
    stats = costs.stats()
    assert stats.total_requests == 1
    assert stats.actual_cost_usd == expected
    assert stats.baseline_cost_usd == dollars("gpt-4o", 100, 20)
    assert nothing_pending(costs)


def test_attempts_inside_a_router_below_keep_their_outcomes_and_cost(scripted, answered, dollars):
    costs = CostCallbackHandler()
    inner = pair(
        scripted(script=[answered("", tokens=(90, 0))]),
        scripted(model_name="gpt-4o", script=[answered(tokens=(80, 7))]),
    )
    outer = SmartRouterRunnable.from_models({"team": inner})
    answer = outer.invoke("Hello", {"callbacks": [costs]})
    expected = dollars("gpt-4o-mini", 90, 0) + dollars("gpt-4o", 80, 7)
    assert [record.outcome for record in costs.records] == ["failed", "accepted"]
    assert costs.stats().actual_cost_usd == expected
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected
    assert costs.stats().baseline_cost_usd == dollars("gpt-4o", 80, 7)
    assert costs.stats().total_requests == 1


def test_a_fallback_from_a_router_below_is_still_one_request(scripted, answered, dollars):
    costs = CostCallbackHandler()
    inner = SmartRouterRunnable.from_models({"small": scripted(script=[RuntimeError("down")])})
    outer = pair(inner, scripted(model_name="gpt-4o", script=[answered()]))
    answer = outer.invoke("Hello", {"callbacks": [costs]})
    assert [record.outcome for record in costs.records] == ["failed", "accepted"]
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == dollars("gpt-4o", 100, 20)
    assert costs.stats().total_requests == 1
    assert nothing_pending(costs)


def test_an_answer_that_the_router_above_discards_adds_nothing_to_the_baseline(
    scripted, answered, dollars
):
    """The inner router hands on its empty answer; the outer one asks the next candidate."""
    costs = CostCallbackHandler(baseline="gpt-4o")
    inner = SmartRouterRunnable.from_models(
        {"small": scripted(script=[answered("", tokens=(90, 0))])}
    )
    outer = pair(inner, scripted(model_name="gpt-4o", script=[answered(tokens=(80, 7))]))
    answer = outer.invoke("Hello", {"callbacks": [costs]})
    assert answer.content == "Fine."
    assert costs.stats().baseline_cost_usd == dollars("gpt-4o", 80, 7)
    expected = dollars("gpt-4o-mini", 90, 0) + dollars("gpt-4o", 80, 7)
    assert costs.stats().actual_cost_usd == expected
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == expected


async def test_a_cancelled_call_through_two_routers_leaves_nothing_pending(scripted, answered):
    costs = CostCallbackHandler()
    inner = SmartRouterRunnable.from_models({"slow": scripted(script=[answered()], wait_s=60)})
    outer = SmartRouterRunnable.from_models({"team": inner})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outer.ainvoke("Hello", {"callbacks": [costs]}), timeout=0.5)
    assert [record.outcome for record in costs.records] == ["cancelled"]
    assert nothing_pending(costs)


def test_a_connection_that_breaks_before_any_header_is_a_failed_attempt(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="reset"))
    costs = CostCallbackHandler()
    router.invoke("Hello", {"callbacks": [costs]})
    # A reset before any header is tried again once.
    assert [record.outcome for record in costs.records] == ["failed", "failed", "accepted"]
    assert costs.records[0].cost_usd == 0
