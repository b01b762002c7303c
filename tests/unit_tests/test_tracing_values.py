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
    annotate,
    answer_info,
    attempt_metadata,
    decision_metadata,
    decision_tags,
    end_metadata,
    end_tags,
    settle,
    tags_with,
)
from langchain_smartroute.types import Figures

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
    known = [attempt.cost_usd for attempt in made]
    total = None if None in known else sum(known, Decimal(0))
    figures = Figures(cost_usd=total, baseline="c", baseline_cost_usd=Decimal("2.5"))
    info = answer_info(DECISION, made, model="b", figures=figures)
    assert json.loads(json.dumps(info)) == info
    if total is None:
        assert info["cost"] is info["savings"] is None
    else:
        assert Decimal(info["cost"]) == total
        assert Decimal(info["savings"]) == Decimal("2.5") - total
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
    info = answer_info(DECISION, tried, model="b", figures=Figures(cost_usd=Decimal(1)))
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
    tried = outer | attempt_metadata("a", api_model="m", number=1, price=None, around=outer)
    inner = {
        **tried,
        **decision_metadata(replace(DECISION, id="2"), RequestFeatures(), around=tried),
    }
    assert inner["smartroute_request_id"] == outer["smartroute_request_id"] == "1"
    assert inner["smartroute_decision_id"] == "2"
    assert inner["smartroute_attempt"] is None


def test_what_is_not_known_is_left_out_unless_it_takes_back_what_was_said_around():
    price = {"input_usd_per_mtok": "1"}
    assert None not in decision_metadata(DECISION, RequestFeatures(), around={}).values()
    own = attempt_metadata("a", api_model="m", number=0, price=None, around={})
    assert "smartroute_price" not in own
    outer = {"smartroute_price": price}
    inside = attempt_metadata("a", api_model="m", number=0, price=None, around=outer)
    assert inside["smartroute_price"] is None


def test_the_metadata_of_an_attempt_names_candidate_number_and_price():
    price = {"input_usd_per_mtok": "1"}
    assert attempt_metadata("a", api_model="vendor/a", number=2, price=price, around={}) == {
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


def test_what_a_request_came_to_is_flat_too():
    tried = [
        Attempt(model="a", outcome="rejected", cost_usd=Decimal("0.5")),
        Attempt(model="b", outcome="accepted", cost_usd=Decimal("0.25"), message="private words"),
    ]
    figures = Figures(cost_usd=Decimal("0.75"), baseline="c", baseline_cost_usd=Decimal(1))
    found = end_metadata(tried, figures, checks=("empty", "length"))
    assert found == {
        "smartroute_attempts": "a rejected, b accepted",
        "smartroute_attempt_count": 2,
        "smartroute_answered_by": "b",
        "smartroute_checks": "empty, length",
        "smartroute_cost": "0.75",
        "smartroute_baseline": "c",
        "smartroute_baseline_cost": "1",
        "smartroute_savings": "0.25",
    }


def test_tags_say_what_to_filter_by_and_replace_those_of_a_router_around():
    own = decision_tags(DECISION)
    assert own == [
        "smartroute",
        "smartroute:route:a",
        "smartroute:task:code",
        "smartroute:difficulty:hard",
        "smartroute:tier:quality",
    ]
    assert tags_with(["mine", "smartroute", "smartroute:route:x"], own) == ["mine", *own]


@pytest.mark.parametrize(
    ("outcomes", "tags"),
    [
        (["accepted"], []),
        (["rejected", "accepted"], ["smartroute:escalated"]),
        (["failed", "cached"], ["smartroute:failures"]),
        (
            ["failed", "cancelled"],
            ["smartroute:failures", "smartroute:cancelled", "smartroute:unanswered"],
        ),
    ],
)
def test_tags_at_the_end_say_what_a_request_went_through(outcomes, tags):
    assert end_tags([Attempt(model="a", outcome=told) for told in outcomes]) == tags


class Run:
    def __init__(self):
        self.extra = {"metadata": {"mine": 1}}
        self.tags = None


class Tracer:
    def __init__(self, **runs):
        self.run_map = runs


def test_a_run_that_is_open_takes_what_is_added_in_a_mapping_of_its_own():
    run, shared = Run(), None
    shared = run.extra["metadata"]
    annotate([object(), Tracer(other=Run()), Tracer(one=run)], "one", metadata={"a": 1}, tags=["t"])
    assert run.extra["metadata"] == {"mine": 1, "a": 1}
    assert run.tags == ["t"]
    assert shared == {"mine": 1}


def test_a_tracer_that_keeps_its_runs_otherwise_harms_no_call(caplog):
    annotate([Tracer(one="no run")], "one", metadata={}, tags=[])
    assert "Tracer.run_map raised AttributeError" in caplog.text
