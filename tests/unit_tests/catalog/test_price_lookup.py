"""Where a price comes from: the caller, the catalog, genai-prices, or nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from langchain_smartroute import Catalog, ConfigurationError, Price, PriceBook, PriceNotFoundError
from langchain_smartroute.catalog import PriceVariant, lookup, with_prices

MINE = {
    "input_usd_per_mtok": "0.05",
    "output_usd_per_mtok": "0.10",
    "source": "our own hardware",
    "date": "2026-11-23",
}
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_the_callers_own_price_comes_before_the_catalogs():
    book = PriceBook({"gpt-4o": MINE}, catalog="openai")
    assert book.find("gpt-4o").source == "our own hardware"


def test_the_catalogs_price_comes_before_that_of_the_package():
    found = PriceBook(catalog="openai").find("gpt-4o", provider="openai")
    assert not found.source.startswith("genai-prices")


def test_the_package_comes_last():
    assert PriceBook().find("gpt-5.1", provider="openai").source.startswith("genai-prices")
    assert PriceBook(genai=False).find("gpt-5.1", provider="openai") is None


def test_without_the_package_the_price_is_unknown(monkeypatch):
    monkeypatch.setattr(lookup, "find_package", lambda name: None)
    assert PriceBook().find("gpt-5.1", provider="openai") is None


def test_a_callable_may_look_prices_up_elsewhere():
    asked = []

    def mine(model, provider, at):
        asked.append((model, provider, at))
        return Price(**MINE) if model == "house" else None

    book = PriceBook(mine)
    assert book.find("house", provider="acme", at=NOON).source == "our own hardware"
    assert book.find("gpt-4o").source != "our own hardware"
    assert asked == [("house", "acme", NOON), ("gpt-4o", None, None)]


def test_a_strict_look_up_says_what_to_do():
    with pytest.raises(PriceNotFoundError, match=r"'house' at 'acme'.*name one in prices="):
        PriceBook().get("house", provider="acme")
    assert PriceBook({"house": MINE}).get("house").output_usd_per_mtok == Decimal("0.10")


def test_zero_is_a_price():
    free = {**MINE, "input_usd_per_mtok": "0", "output_usd_per_mtok": "0"}
    assert PriceBook({"gpt-4o": free}).find("gpt-4o").input_usd_per_mtok == 0


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"house": 3}, r"prices.house.= 3: must be a Price"),
        ({"house": {**MINE, "input_usd_per_mtok": "-1"}}, "prices.house.input_usd_per_mtok"),
        ({"house": [MINE, {"source": "x"}]}, "is missing"),
    ],
)
def test_an_invalid_price_is_an_error(own, told):
    with pytest.raises(ConfigurationError, match=told):
        PriceBook(own)


def test_a_catalog_takes_the_callers_prices_and_keeps_its_others():
    catalog = Catalog.load("default")
    priced = with_prices(catalog, {"gpt-4o": MINE})
    assert priced.models["gpt-4o"].price.source == "our own hardware"
    assert priced.models["glm-5.1"] is catalog.models["glm-5.1"]
    assert catalog.models["gpt-4o"].price.source != "our own hardware"
    assert priced.table.rows == catalog.table.rows


def test_a_catalogs_model_without_a_price_takes_the_packages():
    catalog = Catalog.load({"models": {"fast": {"model": "gpt-5.1", "provider": "openai"}}})
    assert with_prices(catalog, {}).models["fast"].price.source.startswith("genai-prices")


def test_a_model_of_an_unknown_provider_has_no_price():
    catalog = Catalog.load({"models": {"fast": {"model": "gpt-5.1"}}})
    assert with_prices(catalog, {}).models["fast"].price is None


def test_a_name_that_contains_the_provider_is_enough():
    catalog = Catalog.load({"models": {"fast": {"model": "openai/gpt-5.1"}}})
    assert with_prices(catalog, {}).models["fast"].price.source.startswith("genai-prices")


def test_a_catalog_with_all_its_prices_stays_itself():
    catalog = Catalog.load("default")
    assert with_prices(catalog, {}) is catalog


def test_a_price_for_a_model_that_the_catalog_has_not_is_an_error():
    with pytest.raises(ConfigurationError, match=r"prices.gpt-9: no such model; use one of gpt-4o"):
        with_prices(Catalog.load("default"), {"gpt-9": MINE})


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ({}, "holds always; give a condition"),
        ({"from_utc": "01:00"}, "give both or none"),
        ({"from_utc": "01:00+02:00", "until_utc": "03:00+02:00"}, "read as UTC"),
        ({"service_tier": "flex", "input_usd_per_mtok": "-1"}, "input_usd_per_mtok"),
        ({"service_tier": "flex", "colour": "red"}, "unknown key"),
        ({"above_input_tokens": -1}, "above_input_tokens"),
    ],
)
def test_a_variant_that_is_wrong_says_so(variant, told):
    with pytest.raises(ConfigurationError, match=told):
        PriceVariant(**variant)


def test_variants_survive_the_way_through_metadata():
    price = Price(
        **MINE,
        valid_from="2026-01-01",
        variants=[
            {"from_utc": "01:00", "until_utc": "04:00", "input_usd_per_mtok": "1"},
            {"above_input_tokens": 9, "service_tier": "flex", "request_usd": "0.01"},
        ],
    )
    assert Price(**price.texts) == price


def test_a_day_without_any_price_has_none():
    assert Catalog.load({"models": {"a": {"model": "nobody/a"}}}).models["a"].price_at(NOON) is None
