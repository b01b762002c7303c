from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from langchain_smartroute import Catalog
from langchain_smartroute.catalog import SHIPPED
from langchain_smartroute.types import TIERS

NARROW, WIDE = 60, 240


@pytest.fixture(params=SHIPPED)
def catalog(request):
    return Catalog.load(request.param)


def test_json_has_every_model_with_exact_prices_and_their_age(smartroute, catalog):
    shown = smartroute("models", "--catalog", catalog.name, "--format", "json")
    found = json.loads(shown.stdout)
    assert found["default"] == catalog.default_alias
    assert [m["alias"] for m in found["models"]] == list(catalog.models)
    for entry, spec in zip(found["models"], catalog.models.values(), strict=True):
        assert entry["model"] == spec.model
        assert Decimal(entry["input_usd_per_mtok"]) == spec.price.input_usd_per_mtok
        assert Decimal(entry["output_usd_per_mtok"]) == spec.price.output_usd_per_mtok
        assert date.fromisoformat(entry["price_date"]) == spec.price.date
        assert entry["price_age_days"] == (datetime.now(tz=UTC).date() - spec.price.date).days
        assert entry["price_source"] == spec.price.source
        assert set(entry["structured_output"]) == spec.schema_methods()
        assert set(entry["inputs"]) == spec.inputs


def test_the_routes_listed_are_the_cells_of_the_routing_table(smartroute, catalog):
    found = json.loads(smartroute("models", "--catalog", catalog.name, "--format", "json").stdout)
    listed = {
        (cell["task"], cell["tier"], cell["difficulty"] or "default"): model["alias"]
        for model in found["models"]
        for cell in model["routes"]
    }
    written = {
        (task, tier, level): alias
        for task, row in catalog.table.rows.items()
        for tier in TIERS
        for level, alias in row[tier].items()
    }
    assert listed == written


@pytest.mark.parametrize("columns", [NARROW, WIDE])
def test_a_reader_finds_price_source_age_and_routes_in_any_terminal(smartroute, columns):
    shown = smartroute("models", columns=columns).stdout
    spec = Catalog.load("default").models["deepseek-v4-pro"]
    days = (datetime.now(tz=UTC).date() - spec.price.date).days
    for text in ("$0.50", "$2.19", f"{days} day", spec.price.source, "vision (all tiers)"):
        assert text in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines()) <= columns


def test_a_narrow_terminal_shows_a_block_for_each_model(smartroute):
    lines = smartroute("models", columns=NARROW).stdout.splitlines()
    blocks = [line for line in lines if line in Catalog.load("default").models]
    assert blocks == list(Catalog.load("default").models)


def test_a_wide_terminal_shows_a_line_that_starts_with_each_alias(smartroute):
    lines = smartroute("models", columns=WIDE).stdout.splitlines()
    starts = [line.split()[0] for line in lines if line[:1].strip()]
    assert set(Catalog.load("default").models) <= set(starts)


def test_what_is_unknown_is_called_unknown_and_not_zero(smartroute, catalog_file):
    shown = smartroute("models", "--catalog", catalog_file).stdout
    assert "input       unknown" in shown
    assert "checked     unknown" in shown
    assert "window      unlimited" in shown
    assert "$0" not in shown
    entry = json.loads(smartroute("models", "--catalog", catalog_file, "--format", "json").stdout)[
        "models"
    ][0]
    assert entry["input_usd_per_mtok"] is None
    assert entry["price_age_days"] is None


def test_a_cell_refined_by_difficulty_says_so(smartroute, catalog_file):
    shown = " ".join(smartroute("models", "--catalog", catalog_file).stdout.split())
    assert "code (budget, budget if hard, balanced, balanced if hard" in shown
