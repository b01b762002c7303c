"""Replays: each router's answers, calls, costs and seconds, by hand and beside the real ones."""

from __future__ import annotations

import numpy as np
import pytest
from known_outcomes import CHEAP, STRONG

from langchain_smartroute import Catalog, LinearClassifier, SmartRouterRunnable
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation import (
    OutcomeTable,
    always,
    by_agreement,
    by_callable,
    by_confidence,
    by_policy,
    by_threshold,
    cheapest_model,
    features_of,
    oracle,
    random_at_cost,
    replay,
    strongest_model,
)
from langchain_smartroute.evaluation.cascades import agreement
from langchain_smartroute.evaluation.decided import by_decisions, decisions_on, same_answers
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.routing import TablePolicy

SMALL_USD = (1_000 * 0.15 + 500 * 0.60) / 1e6
LARGE_USD = (1_000 * 3 + 500 * 15) / 1e6


def test_a_callable_router_is_looked_up(table):
    found = replay(table, by_callable(table, lambda p: STRONG if p == "hard" else CHEAP))
    assert found.quality.tolist() == [1, 1, 1]
    assert found.cost_usd.tolist() == pytest.approx([SMALL_USD, LARGE_USD, SMALL_USD])
    assert found.latency_s.tolist() == [1, 3, 1]
    assert found.answers == pytest.approx({CHEAP: 2 / 3, STRONG: 1 / 3})


def test_a_threshold_sends_high_scores_up(table):
    scores = np.array([0.1, 0.9, 0.5])
    routes = by_threshold(table, scores, weak=CHEAP, strong=STRONG, threshold=0.9)
    assert replay(table, routes).answers[STRONG] == pytest.approx(1 / 3)
    routes = by_threshold(table, len, weak=CHEAP, strong=STRONG, threshold=4)
    assert replay(table, routes).quality.tolist() == [1, 1, 1]
    with pytest.raises(ConfigurationError, match="for 3 prompts"):
        by_threshold(table, scores[:2], weak=CHEAP, strong=STRONG, threshold=0)


def test_agreement_pays_for_every_call(table):
    """Here the second model is also the strong one: it is called once and paid once."""
    routes = by_agreement(table, first=CHEAP, second=STRONG, strong=STRONG, same=same_answer)
    found = replay(table, routes)
    assert found.quality.tolist() == [1, 1, 0]
    assert found.cost_usd.tolist() == pytest.approx([SMALL_USD + LARGE_USD] * 3)
    assert found.latency_s.tolist() == [4, 4, 4]


def test_numbers_agree_whatever_their_form_and_silence_never_does(table):
    assert agreement(table, CHEAP, STRONG, same=same_answer).tolist() == [True, False, False]
    quiet = OutcomeTable.from_records(
        [{"prompt": "p", "model": m, "score": 1, "answer": None} for m in "ab"]
    )
    with pytest.raises(ConfigurationError, match="no final answers of a"):
        agreement(quiet, "a", "b", same=same_answer)


def test_a_first_answer_is_kept_from_the_threshold_on(table):
    routes = by_confidence(
        table, np.array([0.9, 0.2, 0.8]), first=CHEAP, strong=STRONG, threshold=0.8
    )
    found = replay(table, routes)
    assert found.quality.tolist() == [1, 1, 1]
    assert found.calls == pytest.approx({CHEAP: 1, STRONG: 1 / 3})


def test_baselines_by_hand(table):
    assert cheapest_model(table) == CHEAP
    assert strongest_model(table) == CHEAP  # as good as the other, and cheaper
    assert always(table, STRONG).quality.tolist() == [1, 1, 0]
    best = oracle(table)
    assert best.quality.tolist() == [1, 1, 1]
    assert best.cost_usd.tolist() == pytest.approx([SMALL_USD, LARGE_USD, SMALL_USD])


def test_random_costs_what_it_is_told_to(by_chance):
    cost = (
        0.3 * always(by_chance, STRONG).mean_cost_usd + 0.7 * always(by_chance, CHEAP).mean_cost_usd
    )
    found = random_at_cost(by_chance, cheapest=CHEAP, strongest=STRONG, cost_usd=cost)
    assert found.mean_cost_usd == pytest.approx(cost)
    expected = 0.3 * always(by_chance, STRONG).mean_quality
    expected += 0.7 * always(by_chance, CHEAP).mean_quality
    assert found.mean_quality == pytest.approx(expected)
    assert found.answers == pytest.approx({CHEAP: 0.7, STRONG: 0.3})


def test_a_model_without_a_score_is_an_error_not_a_zero():
    table = OutcomeTable.from_records(
        [
            {"prompt": "p", "model": "a", "score": 1},
            {"prompt": "q", "model": "b", "score": 1},
        ]
    )
    with pytest.raises(ConfigurationError, match="prompt 2 went to a, which has no score"):
        replay(table, by_callable(table, lambda _: "a"))


def test_an_unknown_cost_stays_unknown():
    table = OutcomeTable.from_records([{"prompt": "p", "model": "a", "score": 1}])
    assert np.isnan(always(table, "a").mean_cost_usd)
    with pytest.raises(ConfigurationError, match="unknown; give prices"):
        random_at_cost(table, cheapest="a", strongest="a", cost_usd=1)


NAMES = {"deepseek-v4-pro": STRONG, "glm-4-flash": CHEAP, "deepseek-chat": CHEAP}
ASKED = (
    "Write a Python function to merge sort an array",
    "Classify this tweet as positive or negative",
    "Hello there, how are you?",
)


@pytest.fixture
def requests():
    return OutcomeTable.from_records(
        {"prompt": prompt, "model": model, "score": 1, "cost_usd": 1, "answer": "x"}
        for prompt in ASKED
        for model in (CHEAP, STRONG)
    )


def test_the_shipped_policy_is_replayed_by_its_real_decide(requests):
    policy = TablePolicy(catalog=Catalog.load("default"))
    features = features_of(requests, classifier=LinearClassifier())
    routes = by_policy(requests, policy, features=features, names=NAMES)
    assert [requests.models[c] for c in routes.answered] == [STRONG, CHEAP, CHEAP]
    with pytest.raises(ConfigurationError, match="'deepseek-v4-pro' is not in the outcomes"):
        by_policy(requests, policy, features=features)


def test_a_policy_and_the_router_around_it_send_prompts_the_same_way(requests):
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1")
    decisions = decisions_on(requests, router.explain)
    routes = by_decisions(
        requests, decisions, names=NAMES, accepts=same_answers(requests), name="router"
    )
    features = features_of(requests, classifier=LinearClassifier())
    policy = TablePolicy(catalog=Catalog.load("default"))
    alone = by_policy(requests, policy, features=features, names=NAMES)
    assert routes.answered.tolist() == alone.answered.tolist()


def test_a_prompt_that_nobody_can_serve_counts_as_wrong():
    """Its window is too small: no candidate, no cost, no point."""
    catalog = Catalog.load({"default": "a", "models": {"a": {"context_window": 2_000}}})
    table = OutcomeTable.from_records(
        [
            {"prompt": "word " * 40_000, "model": "a", "score": 1, "cost_usd": 1},
            {"prompt": "hi", "model": "a", "score": 1, "cost_usd": 1},
        ]
    )
    features = features_of(table, classifier=LinearClassifier())
    found = replay(table, by_policy(table, TablePolicy(catalog=catalog), features=features))
    assert found.quality.tolist() == [0, 1]
    assert found.cost_usd.tolist() == [0, 1]
    assert found.notes == ("1 prompts that no candidate can serve count as wrong",)
