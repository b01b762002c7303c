"""Cascades put the cheapest suitable candidates first, and change nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import Catalog
from langchain_smartroute.routing import RouteOptions, TablePolicy
from langchain_smartroute.routing.cascade import cascaded, cheapest_beside
from langchain_smartroute.routing.feasible import estimated_cost_usd
from langchain_smartroute.types import TASKS, TIERS, RequestFeatures

CATALOG = Catalog.load("default")
SPECS = CATALOG.models
POLICY = TablePolicy(catalog=CATALOG)


def decided(features, **options):
    return POLICY.decide(features, RouteOptions(**options), decision_id="d")


REQUESTS = st.builds(
    RequestFeatures,
    task=st.sampled_from([task for task in TASKS if task != "vision"]),
    difficulty=st.sampled_from(["easy", "medium", "hard"]),
    input_tokens=st.integers(1, 200_000),
    tools=st.integers(0, 2),
)


@given(features=REQUESTS, tier=st.sampled_from(TIERS), cheap=st.integers(1, 3))
def test_the_cheap_ones_are_cheaper_weaker_and_able(features, tier, cheap):
    try:
        plain = decided(features, tier=tier)
    except Exception:  # noqa: BLE001 - nobody has room for it, which other tests are about
        return
    found = cascaded(plain, features, SPECS, name="agreement", cheap=cheap)
    assert found.id == plain.id
    assert found.excluded == plain.excluded
    if found.model == plain.model:
        assert replace(found, notes=()) == replace(plain, notes=())
        assert found.notes[-1].startswith("no cascade (agreement): ")
        return
    first = (found.model, *found.opinions)
    assert len(first) == cheap
    assert found.chain[:2] == (found.model, plain.model)
    assert found.chain[-len(found.opinions) :] == found.opinions or not found.opinions
    assert len(set(found.chain)) == len(found.chain) <= 3 + cheap - 1
    assert not set(first) & plain.excluded.keys()
    costs = [estimated_cost_usd(features, SPECS[a]) for a in (*first, plain.model)]
    assert costs == sorted(costs)
    task = features.task
    prior = SPECS[plain.model].quality[task]
    assert all(0 < SPECS[alias].quality[task] < prior for alias in first)
    assert found.estimated_cost_usd == costs[0]
    assert found.policy == f"{plain.policy}+agreement"
    assert found.chain_reasons.keys() >= set(found.chain)


MATH = RequestFeatures(task="math", input_tokens=50)


def test_what_the_caller_chose_stays():
    plain = decided(MATH, model="deepseek-reasoner")
    found = cascaded(plain, MATH, SPECS, name="agreement")
    assert found.model == "deepseek-reasoner"
    assert found.notes == ("no cascade (agreement): asked for by the caller",)


def test_a_tool_loop_ends_with_the_model_it_began_with():
    found = cascaded(decided(MATH), MATH, SPECS, name="agreement", in_loop=True)
    assert found.model == "deepseek-reasoner"


def test_the_cheap_ones_may_be_chosen_among_some():
    found = cascaded(decided(MATH), MATH, SPECS, name="logprob", among=["gpt-4o-mini"])
    assert found.chain[:2] == ("gpt-4o-mini", "deepseek-reasoner")


def test_without_a_prior_nobody_is_known_to_be_weaker():
    features = replace(MATH, task="poetry")
    plain = decided(features)
    assert cascaded(plain, features, SPECS, name="agreement").model == plain.model


@pytest.mark.parametrize("deciding", [(), ("glm-4-flash",), tuple(SPECS)])
def test_a_second_opinion_is_the_cheapest_of_those_who_do_not_decide(deciding):
    plain = decided(MATH)
    found = cheapest_beside(plain, MATH, SPECS, deciding=deciding)
    assert len(found) == (0 if set(deciding) == set(SPECS) else 1)
    assert plain.model not in found
    assert not set(found) & set(deciding)
