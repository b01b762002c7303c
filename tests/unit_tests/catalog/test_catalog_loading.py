"""How a catalog is read: by name, from a file, from a mapping, over another one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from langchain_smartroute import Catalog, ModelSpec, Price
from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.types import Usage

PRICED = """
[[models.{alias}.prices]]
input_usd_per_mtok = {price}
output_usd_per_mtok = {price}
source = "a test"
date = 2026-11-23
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_stands_alone_unless_it_extends(written):
    catalog = Catalog.load(written('[models.mine]\nmodel = "mine-v1"\n'))
    assert list(catalog.models) == ["mine"]
    assert catalog.models["mine"].model == "mine-v1"
    assert catalog.routes == {}
    assert catalog.default_alias == "mine"


def test_a_path_may_be_a_string(written):
    path = written("[models.mine]\n")
    assert Catalog.load(str(path)) == Catalog.load(path) == Catalog.load(Path(path))


def test_a_mapping_reads_like_the_file(written):
    text = '[models.mine]\ninputs = ["text", "image"]\n[routes]\ncode = "mine"\n'
    from_mapping = Catalog.load(
        {"models": {"mine": {"inputs": ["text", "image"]}}, "routes": {"code": "mine"}}
    )
    assert from_mapping == Catalog.load(written(text))


def test_a_catalog_is_passed_through():
    catalog = Catalog(models=[ModelSpec(alias="mine")])
    assert Catalog.load(catalog) is catalog


def test_a_list_of_specs_is_keyed_by_alias():
    catalog = Catalog(models=[ModelSpec(alias="one"), {"alias": "two"}])
    assert list(catalog.models) == ["one", "two"]


def test_the_key_of_a_mapping_is_the_alias():
    catalog = Catalog(models={"mine": ModelSpec(alias="theirs", model="api-name")})
    assert (catalog.models["mine"].alias, catalog.models["mine"].model) == ("mine", "api-name")


def test_the_api_name_defaults_to_the_alias():
    assert Catalog.load({"models": {"mine": {}}}).models["mine"].model == "mine"


def test_extending_keeps_everything_that_is_not_replaced(written):
    base = Catalog.load("default")
    catalog = Catalog.load(written('extends = "default"\n[models.mine]\n'))
    assert dict(catalog.models) == {**base.models, "mine": ModelSpec(alias="mine")}
    assert (catalog.default, catalog.baseline) == (base.default, base.baseline)
    assert catalog.table == base.table


def test_extending_replaces_a_models_keys_one_by_one(written):
    text = 'extends = "default"\n[models.gpt-4o]\ncontext_window = 64_000\n'
    changed, base = (Catalog.load(c).models["gpt-4o"] for c in (written(text), "default"))
    assert changed.context_window == 64_000
    assert changed.model_copy(update={"context_window": base.context_window}) == base


def test_extending_replaces_prices(written):
    text = 'extends = "default"\n' + PRICED.format(alias="gpt-4o", price='"7.5"')
    assert Catalog.load(written(text)).models["gpt-4o"].price.input_usd_per_mtok == Decimal("7.5")
    assert Catalog.load("default").models["gpt-4o"].price.input_usd_per_mtok == Decimal("2.5")


def test_extending_replaces_one_cell_of_a_row():
    catalog = Catalog.load({"extends": "default", "routes": {"code": {"budget": "glm-4-flash"}}})
    base = Catalog.load("default").table
    assert catalog.table.look_up("code", "budget", "medium") == "glm-4-flash"
    for tier in ("balanced", "quality"):
        assert catalog.table.look_up("code", tier, "medium") == base.look_up("code", tier, "medium")


def test_extending_replaces_one_cell_of_an_inherited_row():
    catalog = Catalog.load({"extends": "default", "routes": {"math": {"quality": "gpt-4o"}}})
    row = [catalog.table.look_up("math", t, "medium") for t in ("budget", "balanced", "quality")]
    assert row == ["deepseek-reasoner", "deepseek-reasoner", "gpt-4o"]


def test_extending_replaces_a_whole_row():
    catalog = Catalog.load({"extends": "default", "routes": {"code": "gpt-4o"}})
    assert {catalog.table.look_up("code", t, "easy") for t in ("budget", "quality")} == {"gpt-4o"}


def test_a_row_that_others_inherit_takes_them_along():
    catalog = Catalog.load({"extends": "default", "routes": {"reasoning": "gpt-4o"}})
    assert catalog.table.look_up("math", "balanced", "medium") == "gpt-4o"


def test_extending_takes_a_spec_as_it_is():
    spec = ModelSpec(alias="gpt-4o", model="mine")
    catalog = Catalog.load({"extends": "default", "models": {"gpt-4o": spec}})
    assert catalog.models["gpt-4o"] == spec


@pytest.mark.parametrize("base", ["openai", "openrouter"])
def test_every_shipped_catalog_can_be_extended(base):
    own = Catalog.load({"extends": base, "models": {"mine": {}}})
    assert own.base_url == Catalog.load(base).base_url
    assert set(own.models) == {*Catalog.load(base).models, "mine"}


def test_loading_leaves_the_given_mapping_as_it_was():
    given = {"schema": 1, "extends": "default", "models": {"m": {}}, "routes": {"code": "m"}}
    Catalog.load(given)
    assert given == {
        "schema": 1,
        "extends": "default",
        "models": {"m": {}},
        "routes": {"code": "m"},
    }


def test_extending_leaves_the_shipped_catalog_as_it_was():
    before = Catalog.load("default").model_dump()
    Catalog.load({"extends": "default", "models": {"x": {}}, "routes": {"code": "x"}})
    assert Catalog.load("default").model_dump() == before


def test_schema_1_may_be_named():
    assert list(Catalog.load({"schema": 1, "models": {"m": {}}}).models) == ["m"]


@pytest.mark.parametrize("written_price", ["0.1", '"0.1"', "1e-1"])
def test_a_price_written_as_a_decimal_fraction_is_exact(written, written_price):
    catalog = Catalog.load(written("[models.m]\n" + PRICED.format(alias="m", price=written_price)))
    price = catalog.models["m"].price
    assert price.input_usd_per_mtok == Decimal("0.1")
    assert cost_usd(Usage(input_tokens=3_000_000), price) == Decimal("0.3")


@pytest.mark.parametrize("given", [0.1, "0.1", Decimal("0.1")])
def test_a_price_given_in_python_is_exact(given):
    price = Price(
        input_usd_per_mtok=given, output_usd_per_mtok=given, source="a test", date="2026-11-23"
    )
    assert price.input_usd_per_mtok == Decimal("0.1")


def test_a_price_of_zero_is_known_and_free():
    price = Price(input_usd_per_mtok=0, output_usd_per_mtok=0, source="own", date="2026-11-23")
    assert cost_usd(Usage(input_tokens=10, output_tokens=10), price) == 0


def test_a_catalog_survives_being_written_and_read_again():
    base = Catalog.load("default")
    assert Catalog.load(base.model_dump(mode="json", exclude_unset=True)) == base
