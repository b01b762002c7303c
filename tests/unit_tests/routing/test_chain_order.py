"""The chain: route, higher tiers, the best of the rest, the default; users' fallbacks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    RequestFeatures,
    RoutingDecision,
    SmartRouterRunnable,
)
from langchain_smartroute.routing import POLICY, RouteOptions, TablePolicy

ROW = {"budget": "cheap", "balanced": "middle", "quality": "strong"}


def price(usd):
    return [
        {
            "input_usd_per_mtok": usd,
            "output_usd_per_mtok": usd,
            "source": "a test",
            "date": "2026-11-23",
        }
    ]


# In the file's order nothing is in the order in which it must be tried.
CATALOG = Catalog.load(
    {
        "models": {
            "last": {"quality": {"code": 0.0}, "prices": price(1)},
            "strong": {"quality": {"code": 0.9}, "prices": price(9)},
            "poor": {"quality": {"code": 0.1}, "prices": price(1)},
            "even-unknown": {"quality": {"code": 0.5}},
            "even-dear": {"quality": {"code": 0.5}, "prices": price(5)},
            "even-cheap": {"quality": {"code": 0.5}, "prices": price(2)},
            "middle": {"quality": {"code": 0.3}, "prices": price(4)},
            "cheap": {"quality": {"code": 0.2}, "prices": price(1)},
        },
        "routes": {"code": ROW},
        "default": "last",
    }
)
BY_PRIOR = (
    "strong",
    "even-cheap",
    "even-dear",
    "even-unknown",
    "middle",
    "cheap",
    "poor",
    "last",
)


def decide(*, tier="balanced", model=None, catalog=CATALOG, policy=None, **features):
    made = TablePolicy(catalog=catalog, **{"max_attempts": len(catalog.models), **(policy or {})})
    return made.decide(
        RequestFeatures(**{"task": "code", **features}),
        RouteOptions(tier=tier, model=model),
        decision_id="the id",
    )


@pytest.mark.parametrize(
    ("tier", "first"),
    [
        ("budget", ("cheap", "middle", "strong")),
        ("balanced", ("middle", "strong")),
        ("quality", ("strong",)),
    ],
)
def test_route_then_higher_tiers_then_priors_with_ties_by_price_then_default(tier, first):
    rest = tuple(alias for alias in BY_PRIOR if alias not in first)
    assert decide(tier=tier).chain == (*first, *rest)


def test_every_place_in_the_chain_has_its_reason():
    decision = decide(tier="budget")
    assert tuple(decision.chain_reasons) == decision.chain
    assert decision.chain_reasons["cheap"] == decision.reason
    for alias, tier in (("cheap", "budget"), ("middle", "balanced"), ("strong", "quality")):
        assert "code" in decision.chain_reasons[alias]
        assert tier in decision.chain_reasons[alias]
    assert "prior" in decision.chain_reasons["even-cheap"]


def test_no_candidate_is_repeated():
    catalog = Catalog.load({"models": {"one": {}, "two": {}}, "routes": {"code": "one"}})
    assert decide(catalog=catalog, policy={"max_attempts": 9}).chain == ("one", "two")


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_the_chain_is_cut_to_the_most_attempts(most):
    assert decide(policy={"max_attempts": most}).chain == decide().chain[:most]


def test_a_chain_has_three_attempts_unless_told_otherwise():
    policy = TablePolicy(catalog=CATALOG)
    decision = policy.decide(RequestFeatures(task="code"), RouteOptions(), decision_id="1")
    assert len(decision.chain) == 3


def test_an_unknown_task_goes_to_the_default_and_says_so():
    decision = decide(task="juggling")
    assert decision.model == "last"
    assert "juggling" in decision.reason
    assert "default" in decision.reason


def test_difficulty_chooses_within_a_cell():
    catalog = Catalog.load(
        {
            "models": {"one": {}, "two": {}},
            "routes": {"code": {"default": "one", "hard": "two"}},
        }
    )
    assert decide(catalog=catalog, difficulty="hard").model == "two"
    assert decide(catalog=catalog, difficulty="medium").model == "one"


def test_a_decision_names_the_difficulty_where_the_table_looks_at_it():
    refined = Catalog.load("default")
    hard, easy = (
        decide(catalog=refined, task="general", difficulty=level) for level in ("hard", "easy")
    )
    assert (hard.model, easy.model) == ("deepseek-v4-pro", "deepseek-chat")
    assert hard.reason == "hard general in tier balanced of the routing table"
    assert easy.reason == "general in tier balanced of the routing table"
    assert "difficulty  hard" in str(hard)


def test_a_higher_tier_may_be_refined_by_difficulty_too():
    row = {"budget": "one", "balanced": {"default": "two", "hard": "three"}, "quality": "two"}
    catalog = Catalog.load({"models": {"one": {}, "two": {}, "three": {}}, "routes": {"code": row}})
    hard = decide(catalog=catalog, tier="budget", difficulty="hard")
    assert hard.chain == ("one", "three", "two")


def test_an_asked_for_model_goes_before_rules_and_table():
    from langchain_smartroute import Rule

    decision = decide(model="poor", policy={"rules": (Rule({"task": "code"}, "strong"),)})
    assert decision.model == "poor"
    assert decision.chain[1] == "strong"
    assert "caller" in decision.reason


@pytest.mark.parametrize(
    ("request_", "route"),
    [
        ("Write a Python function to merge sort an array", "deepseek-v4-pro"),
        ("Classify this tweet as positive or negative", "glm-4-flash"),
        ("Explain the Monty Hall problem with math", "deepseek-reasoner"),
    ],
)
def test_the_reference_designs_three_requests_route_as_it_says(request_, route):
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1")
    assert router.explain(request_).model == route


def test_a_decision_carries_what_it_was_made_from():
    scores = {"code": 0.75, "math": 0.25}
    decision = decide(difficulty="hard", scores=scores, input_tokens=1_000, answer_tokens=500)
    assert isinstance(decision, RoutingDecision)
    assert decision.id == "the id"
    assert decision.policy == POLICY
    assert (decision.task, decision.difficulty, decision.tier) == ("code", "hard", "balanced")
    assert decision.scores == scores
    assert decision.estimated_cost_usd == (1_000 + 500) * Decimal(4) / 1_000_000


def test_an_unknown_price_is_an_unknown_estimate():
    decision = decide(model="even-unknown")
    assert decision.estimated_cost_usd is None
    assert "unknown" in str(decision)


def test_a_decision_reads_as_an_explanation():
    catalog = Catalog.load("default")
    decision = decide(catalog=catalog, inputs=frozenset({"text", "image"}), scores={"code": 0.6})
    text = str(decision)
    assert text.splitlines()[0].startswith(decision.model)
    assert decision.reason in text
    assert "60%" in text
    for alias in decision.chain[1:]:
        assert f"{alias}: {decision.chain_reasons[alias]}" in text
    for alias, why in decision.excluded.items():
        assert f"{alias}: {why}" in text
    assert f"${decision.estimated_cost_usd:f}" in text


def router(fallbacks, **settings):
    return SmartRouterRunnable.from_models(
        {name: RunnableLambda(lambda _, name=name: name, name=name) for name in "abcdef"},
        routes={"general": {"budget": "a", "balanced": "a", "quality": "f"}},
        default="a",
        fallbacks=fallbacks,
        max_attempts=6,
        **settings,
    )


def chain_of(fallbacks):
    return router(fallbacks).explain("hello").chain


def test_without_fallbacks_of_the_users_own_the_order_is_the_usual_one():
    assert chain_of({})[:2] == ("a", "f")


def test_the_users_fallbacks_come_right_after_their_model():
    assert chain_of({"a": ["d", "c"]})[:4] == ("a", "d", "c", "f")


def test_a_single_fallback_may_be_a_name():
    assert chain_of({"a": "d"})[:3] == ("a", "d", "f")


def test_fallbacks_of_fallbacks_follow_them():
    assert chain_of({"a": ["d", "c"], "d": ["e"]})[:5] == ("a", "d", "e", "c", "f")


def test_a_model_that_is_itself_a_fallback_keeps_its_own_fallbacks():
    """`f` stands in the chain for the quality tier; when it fails, `e` is to be tried first."""
    assert chain_of({"f": ["e"]})[:3] == ("a", "f", "e")


def test_fallbacks_of_models_that_are_not_in_the_chain_change_nothing():
    assert router({"b": ["c"]}, rules=[(lambda _: True, "a")]).explain("hello").chain[:2] == (
        "a",
        "f",
    )


@pytest.mark.parametrize(
    "circle", [{"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["a"]}]
)
def test_fallbacks_in_a_circle_are_an_error_that_shows_it(circle):
    with pytest.raises(ConfigurationError, match=r"circle.*→"):
        router(circle)


def test_two_ways_to_the_same_fallback_are_no_circle():
    assert chain_of({"a": ["b", "c"], "b": ["d"], "c": ["d"]})[:4] == ("a", "b", "d", "c")


def test_every_unknown_fallback_is_listed():
    with pytest.raises(ConfigurationError, match="one of a, b, c, d, e, f") as caught:
        router({"a": ["x"], "y": ["b"]})
    assert len(caught.value.faults) == 2
