from __future__ import annotations

import json
from decimal import Decimal

import pytest

from langchain_smartroute import Catalog
from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.cli.demo_requests import demo_requests
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.types import TASKS, Usage

REFERENCE = {
    "Write a Python function to merge sort an array": "deepseek-v4-pro",
    "Explain the Monty Hall problem with math": "deepseek-reasoner",
}


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load("default")


@pytest.fixture
def gateway(catalog):
    """A gateway that requires a key, in place of a real one."""
    with SandboxServer(models=sandbox_models(catalog), api_key="good") as server:
        yield server


def demo_json(smartroute, *arguments):
    shown = smartroute("demo", "--format", "json", *arguments)
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)


def test_at_least_forty_requests_cover_every_task_and_all_are_answered(smartroute):
    found = demo_json(smartroute)
    rows = found["requests"]
    assert len(rows) >= 40
    assert {row["task"] for row in rows} == set(TASKS)
    assert sum(row["image"] for row in rows) == 2
    assert {row["difficulty"] for row in rows} == {"easy", "medium", "hard"}
    assert all(row["answer"] and row["error"] is None for row in rows)
    assert found["stats"]["total_requests"] == len(rows)
    assert found["simulated"] is True


def test_the_reference_requests_route_as_published(smartroute):
    rows = demo_json(smartroute, "--requests", "3")["requests"]
    routes = {row["request"]: row["model"] for row in rows}
    assert REFERENCE.items() <= routes.items()
    assert rows[1]["model"] == "glm-4-flash"


def test_each_cost_is_its_usage_at_the_catalogs_price_and_they_add_up(smartroute, catalog):
    found = demo_json(smartroute)
    total, baseline = Decimal(0), Decimal(0)
    for row in found["requests"]:
        usage = Usage(**row["usage"])
        assert Decimal(row["cost_usd"]) == cost_usd(usage, catalog.models[row["model"]].price)
        total += Decimal(row["cost_usd"])
        baseline += cost_usd(usage, catalog.models["gpt-4o"].price)
    assert Decimal(found["stats"]["actual_cost_usd"]) == total
    assert Decimal(found["stats"]["baseline_cost_usd"]) == baseline
    assert found["stats"]["savings_pct"] == pytest.approx(float(100 - 100 * total / baseline))


def test_the_router_costs_no_less_than_always_cheapest(smartroute):
    routings = {r["name"]: r for r in demo_json(smartroute)["routings"]}
    cheapest = Decimal(routings["always the cheapest"]["cost_usd"])
    own = Decimal(routings["smartroute, balanced"]["cost_usd"])
    assert cheapest <= own
    assert cheapest <= Decimal(routings["always quality tier"]["cost_usd"])
    assert routings["all at gpt-4o"]["savings_pct"] == 0


def test_the_quality_tier_costs_what_always_quality_says(smartroute):
    found = demo_json(smartroute, "--tier", "quality", "--requests", "12")
    routings = {r["name"]: r["cost_usd"] for r in found["routings"]}
    assert Decimal(routings["smartroute, quality"]) == Decimal(routings["always quality tier"])


def test_more_requests_than_there_are_start_over():
    once = demo_requests()
    assert demo_requests(len(once) + 2) == [*once, *once[:2]]


@pytest.mark.parametrize("columns", [60, 100, 200])
def test_the_table_fits_and_says_that_it_is_simulated_and_where_prices_come_from(
    smartroute, columns
):
    shown = smartroute("demo", "--requests", "5", columns=columns)
    assert shown.exit_code == 0
    assert shown.stderr == ""
    assert max(len(line) for line in shown.stdout.splitlines()) <= columns
    flat = " ".join(shown.stdout.split())
    assert "Simulated: a local sandbox wrote the answers; no model was called" in flat
    assert "Prices: reference design: example gateway's price list, checked 2026-11-23." in flat
    for text in ("deepseek-v4-pro", "baseline gpt-4o", "saved", "always the cheapest"):
        assert text in flat
    assert ("answer (simulated)" in flat) is (columns == 200)


def test_models_with_an_endpoint_of_their_own_are_simulated_too(smartroute, catalog_file):
    found = demo_json(smartroute, "--catalog", catalog_file, "--requests", "5")
    assert {row["model"] for row in found["requests"]} == {"lone"}
    assert {row["cost_usd"] for row in found["requests"]} == {None}
    assert found["stats"]["unpriced_calls"] == 5
    assert found["stats"]["savings_pct"] is None


def test_an_unknown_cost_is_called_unknown(smartroute, catalog_file):
    shown = smartroute("demo", "--catalog", catalog_file, "--requests", "2").stdout
    assert "lone   unknown" in shown
    assert "Prices: unknown." in shown


def test_a_baseline_without_a_price_is_left_out(smartroute, catalog_file):
    catalog_file.write_text(f'baseline = "lone"\n{catalog_file.read_text()}', encoding="utf-8")
    found = demo_json(smartroute, "--catalog", catalog_file, "--requests", "1")
    assert found["stats"]["baseline"] is None
    assert not any(routing["name"].startswith("all at") for routing in found["routings"])


def test_sources_that_differ_are_listed_with_their_models(smartroute):
    shown = smartroute("demo", "--catalog", "openrouter", "--requests", "3", columns=200).stdout
    price = Catalog.load("openrouter").models["deepseek-v4-pro"].price
    assert f"\n  deepseek-v4-pro: {price.source}, checked {price.date}\n" in shown


def test_a_real_gateway_gets_the_key_of_the_named_variable(smartroute, gateway, monkeypatch):
    monkeypatch.setenv("MY_KEY", "good")
    arguments = ("--base-url", gateway.base_url, "--api-key-env", "MY_KEY", "--requests", "3")
    found = demo_json(smartroute, *arguments)
    assert found["simulated"] is False
    assert gateway.base_url in found["note"]
    assert len(gateway.requests) == 3


def test_the_key_comes_from_the_usual_variable_by_default(smartroute, gateway, monkeypatch):
    monkeypatch.setenv("SMARTROUTE_API_KEY", "good")
    shown = smartroute("demo", "--base-url", gateway.base_url, "--requests", "1")
    assert shown.exit_code == 0
    assert f"Answered by {gateway.base_url}" in " ".join(shown.stdout.split())
    assert "imulated" not in shown.stdout


def test_a_gateway_elsewhere_without_a_key_is_an_error_that_names_the_variable(smartroute):
    shown = smartroute("demo", "--base-url", "https://gateway.example/v1")
    assert shown.exit_code == 1
    assert "SMARTROUTE_API_KEY is not set" in shown.stderr
    assert "--api-key-env" in shown.stderr


def test_a_base_url_that_is_none_is_an_error(smartroute):
    shown = smartroute("demo", "--base-url", "gateway")
    assert shown.exit_code == 1
    assert "is not a URL" in shown.stderr


def test_a_wrong_key_fails_without_a_table(smartroute, gateway, monkeypatch):
    monkeypatch.setenv("SMARTROUTE_API_KEY", "bad")
    shown = smartroute("demo", "--base-url", gateway.base_url, "--requests", "2")
    assert shown.exit_code == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("Error: 2 of 2 requests failed; the first with ")
    assert "Traceback" not in shown.stderr


def test_requests_that_fail_are_marked_and_the_others_shown(smartroute):
    text_only = [SandboxModel(name=name) for name in Catalog.load("default").models]
    with SandboxServer(models=text_only) as server:
        shown = smartroute("demo", "--base-url", server.base_url, "--requests", "5")
        counted = smartroute(
            "demo", "--base-url", server.base_url, "--requests", "5", "--format", "json"
        )
    assert shown.exit_code == counted.exit_code == 1
    assert "1 of 5 requests failed" in shown.stderr
    assert "failed" in shown.stdout
    errors = [row["error"] for row in json.loads(counted.stdout)["requests"]]
    assert [error is None for error in errors] == [True, True, True, True, False]


def test_a_fallback_is_counted_with_its_failed_attempt(smartroute, gateway, monkeypatch):
    monkeypatch.setenv("SMARTROUTE_API_KEY", "good")
    gateway.set_fault("deepseek-v4-pro", Fault(kind="status", status=503))
    found = demo_json(smartroute, "--base-url", gateway.base_url, "--requests", "1")
    assert found["requests"][0]["model"] != "deepseek-v4-pro"
    assert len(gateway.requests) == 2
