"""Statistics of records: cost, baseline, savings; the report; an empty ledger."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    CostCallbackHandler,
    CostStats,
    ModelSpec,
    Price,
    SmartRouterRunnable,
    track_costs,
)
from langchain_smartroute.sandbox import Fault

KEYS_OF_THE_ISSUE = {
    "total_requests",
    "total_tokens",
    "actual_cost_usd",
    "unpriced_calls",
    "baseline_cost_usd",
    "savings_pct",
    "mean_latency_s",
    "model_distribution",
}
CATALOG = Catalog.load("default")
PRICED = [alias for alias, spec in CATALOG.models.items() if spec.price]
PRICE = Price(
    input_usd_per_mtok="3", output_usd_per_mtok="7", source="a test", date=date(2026, 1, 2)
)


def run_model(costs, model, given_tokens, made_tokens, *, latency=None):
    """A model run as LangChain reports it to a handler."""
    run_id = uuid4()
    costs.on_chat_model_start(
        None, [[HumanMessage("Hello")]], run_id=run_id, metadata={"ls_model_name": model}
    )
    usage = {
        "input_tokens": given_tokens,
        "output_tokens": made_tokens,
        "total_tokens": given_tokens + made_tokens,
    }
    message = AIMessage(content="Fine.", usage_metadata=usage)
    costs.on_llm_end(LLMResult(generations=[[ChatGeneration(message=message)]]), run_id=run_id)


def test_an_empty_log_gives_zeros_and_none():
    stats = CostCallbackHandler().stats()
    assert (stats.total_requests, stats.total_tokens, stats.unpriced_calls) == (0, 0, 0)
    assert stats.actual_cost_usd == 0
    assert isinstance(stats.actual_cost_usd, Decimal)
    assert stats.savings_pct is None
    assert stats.mean_latency_s is None
    assert stats.model_distribution == {}
    assert not stats.baseline_cost_usd


def test_the_report_of_an_empty_log_divides_by_nothing():
    report = CostCallbackHandler().report()
    assert "gpt-4o" in report
    assert "unknown" in report


def test_statistics_are_frozen():
    stats = CostCallbackHandler().stats()
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.total_requests = 7


@pytest.mark.parametrize("calls", [0, 1])
def test_as_dict_has_the_keys_of_the_issue(router, calls):
    costs = CostCallbackHandler()
    for _ in range(calls):
        router.invoke("Hello", {"callbacks": [costs]})
    figures = costs.stats().as_dict()
    assert figures.keys() >= KEYS_OF_THE_ISSUE
    assert figures.keys() == {f.name for f in dataclasses.fields(CostStats)}
    assert json.loads(json.dumps(figures, default=str)).keys() == figures.keys()


def test_as_dict_is_a_copy(router):
    costs = CostCallbackHandler()
    router.invoke("Hello", {"callbacks": [costs]})
    stats = costs.stats()
    stats.as_dict()["model_distribution"]["nobody"] = 99
    assert "nobody" not in stats.model_distribution


def test_statistics_of_a_small_script_by_hand(sandbox, scripted, answered, dollars):
    """Three requests: one answered at once, one after a failure, one from a dear model."""
    costs = CostCallbackHandler(baseline="gpt-4o")
    config = {"callbacks": [costs]}
    cheap = scripted(
        script=[answered(tokens=(1_000, 200)), RuntimeError("down"), answered(tokens=(300, 40))]
    )
    dear = scripted(
        model_name="gpt-4o",
        script=[answered(tokens=(2_000, 100)), answered(tokens=(500, 50))],
    )
    router = SmartRouterRunnable.from_models({"cheap": cheap, "dear": dear}, default="cheap")
    router.invoke("One", config)
    router.invoke("Two", config)
    router.invoke("Three", {**config, "configurable": {"smartroute": {"model": "dear"}}})
    spent = (
        dollars("gpt-4o-mini", 1_000, 200)
        + dollars("gpt-4o", 2_000, 100)
        + dollars("gpt-4o", 500, 50)
    )
    baseline = (
        dollars("gpt-4o", 1_000, 200) + dollars("gpt-4o", 2_000, 100) + dollars("gpt-4o", 500, 50)
    )
    stats = costs.stats()
    assert stats.total_requests == 3
    assert stats.total_tokens == 1_200 + 2_100 + 550
    assert stats.actual_cost_usd == spent
    assert stats.baseline_cost_usd == baseline
    assert stats.savings_pct == pytest.approx(float((baseline - spent) / baseline * 100))
    assert stats.model_distribution == {"dear": 2, "cheap": 1}
    assert list(stats.model_distribution) == ["dear", "cheap"]
    assert stats.unpriced_calls == stats.estimated_calls == 0
    total_latency = sum(record.latency_s for record in costs.records)
    assert stats.mean_latency_s == pytest.approx(total_latency / 3)


def test_the_baseline_prices_output_tokens_at_the_output_price(scripted, answered):
    """The reference design priced all tokens at the input price; that hides most of the cost."""
    costs = CostCallbackHandler(baseline="gpt-4o")
    router = SmartRouterRunnable.from_models(
        {"small": scripted(script=[answered(tokens=(10, 90))])}
    )
    router.invoke("Hello", {"callbacks": [costs]})
    price = CATALOG.models["gpt-4o"].price
    million = Decimal(1_000_000)
    expected = (10 * price.input_usd_per_mtok + 90 * price.output_usd_per_mtok) / million
    assert costs.stats().baseline_cost_usd == expected
    assert expected != 100 * price.input_usd_per_mtok / million


def test_the_same_model_as_the_baseline_saves_nothing(router):
    costs = CostCallbackHandler(baseline="gpt-4o")
    router.with_route(model="gpt-4o").invoke("Hello", {"callbacks": [costs]})
    stats = costs.stats()
    assert stats.actual_cost_usd == stats.baseline_cost_usd > 0
    assert stats.savings_pct == 0


def test_a_dearer_model_than_the_baseline_has_negative_savings(router):
    costs = CostCallbackHandler(baseline="gpt-4o-mini")
    router.with_route(model="gpt-4o").invoke("Hello", {"callbacks": [costs]})
    assert costs.stats().savings_pct < 0


def test_discarded_answers_count_against_the_savings(scripted, answered, dollars):
    costs = CostCallbackHandler(baseline="gpt-4o")
    router = SmartRouterRunnable.from_models(
        {
            "first": scripted(model_name="gpt-4o", script=[answered("", tokens=(100, 0))]),
            "second": scripted(model_name="gpt-4o", script=[answered(tokens=(100, 20))]),
        }
    )
    router.invoke("Hello", {"callbacks": [costs]})
    stats = costs.stats()
    assert stats.baseline_cost_usd == dollars("gpt-4o", 100, 20)
    assert stats.actual_cost_usd == stats.baseline_cost_usd + dollars("gpt-4o", 100, 0)
    assert stats.savings_pct < 0


def test_an_unknown_baseline_is_a_configuration_error_that_says_what_to_do():
    for make in (CostCallbackHandler, lambda baseline: track_costs(baseline).__enter__()):
        with pytest.raises(ConfigurationError) as raised:
            make(baseline="no-such-model")
        message = str(raised.value)
        assert "no-such-model" in message
        assert "baseline=None" in message
        assert "baseline_price" in message


def test_without_a_baseline_there_is_nothing_to_compare(router):
    costs = CostCallbackHandler(baseline=None)
    router.invoke("Hello", {"callbacks": [costs]})
    stats = costs.stats()
    assert (stats.baseline, stats.baseline_cost_usd, stats.savings_pct) == (None, None, None)
    assert stats.actual_cost_usd > 0
    assert "none" in costs.report()


def test_a_baseline_of_ones_own_has_ones_own_price(scripted, answered):
    costs = CostCallbackHandler(baseline="house-model", baseline_price=PRICE)
    router = SmartRouterRunnable.from_models({"small": scripted(script=[answered(tokens=(10, 5))])})
    router.invoke("Hello", {"callbacks": [costs]})
    assert costs.stats().baseline_cost_usd == (10 * 3 + 5 * 7) / Decimal(1_000_000)
    assert "house-model" in costs.report()


def test_a_baseline_may_come_from_the_handlers_catalog():
    spec = ModelSpec(alias="house-model", prices=[PRICE])
    costs = CostCallbackHandler("house-model", catalog=Catalog(models=[spec]))
    run_model(costs, "house-model", 1_000_000, 1_000_000)
    assert costs.stats().baseline_cost_usd == costs.stats().actual_cost_usd == 10


def test_the_report_names_baseline_price_date_and_source(router):
    costs = CostCallbackHandler(baseline="gpt-4o")
    for text in ("Hello", "Translate to German: good morning"):
        router.invoke(text, {"callbacks": [costs]})
    report, stats = costs.report(), costs.stats()
    price = CATALOG.models["gpt-4o"].price
    for fact in (
        "gpt-4o",
        str(price.date),
        price.source,
        str(price.input_usd_per_mtok),
        str(price.output_usd_per_mtok),
        f"{stats.savings_pct:.1f}",
        f"{stats.total_tokens:,}",
        *stats.model_distribution,
    ):
        assert fact in report


def test_the_mean_latency_is_per_request_with_all_its_attempts(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    costs = CostCallbackHandler()
    router.invoke("Hello", {"callbacks": [costs]})
    assert len(costs.records) == 2
    latencies = [record.latency_s for record in costs.records]
    assert costs.stats().mean_latency_s == pytest.approx(sum(latencies))


def test_records_are_a_snapshot(router):
    costs = CostCallbackHandler()
    before = costs.records
    router.invoke("Hello", {"callbacks": [costs]})
    assert before == ()
    assert len(costs.records) == 1
    assert isinstance(costs.records, tuple)
    with pytest.raises(dataclasses.FrozenInstanceError):
        costs.records[0].cost_usd = Decimal(0)


runs = st.lists(
    st.tuples(
        st.sampled_from([*PRICED, "nobody-knows"]),
        st.integers(min_value=1, max_value=10**6),
        st.integers(min_value=0, max_value=10**6),
    ),
    max_size=30,
)


@given(runs=runs)
def test_statistics_are_the_exact_sums_of_the_records(runs):
    costs = CostCallbackHandler(baseline="gpt-4o")
    for model, given_tokens, made_tokens in runs:
        run_model(costs, model, given_tokens, made_tokens)
    stats = costs.stats()
    known = [
        (i * spec.price.input_usd_per_mtok + o * spec.price.output_usd_per_mtok) / 10**6
        for model, i, o in runs
        if (spec := CATALOG.models.get(model))
    ]
    assert stats.total_requests == len(costs.records) == len(runs)
    assert stats.total_tokens == sum(i + o for _, i, o in runs)
    assert stats.actual_cost_usd == sum(known, Decimal(0))
    assert stats.unpriced_calls == len(runs) - len(known)
    assert sum(stats.model_distribution.values()) == len(runs)
    if stats.unpriced_calls:
        assert stats.savings_pct is None
    assert costs.report()


@given(runs=runs, seed=st.integers())
def test_the_order_of_runs_changes_no_figure(runs, seed):
    shuffled = random.Random(seed).sample(runs, len(runs))  # noqa: S311 - no secret
    totals = []
    for order in (runs, shuffled):
        costs = CostCallbackHandler()
        for run in order:
            run_model(costs, *run)
        figures = costs.stats().as_dict()
        del figures["mean_latency_s"]
        totals.append(figures)
    assert totals[0] == totals[1]
