"""Candidates with an open circuit breaker are not chosen, unless there is no other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_smartroute import (
    Catalog,
    NoFeasibleModelError,
    RequestFeatures,
    SpendLimitExceededError,
)
from langchain_smartroute.routing import RouteOptions, Rule, TablePolicy

ALIASES = ("cheap", "middle", "strong", "blind")
CATALOG = Catalog.load(
    {
        "models": {
            "cheap": {"quality": {"code": 0.2}, "inputs": ["text", "image"]},
            "middle": {"quality": {"code": 0.4}, "inputs": ["text", "image"]},
            "strong": {"quality": {"code": 0.9}, "inputs": ["text", "image"]},
            "blind": {"quality": {"code": 0.5}},
        },
        "routes": {"code": {"budget": "cheap", "balanced": "middle", "quality": "strong"}},
        "default": "cheap",
    }
)
WHY = "its breaker is open for another 3.0 s: HTTP 401"


def decide(*unavailable, model=None, tier="balanced", policy=None, **features):
    made = TablePolicy(catalog=CATALOG, max_attempts=4, **(policy or {}))
    return made.decide(
        RequestFeatures(task="code", **features),
        RouteOptions(tier=tier, model=model),
        decision_id="the id",
        unavailable=dict.fromkeys(unavailable, WHY),
    )


def test_a_candidate_with_an_open_breaker_is_excluded_with_the_reason():
    decision = decide("middle")
    assert decision.excluded == {"middle": WHY}
    assert decision.chain == ("strong", "blind", "cheap")
    assert decision.notes == ()


def test_with_all_breakers_closed_nothing_is_different():
    assert decide().chain == ("middle", "strong", "blind", "cheap")
    assert decide().excluded == {}


def test_if_all_are_open_the_one_that_is_due_first_is_tried_with_a_note():
    decision = decide("strong", "blind", "cheap", "middle")
    assert decision.chain == ("strong",)
    assert set(decision.excluded) == {"blind", "cheap", "middle"}
    assert decision.notes == (f"strong is tried although {WHY}: nobody else can serve this",)


def test_only_a_feasible_candidate_is_tried_with_an_open_breaker():
    """The first to be due cannot see; a hard limit is no matter of time."""
    inputs = frozenset({"text", "image"})
    decision = decide("blind", "strong", "cheap", "middle", inputs=inputs)
    assert decision.chain == ("strong",)
    assert "image" in decision.excluded["blind"]


def test_an_infeasible_candidate_is_excluded_for_that_reason():
    decision = decide("blind", inputs=frozenset({"text", "image"}))
    assert decision.excluded["blind"] != WHY


def test_an_infeasible_request_is_an_error_even_with_open_breakers():
    with pytest.raises(NoFeasibleModelError) as caught:
        decide(*ALIASES, inputs=frozenset({"text", "audio"}))
    assert WHY not in str(caught.value)


def test_the_callers_own_model_gives_way_with_a_note():
    decision = decide("blind", model="blind")
    assert decision.notes == (f"blind was asked for, but {WHY}",)
    assert decision.chain == ("middle", "strong", "cheap")
    assert decision.excluded == {"blind": WHY}


def test_the_callers_own_model_is_tried_if_it_is_the_last_resort():
    decision = decide("blind", "middle", "strong", "cheap", model="blind")
    assert decision.model == "blind"
    assert decision.reason == "asked for by the caller"
    assert "is tried although" in decision.notes[0]


def test_the_callers_own_model_that_cannot_serve_it_is_an_error_all_the_same():
    with pytest.raises(NoFeasibleModelError):
        decide("blind", model="blind", inputs=frozenset({"text", "image"}))


def test_a_rule_gives_way_with_a_note():
    policy = {"rules": (Rule({"task": "code"}, "blind", "mine"),)}
    decision = decide("blind", policy=policy)
    assert decision.chain[0] == "middle"
    assert decision.notes == (f"rule 'mine' wanted blind: {WHY}",)


def test_a_fallback_of_the_users_is_left_alone_too():
    policy = {"fallbacks": {"middle": ("blind",)}}
    assert decide(policy=policy).chain[:2] == ("middle", "blind")
    assert "blind" not in decide("blind", policy=policy).chain


def test_an_unknown_alias_in_a_shared_breaker_is_ignored():
    """A breaker may be shared by two routers."""
    decision = decide("elsewhere")
    assert decision.chain == ("middle", "strong", "blind", "cheap")


OPEN = st.lists(st.sampled_from(ALIASES), unique=True)


@settings(deadline=None)
@given(
    OPEN,
    st.none() | st.sampled_from(ALIASES),
    st.sampled_from(("budget", "balanced", "quality")),
    st.sampled_from((frozenset({"text"}), frozenset({"text", "image"}))),
)
def test_open_breakers_always_leave_a_feasible_candidate(opened, model, tier, inputs):
    """A request that is feasible without breakers is feasible with them."""
    try:
        without = decide(model=model, tier=tier, inputs=inputs)
    except NoFeasibleModelError:
        with pytest.raises(NoFeasibleModelError):
            decide(*opened, model=model, tier=tier, inputs=inputs)
        return
    decision = decide(*opened, model=model, tier=tier, inputs=inputs)
    able = [alias for alias in without.chain if alias not in opened]
    assert set(decision.chain) == (set(able) or {decision.model})
    assert not set(decision.chain) & set(decision.excluded)
    if not able:
        assert decision.model == next(alias for alias in opened if alias in without.chain)


PRICED = Catalog.load(
    {
        "models": {
            alias: {
                "prices": [
                    {
                        "input_usd_per_mtok": usd,
                        "output_usd_per_mtok": usd,
                        "source": "a test",
                        "date": "2026-11-23",
                    }
                ]
            }
            for alias, usd in (("cheap", "1"), ("dear", "1000"), ("dearer", "2000"))
        },
        "default": "cheap",
    }
)


def decide_within(ceiling, *unavailable, on_limit="raise"):
    return TablePolicy(catalog=PRICED, on_limit=on_limit).decide(
        RequestFeatures(input_tokens=1000, answer_tokens=1000),
        RouteOptions(max_cost_usd=Decimal(ceiling)),
        decision_id="1",
        unavailable=dict.fromkeys(unavailable, WHY),
    )


def test_the_only_candidate_below_the_ceiling_is_tried_with_an_open_breaker():
    """The only affordable one's breaker opened, and every request failed for its ceiling."""
    decision = decide_within("0.01", "cheap")
    assert decision.chain == ("cheap",)
    assert decision.notes == (f"cheap is tried although {WHY}: nobody else can serve this",)


def test_another_candidate_below_the_ceiling_replaces_one_with_an_open_breaker():
    decision = decide_within("3", "cheap")
    assert decision.chain == ("dear",)
    assert decision.excluded["cheap"] == WHY


@pytest.mark.parametrize("opened", [(), ("cheap",), ("dear", "cheap", "dearer")], ids=len)
def test_a_ceiling_below_all_candidates_is_reported_even_with_open_breakers(opened):
    with pytest.raises(SpendLimitExceededError):
        decide_within("0.0000001", *opened)


def test_the_cheapest_is_taken_among_those_who_are_left():
    decision = decide_within("0.0000001", "cheap", on_limit="cheapest")
    assert decision.model == "dear"
