from __future__ import annotations

import json
from decimal import Decimal

import pytest

from langchain_smartroute import QualityPolicy, SmartRouterRunnable
from langchain_smartroute.cli.options import TierName
from langchain_smartroute.types import TIERS

MERGE_SORT = "Write a Python function to merge sort an array"


def test_the_tiers_on_offer_are_those_of_the_package():
    assert tuple(TierName) == TIERS
    assert [name.tier for name in TierName] == list(TIERS)


@pytest.mark.parametrize("tier", TIERS)
def test_json_is_the_decision_of_the_router(smartroute, tier):
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1", tier=tier)
    decision = router.explain(MERGE_SORT)
    shown = json.loads(smartroute("explain", MERGE_SORT, "--tier", tier, "--format", "json").stdout)
    assert shown["model"] == decision.model
    assert tuple(shown["chain"]) == decision.chain
    assert shown["chain_reasons"] == dict(decision.chain_reasons)
    assert shown["scores"] == dict(decision.scores)
    assert Decimal(shown["estimated_cost_usd"]) == decision.estimated_cost_usd
    assert shown["tier"] == tier


def test_the_table_is_the_decision_in_words(smartroute):
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1")
    shown = smartroute("explain", MERGE_SORT)
    assert shown.exit_code == 0
    assert shown.stdout == f"{router.explain(MERGE_SORT)}\n"


def test_a_dash_reads_the_request_from_standard_input(smartroute):
    typed = smartroute("explain", "Translate this to French: hi")
    piped = smartroute("explain", "-", text="Translate this to French: hi")
    assert piped.stdout == typed.stdout


@pytest.mark.parametrize(("argument", "text"), [("", None), ("-", ""), ("-", " \n")])
def test_nothing_to_explain_is_wrong_usage(smartroute, argument, text):
    shown = smartroute("explain", argument, text=text)
    assert shown.exit_code == 2
    assert "no text" in shown.output


def test_a_ceiling_moves_the_route_to_what_fits(smartroute):
    free = json.loads(smartroute("explain", MERGE_SORT, "--format", "json").stdout)
    ceiling = Decimal(free["estimated_cost_usd"]) / 2
    arguments = ("explain", MERGE_SORT, "--max-cost-usd", f"{ceiling:f}", "--format", "json")
    held = json.loads(smartroute(*arguments).stdout)
    assert free["model"] in held["excluded"]
    assert Decimal(held["estimated_cost_usd"]) <= ceiling


def test_a_ceiling_below_everything_is_an_error_with_each_estimate(smartroute):
    shown = smartroute("explain", MERGE_SORT, "--max-cost-usd", "0")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: max_cost_usd = 0 ")
    assert "glm-4-flash: estimate of $" in shown.stderr


@pytest.mark.parametrize("amount", ["cheap", "-1", "NaN", "Infinity"])
def test_a_ceiling_that_is_no_amount_is_wrong_usage(smartroute, amount):
    shown = smartroute("explain", "hi", "--max-cost-usd", amount)
    assert shown.exit_code == 2
    assert "US dollars" in shown.output


def test_an_unknown_price_is_called_so_and_is_null_in_json(smartroute, catalog_file):
    arguments = ("explain", "hi", "--catalog", catalog_file)
    assert "unknown price" in smartroute(*arguments).stdout
    assert (
        json.loads(smartroute(*arguments, "--format", "json").stdout)["estimated_cost_usd"] is None
    )


def test_catalogs_with_endpoints_of_their_own_need_no_key(smartroute):
    for name in ("openai", "openrouter"):
        assert smartroute("explain", MERGE_SORT, "--catalog", name).exit_code == 0


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_lines_fit_the_terminal_and_what_is_broken_off_is_indented(smartroute, columns):
    shown = smartroute("explain", MERGE_SORT, "--max-cost-usd", "0.001", columns=columns)
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert max(len(line) for line in lines) <= columns
    assert not any(line[:1].isspace() is False for line in lines[1:])


def test_a_policy_can_be_named_or_read_from_a_file(smartroute, tmp_path):
    shown = json.loads(
        smartroute("explain", MERGE_SORT, "--policy", "quality", "--format", "json").stdout
    )
    assert shown["policy"] == "quality/1"
    assert shown["predicted"]["deepseek-v4-pro"] == 0.9
    policy = QualityPolicy(bar=0.95)
    policy.predictor.learn("glm-4-flash", task="code", difficulty="medium", score=1, count=500)
    policy.save(tmp_path / "quality.json")
    words = smartroute("explain", MERGE_SORT, "--policy", tmp_path / "quality.json").stdout
    assert words.startswith("glm-4-flash  (predicted 0.99 for code, bar 0.95")
    assert "predicted   glm-4-flash 0.99" in words
    missing = smartroute("explain", MERGE_SORT, "--policy", "nothing.json")
    assert missing.exit_code != 0
    assert "nothing.json: cannot be read" in missing.stderr
