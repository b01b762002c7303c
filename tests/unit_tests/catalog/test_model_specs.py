"""`ModelSpec` and `Price`: what they take, what they refuse, what follows from what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from langchain_smartroute import ConfigurationError, ModelSpec, Price

PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "2",
    "source": "a test",
    "date": date(2026, 11, 23),
}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "alias: is missing"),
        ({"alias": ""}, "alias = ''"),
        ({"alias": 5}, "alias = 5"),
        ({"alias": "m", "colour": "red"}, "colour = 'red': unknown key"),
        ({"alias": "m", "context_window": 0}, "context_window = 0"),
        ({"alias": "m", "max_output_tokens": -1}, "max_output_tokens = -1"),
        ({"alias": "m", "inputs": ["smell"]}, "inputs.0 = 'smell'"),
        ({"alias": "m", "tools": "perhaps"}, "tools = 'perhaps'"),
        ({"alias": "m", "structured_output": ["xml"]}, "structured_output.0 = 'xml'"),
        ({"alias": "m", "quality": {"code": -0.1}}, "quality.code = -0.1"),
        ({"alias": "m", "quality": {"code": float("nan")}}, "quality.code = nan"),
        ({"alias": "m", "prices": [{**PRICE, "date": "soon"}]}, "prices.0.date = 'soon'"),
    ],
)
def test_a_bad_spec_is_a_configuration_error_at_construction(fields, fault):
    with pytest.raises(ConfigurationError) as caught:
        ModelSpec(**fields)
    assert fault in str(caught.value)


def test_a_bad_spec_lists_every_fault():
    with pytest.raises(ConfigurationError) as caught:
        ModelSpec(alias="", context_window=-1, colour="red")
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("field", sorted(PRICE))
def test_a_price_needs_every_figure_its_source_and_its_date(field):
    rest = {name: value for name, value in PRICE.items() if name != field}
    with pytest.raises(ConfigurationError, match=f"{field}: is missing; add it"):
        Price(**rest)


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity", "-Infinity", "", "free", None])
@pytest.mark.parametrize("field", ["input_usd_per_mtok", "output_usd_per_mtok"])
def test_a_price_is_a_finite_amount_of_zero_or_more(field, amount):
    with pytest.raises(ConfigurationError, match=field):
        Price(**{**PRICE, field: amount})


def test_specs_and_prices_are_frozen():
    spec = ModelSpec(alias="m", prices=[PRICE])
    with pytest.raises(ValidationError, match="frozen"):
        spec.alias = "n"
    with pytest.raises(ValidationError, match="frozen"):
        spec.price.source = "elsewhere"


def test_what_is_left_out_rules_nothing_out():
    spec = ModelSpec(alias="m")
    assert spec.context_window is None
    assert spec.max_output_tokens is None
    assert spec.price is None
    assert spec.tools
    assert spec.tool_choice
    assert spec.schema_methods() == {"json_schema", "json_mode", "function_calling"}


@pytest.mark.parametrize(
    ("given_", "native"),
    [
        (True, {"json_schema", "json_mode"}),
        (False, set()),
        (["json_mode"], {"json_mode"}),
        ([], set()),
    ],
)
def test_structured_output_is_a_switch_or_a_list(given_, native):
    assert ModelSpec(alias="m", structured_output=given_).structured_output == native


@pytest.mark.parametrize("tools", [True, False])
def test_function_calling_follows_from_tools(tools):
    spec = ModelSpec(alias="m", tools=tools, structured_output=["json_mode"])
    assert spec.schema_methods() == {"json_mode"} | ({"function_calling"} if tools else set())


@settings(deadline=None)
@given(st.lists(st.integers(0, 3_000), unique=True, min_size=1), st.randoms())
def test_the_price_of_the_latest_date_counts_in_any_order(days, random):
    dates = [date(2020, 1, 1) + timedelta(days=day) for day in days]
    random.shuffle(dates)
    prices = [Price(**{**PRICE, "date": day, "source": day.isoformat()}) for day in dates]
    assert ModelSpec(alias="m", prices=prices).price.source == max(dates).isoformat()


def test_a_past_price_is_kept_beside_the_new_one():
    old = Price(**{**PRICE, "date": date(2025, 1, 1), "input_usd_per_mtok": "9"})
    spec = ModelSpec(alias="m", prices=[PRICE, old])
    assert spec.price.input_usd_per_mtok == Decimal(1)
    assert old in spec.prices
