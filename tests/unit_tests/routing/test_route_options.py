"""What a caller may choose for one request, and how a wrong choice is answered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from langchain_smartroute.errors import InvalidRequestError, SmartRouteError
from langchain_smartroute.routing import RouteOptions
from langchain_smartroute.types import TIERS

ALIASES = ("small", "large")


def updated(changes, options=None):
    return (options or RouteOptions()).updated(changes, aliases=ALIASES)


def test_the_default_is_balanced_undecided_and_without_a_ceiling():
    options = RouteOptions()
    assert (options.tier, options.model, options.max_cost_usd) == ("balanced", None, None)


@pytest.mark.parametrize("changes", [None, {}])
def test_no_choice_changes_nothing(changes):
    options = RouteOptions(tier="quality", model="small", max_cost_usd=Decimal(1))
    assert updated(changes, options) == options


@pytest.mark.parametrize("tier", TIERS)
def test_every_tier_can_be_chosen(tier):
    assert updated({"tier": tier}).tier == tier


def test_what_is_not_named_stays():
    options = RouteOptions(tier="quality", max_cost_usd=Decimal(1))
    assert updated({"model": "large"}, options) == RouteOptions(
        tier="quality", model="large", max_cost_usd=Decimal(1)
    )


def test_none_takes_a_choice_back():
    options = RouteOptions(model="small", max_cost_usd=Decimal(1))
    assert updated({"model": None, "max_cost_usd": None}, options) == RouteOptions()


@pytest.mark.parametrize("amount", [0.1, "0.1", Decimal("0.1")])
def test_a_ceiling_is_exact_however_it_is_written(amount):
    assert updated({"max_cost_usd": amount}).max_cost_usd == Decimal("0.1")


@pytest.mark.parametrize("amount", [0, "0", 0.0])
def test_a_ceiling_of_zero_is_a_ceiling(amount):
    assert updated({"max_cost_usd": amount}).max_cost_usd == 0


def test_an_unknown_key_lists_the_valid_ones():
    with pytest.raises(InvalidRequestError, match=r"'teir'.*tier, model, max_cost_usd"):
        updated({"teir": "budget"})


@pytest.mark.parametrize("tier", ["cheap", "Budget", 5, "", False, 0, ["budget"]])
def test_an_unknown_tier_lists_the_valid_ones(tier):
    with pytest.raises(InvalidRequestError, match=r"tier = .*budget, balanced, quality"):
        updated({"tier": tier})


@pytest.mark.parametrize("model", ["gpt-5", "", 5, ["small"]])
def test_an_unknown_model_lists_the_valid_ones(model):
    with pytest.raises(InvalidRequestError, match=r"model = .*small, large"):
        updated({"model": model})


@pytest.mark.parametrize(
    "amount",
    [-1, "-0.01", float("nan"), float("inf"), "NaN", "sNaN", "free", True, False, [], {}, b"1"],
)
def test_a_ceiling_that_is_no_amount_says_what_is_wanted(amount):
    with pytest.raises(InvalidRequestError, match=r"max_cost_usd = .*US dollars, zero or more"):
        updated({"max_cost_usd": amount})


@pytest.mark.parametrize("changes", ["budget", ["tier", "budget"], 5, {"tier"}])
def test_choices_that_are_no_mapping_are_rejected(changes):
    with pytest.raises(InvalidRequestError, match=r"mapping.*tier, model, max_cost_usd"):
        updated(changes)


def test_a_wrong_choice_is_a_value_error_of_ours():
    with pytest.raises(ValueError, match="tier") as caught:
        updated({"tier": "cheap"})
    assert isinstance(caught.value, SmartRouteError)


def test_updating_leaves_the_old_options_as_they_were():
    options = RouteOptions()
    updated({"tier": "budget"}, options)
    assert options == RouteOptions()
