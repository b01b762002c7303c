"""What runs carry into a tracer, and who is told how a request ended."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_smartroute import Attempt, RequestFeatures, RoutingDecision
from langchain_smartroute.tracing import (
    answer_info,
    attempt_metadata,
    decision_metadata,
    settle,
)

DECISION = RoutingDecision(
    id="1",
    model="a",
    chain=("a", "b"),
    task="code",
    difficulty="hard",
    tier="quality",
    reason="by the table",
    policy="table/1",
)
costs = st.none() | st.decimals(0, 1_000, places=9)
attempts = st.builds(
    Attempt,
    model=st.sampled_from("ab"),
    outcome=st.sampled_from(("accepted", "rejected", "failed", "cancelled", "cached")),
    reason=st.text(),
    latency_s=st.floats(0, 1e6),
    cost_usd=costs,
)


@settings(deadline=None)
@given(st.lists(attempts, min_size=1))
def test_an_account_is_json_with_exact_money_or_null(made):
    info = answer_info(DECISION, made, model="b")
    assert json.loads(json.dumps(info)) == info
    known = [attempt.cost_usd for attempt in made]
    if None in known:
        assert info["cost"] is None
    else:
        assert Decimal(info["cost"]) == sum(known)
        assert set(info["cost"]) <= set("0123456789.")
    for attempt, shown in zip(made, info["attempts"], strict=True):
        cost = attempt.cost_usd
        assert shown["cost"] is None if cost is None else Decimal(shown["cost"]) == cost
        assert (shown["model"], shown["outcome"]) == (attempt.model, attempt.outcome)


def test_an_account_names_whose_answer_it_is_and_the_route():
    tried = [
        Attempt(model="a", outcome="failed", cost_usd=Decimal(0)),
        Attempt(model="b", outcome="accepted", cost_usd=Decimal(1)),
    ]
    info = answer_info(DECISION, tried, model="b")
    assert (info["model"], info["route"]) == ("b", "a")


def test_the_metadata_of_a_request_is_flat_and_ours_alone():
    features = RequestFeatures(text="private words", input_tokens=7)
    found = decision_metadata(DECISION, features, around={"mine": "kept apart"})
    assert all(key.startswith("smartroute_") for key in found)
    assert all(value is None or isinstance(value, str | int) for value in found.values())
    assert "private words" not in str(found)
    assert found["smartroute_decision_id"] == "1"
    assert found["smartroute_input_tokens"] == 7


def test_a_request_inside_another_routers_attempt_keeps_that_requests_id():
    outer = decision_metadata(DECISION, RequestFeatures(), around={})
    tried = {**outer, **attempt_metadata("a", api_model="m", number=1, price=None)}
    inner = {
        **tried,
        **decision_metadata(replace(DECISION, id="2"), RequestFeatures(), around=tried),
    }
    assert inner["smartroute_request_id"] == outer["smartroute_request_id"] == "1"
    assert inner["smartroute_decision_id"] == "2"
    assert inner["smartroute_attempt"] is None


@pytest.mark.parametrize("price", [None, {"input_usd_per_mtok": "1"}])
def test_the_metadata_of_an_attempt_names_candidate_number_and_price(price):
    assert attempt_metadata("a", api_model="vendor/a", number=2, price=price) == {
        "smartroute_model": "a",
        "smartroute_api_model": "vendor/a",
        "smartroute_attempt": 2,
        "smartroute_price": price,
    }


class Listener:
    def __init__(self):
        self.told = []

    def on_settled(self, decision_id, attempts):
        self.told.append((decision_id, tuple(attempts)))


def test_only_listeners_are_told_and_each_once():
    one, other = Listener(), Listener()
    tried = [Attempt(model="a", outcome="accepted")]
    settle([one, object(), other, one], "1", tried)
    assert one.told == other.told == [("1", tuple(tried))]


def test_features_never_show_the_users_words():
    features = RequestFeatures(text="private words")
    assert "private words" not in repr(features)


def test_an_explanation_shows_unknown_as_unknown():
    assert "unknown price" in str(DECISION)
    assert "$0" not in str(DECISION)
