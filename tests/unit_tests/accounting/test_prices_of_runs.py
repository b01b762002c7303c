"""Which price counts, and what an unknown price and a price of zero mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from langchain_openai import ChatOpenAI

from langchain_smartroute import (
    CostCallbackHandler,
    ModelSpec,
    Price,
    SmartRouterRunnable,
)
from langchain_smartroute.sandbox import Fault

MILLION = Decimal(1_000_000)
PRICE = Price(
    input_usd_per_mtok="2.50",
    cached_input_usd_per_mtok="1.25",
    output_usd_per_mtok="10",
    source="a test",
    date=date(2026, 11, 23),
)
FREE = PRICE.model_copy(
    update={
        "input_usd_per_mtok": Decimal(0),
        "cached_input_usd_per_mtok": Decimal(0),
        "output_usd_per_mtok": Decimal(0),
    }
)


def specified(server, *prices, alias="small", model="gpt-4o-mini"):
    """A router with one model of its own, at its own prices."""
    spec = ModelSpec(alias=alias, model=model, prices=prices)
    return SmartRouterRunnable.from_models({alias: spec}, base_url=server.base_url)


def test_an_unknown_price_is_unknown_and_never_zero(sandbox):
    costs = CostCallbackHandler()
    answer = specified(sandbox).invoke("Hello", {"callbacks": [costs]})
    info = answer.response_metadata["smartroute"]
    assert info["cost"] is None
    assert [attempt["cost"] for attempt in info["attempts"]] == [None]
    (record,) = costs.records
    assert (record.cost_usd, record.price_source, record.price_date) == (None, None, None)
    assert record.usage.total_tokens > 0
    stats = costs.stats()
    assert stats.unpriced_calls == 1
    assert stats.actual_cost_usd == 0
    assert stats.savings_pct is None
    assert "unknown" in costs.report()
    assert "1 unpriced" in costs.report()


def test_one_unknown_price_makes_the_savings_of_all_calls_unknown(sandbox, router):
    costs = CostCallbackHandler()
    config = {"callbacks": [costs]}
    router.invoke("Hello", config)
    assert costs.stats().savings_pct is not None
    specified(sandbox).invoke("Hello", config)
    stats = costs.stats()
    assert stats.savings_pct is None
    assert stats.actual_cost_usd == costs.records[0].cost_usd > 0


def test_a_price_of_zero_is_known_and_costs_nothing(sandbox):
    costs = CostCallbackHandler()
    answer = specified(sandbox, FREE).invoke("Hello", {"callbacks": [costs]})
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == 0
    (record,) = costs.records
    assert record.cost_usd == 0
    assert record.cost_usd is not None
    assert record.price_source == "a test"
    stats = costs.stats()
    assert stats.unpriced_calls == 0
    assert stats.savings_pct == 100


def test_the_routers_price_counts_before_the_catalogs(sandbox):
    costs = CostCallbackHandler()
    answer = specified(sandbox, PRICE, model="gpt-4o-mini").invoke("Hello", {"callbacks": [costs]})
    usage = answer.usage_metadata
    expected = (usage["input_tokens"] * Decimal("2.50") + usage["output_tokens"] * 10) / MILLION
    assert costs.records[0].cost_usd == expected


def test_the_latest_price_in_force_counts(sandbox):
    older = PRICE.model_copy(update={"date": date(2025, 1, 1), "source": "old"})
    newer = FREE.model_copy(update={"date": date(2026, 11, 20), "source": "new"})
    costs = CostCallbackHandler()
    specified(sandbox, newer, older).invoke("Hello", {"callbacks": [costs]})
    (record,) = costs.records
    assert (record.cost_usd, record.price_source) == (0, "new")
    assert record.price_date == date(2026, 11, 20)


def test_a_price_that_is_announced_is_not_charged_yet(sandbox):
    announced = FREE.model_copy(update={"valid_from": date(2999, 1, 1)})
    costs = CostCallbackHandler()
    specified(sandbox, announced, PRICE).invoke("Hello", {"callbacks": [costs]})
    assert costs.records[0].cost_usd > 0


def test_a_handlers_catalog_prices_models_that_no_shipped_catalog_knows(scripted, answered):
    catalog = {"models": {"own": {"model": "own-model", "prices": [PRICE.model_dump()]}}}
    costs = CostCallbackHandler(catalog=catalog)
    scripted(model_name="own-model", script=[answered()]).invoke("Hello", {"callbacks": [costs]})
    expected = (100 * Decimal("2.50") + 20 * Decimal(10)) / MILLION
    assert costs.records[0].cost_usd == expected


def test_each_run_of_a_candidate_with_its_own_fallbacks_has_its_models_price(sandbox, dollars):
    """`strong.with_fallbacks([cheap])` as one candidate: what ran is what is billed."""
    sandbox.set_fault("gpt-4o", Fault(kind="status", status=503))
    costs = CostCallbackHandler()
    strong, cheap = (
        ChatOpenAI(model=name, base_url=sandbox.base_url, api_key="none", max_retries=0)
        for name in ("gpt-4o", "gpt-4o-mini")
    )
    router = SmartRouterRunnable.from_models({"pair": strong.with_fallbacks([cheap])})
    answer = router.invoke("Hello", {"callbacks": [costs]})
    usage = answer.usage_metadata
    assert [record.outcome for record in costs.records] == ["failed", "accepted"]
    assert [record.model_name for record in costs.records] == [None, "gpt-4o-mini"]
    expected = dollars("gpt-4o-mini", usage["input_tokens"], usage["output_tokens"])
    assert costs.records[1].cost_usd == expected
    # Which of the two answered, the router cannot see; only the handler can.
    assert answer.response_metadata["smartroute"]["cost"] is None
