"""What LangSmith is told of a model run, from the form in which it keeps an answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage
from langchain_core.tracers.langchain import LangChainTracer

from langchain_smartroute.execution.langsmith import _PricingTracer

PRICE = {
    "input_usd_per_mtok": "1.5",
    "output_usd_per_mtok": "2",
    "source": "test",
    "date": "2026-01-01",
}
USAGE = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}


def told(monkeypatch, message, *, kind="llm", **metadata):
    sent = []
    monkeypatch.setattr(LangChainTracer, "_update_run_single", staticmethod(sent.append))
    found = {"smartroute_price": PRICE, "smartroute_input_tokens": 40, **metadata}
    outputs = None if message is None else {"generations": [[{"message": dumpd(message)}]]}
    run = SimpleNamespace(run_type=kind, outputs=outputs, extra={"metadata": found})
    _PricingTracer._update_run_single(run)
    assert sent == [run]
    return run.extra["metadata"]


def test_costs_are_told_in_parts_that_add_up(monkeypatch):
    found = told(monkeypatch, AIMessage("hi", usage_metadata=USAGE), usage_metadata=USAGE)
    assert found["usage_metadata"] == {
        **USAGE,
        "input_cost": 0.00015,
        "output_cost": 0.00002,
        "total_cost": 0.00017,
    }
    assert found["smartroute_run_cost"] == "0.0001700"


def test_an_answer_out_of_the_cache_is_free(monkeypatch):
    cached = AIMessage("hi", usage_metadata={**USAGE, "total_cost": 0})
    assert told(monkeypatch, cached)["usage_metadata"] == {"total_cost": 0.0}


def test_usage_that_nobody_reports_is_estimated(monkeypatch):
    found = told(monkeypatch, AIMessage("three words here"))["usage_metadata"]
    assert found["input_tokens"] == 40
    assert found["output_tokens"] > 0
    assert found["total_cost"] == pytest.approx((40 * 1.5 + found["output_tokens"] * 2) / 1e6)


def test_a_run_that_said_nothing_cost_nothing(monkeypatch):
    assert told(monkeypatch, AIMessage(""))["usage_metadata"]["total_cost"] == 0


def test_a_service_tier_without_a_price_is_unknown(monkeypatch):
    flex = AIMessage("hi", usage_metadata=USAGE, response_metadata={"service_tier": "flex"})
    assert "smartroute_run_cost" not in told(monkeypatch, flex)


@pytest.mark.parametrize(
    ("message", "more"),
    [
        (None, {}),
        (AIMessage("hi", usage_metadata=USAGE), {"smartroute_price": None}),
        (AIMessage("hi", usage_metadata=USAGE), {"ls_model_name": "another model below it"}),
        (AIMessage("hi", usage_metadata=USAGE), {"kind": "chain"}),
    ],
)
def test_a_run_that_is_not_the_candidates_own_is_left_as_it_is(monkeypatch, message, more):
    found = told(monkeypatch, message, **more)
    assert "smartroute_run_cost" not in found
    assert "usage_metadata" not in found
