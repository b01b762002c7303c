"""Answers from LangChain's cache are free."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.messages import AIMessage

from langchain_smartroute import (
    CostCallbackHandler,
    SmartRouterRunnable,
)


@pytest.fixture
def shared_cache():
    set_llm_cache(InMemoryCache())
    yield
    set_llm_cache(None)


async def test_a_hit_of_the_global_cache_is_cached_and_free(sandbox, router, shared_cache):
    costs = CostCallbackHandler()
    config = {"callbacks": [costs]}
    router.invoke("Hello", config)
    first = costs.stats()
    sync_hit = router.invoke("Hello", config)
    async_hit = await router.ainvoke("Hello", config)
    assert len(sandbox.requests) == 1
    assert [record.outcome for record in costs.records] == ["accepted", "cached", "cached"]
    for record, answer in zip(costs.records[1:], (sync_hit, async_hit), strict=True):
        info = answer.response_metadata["smartroute"]
        assert record.cost_usd == 0
        assert record.usage.total_tokens == 0
        assert Decimal(info["cost"]) == 0
        assert info["attempts"][0]["outcome"] == "cached"
        assert info["decision_id"] == record.decision_id
    stats = costs.stats()
    assert stats.total_requests == 3
    assert stats.actual_cost_usd == first.actual_cost_usd
    assert stats.baseline_cost_usd == first.baseline_cost_usd
    assert stats.total_tokens == first.total_tokens
    assert stats.savings_pct == first.savings_pct


def test_a_hit_of_the_routers_own_cache_is_cached_and_free(sandbox):
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, cache=InMemoryCache())
    for _ in range(2):
        router.invoke("Hello", {"callbacks": [costs]})
    assert [record.outcome for record in costs.records] == ["accepted", "cached"]
    assert costs.records[1].cost_usd == 0


def test_a_hit_of_a_models_own_cache_outside_a_router_is_cached_and_free(scripted, answered):
    costs = CostCallbackHandler()
    model = scripted(script=[answered()], cache=InMemoryCache())
    for _ in range(2):
        model.invoke("Hello", {"callbacks": [costs]})
    assert [record.outcome for record in costs.records] == ["accepted", "cached"]
    assert costs.records[1].cost_usd == 0
    assert model.calls == 1


def test_a_cache_hit_without_any_usage_is_free_too(scripted):
    costs = CostCallbackHandler()
    model = scripted(script=[AIMessage(content="Fine.")], cache=InMemoryCache())
    router = SmartRouterRunnable.from_models({"small": model})
    for _ in range(2):
        answer = router.invoke("Hello", {"callbacks": [costs]})
    first, second = costs.records
    assert first.usage.estimated
    assert (second.outcome, second.cost_usd) == ("cached", 0)
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == 0


def test_a_cache_hit_of_an_unpriced_model_is_free_and_priced(scripted, answered):
    costs = CostCallbackHandler()
    model = scripted(model_name="nobody-knows", script=[answered()], cache=InMemoryCache())
    router = SmartRouterRunnable.from_models({"small": model})
    for _ in range(2):
        router.invoke("Hello", {"callbacks": [costs]})
    assert [record.cost_usd for record in costs.records] == [None, Decimal(0)]
    assert costs.stats().unpriced_calls == 1
