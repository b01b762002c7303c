"""Laws that hold for every decision, whatever the request."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import (
    Catalog,
    NoFeasibleModelError,
    RequestFeatures,
    Rule,
    SpendLimitExceededError,
)
from langchain_smartroute.catalog import SHIPPED
from langchain_smartroute.routing import (
    QualityPolicy,
    RouteOptions,
    TablePolicy,
    estimated_cost_usd,
)
from langchain_smartroute.types import DIFFICULTIES, MODALITIES, TASKS, TIERS

features_of_any_request = st.builds(
    RequestFeatures,
    task=st.sampled_from((*TASKS, "juggling")),
    difficulty=st.sampled_from(DIFFICULTIES),
    # Mostly what some model can serve: nobody in the shipped catalogs reads audio.
    inputs=st.sampled_from(
        [*([frozenset({"text"})] * 6), *([frozenset({"text", "image"})] * 3), frozenset(MODALITIES)]
    ),
    input_tokens=st.integers(0, 200_000),
    answer_tokens=st.none() | st.integers(1, 10_000) | st.integers(1, 150_000),
    tools=st.integers(0, 3),
    tool_choice=st.booleans(),
    schema=st.sampled_from((None, "any", "json_schema", "json_mode", "function_calling")),
    scores=st.dictionaries(st.sampled_from(TASKS), st.floats(0, 1)),
)
catalogs = st.sampled_from([Catalog.load(name) for name in SHIPPED])
policies = st.builds(
    lambda kind, **settings: kind(**settings),
    st.sampled_from((TablePolicy, QualityPolicy)),
    catalog=catalogs,
    rules=st.just(()) | st.just((Rule({"difficulty": "hard"}, "gpt-4o"),)),
    fallbacks=st.just({}) | st.just({"deepseek-chat": ("gpt-4o-mini", "gpt-4o")}),
    max_attempts=st.integers(1, 10),
    on_limit=st.sampled_from(("cheapest", "raise")),
).filter(lambda made: not (made.rules or made.fallbacks) or "gpt-4o" in made.catalog.models)
options_of_any_call = st.builds(
    RouteOptions,
    tier=st.sampled_from(TIERS),
    max_cost_usd=st.none() | st.decimals(0, "0.01", places=6),
)


def decided(policy, features, options):
    """The decision, or what was raised instead."""
    try:
        return policy.decide(features, options, decision_id="the id")
    except (NoFeasibleModelError, SpendLimitExceededError) as error:
        return error


@given(policies, features_of_any_request, options_of_any_call)
def test_the_same_input_gives_the_same_decision(policy, features, options):
    one, other = decided(policy, features, options), decided(policy, features, options)
    assert (type(one), str(one)) == (type(other), str(other))
    if not isinstance(one, Exception):
        assert one == other


@given(policies, features_of_any_request, options_of_any_call)
def test_a_chain_is_sound(policy, features, options):
    decision = decided(policy, features, options)
    models = policy.catalog.models
    if isinstance(decision, Exception):
        assert set(decision.excluded) <= set(models)
        return
    assert decision.chain[0] == decision.model
    assert len(decision.chain) <= policy.max_attempts
    assert len(set(decision.chain)) == len(decision.chain)
    assert set(decision.chain).isdisjoint(decision.excluded)
    assert set(decision.chain) | set(decision.excluded) <= set(models)
    assert tuple(decision.chain_reasons) == decision.chain
    assert decision.chain_reasons[decision.model] == decision.reason
    assert all(decision.chain_reasons.values())
    assert all(decision.excluded.values())
    expected = estimated_cost_usd(features, models[decision.model])
    assert str(decision.estimated_cost_usd) == str(expected)


@given(policies, features_of_any_request, options_of_any_call)
def test_the_chain_is_as_long_as_it_may_be(policy, features, options):
    decision = decided(policy, features, options)
    if not isinstance(decision, Exception):
        able = len(policy.catalog.models) - len(decision.excluded)
        assert len(decision.chain) == min(policy.max_attempts, able)


@given(policies, features_of_any_request, options_of_any_call)
def test_every_candidate_of_a_chain_can_serve_the_request(policy, features, options):
    decision = decided(policy, features, options)
    if isinstance(decision, Exception):
        return
    for alias in decision.chain:
        spec = policy.catalog.models[alias]
        assert features.inputs <= spec.inputs
        assert spec.tools or not features.tools
        assert features.schema in (None, "any", *spec.schema_methods())
        assert features.schema is None or spec.schema_methods()
        fits = features.input_tokens + (features.answer_tokens or 0) <= spec.context_window
        # The estimate errs high: who may fit after all is tried, and the decision says so.
        assert fits or any(note.startswith(alias) for note in decision.notes)


@given(policies, features_of_any_request, options_of_any_call)
def test_an_error_names_every_candidate(policy, features, options):
    decision = decided(policy, features, options)
    if isinstance(decision, NoFeasibleModelError):
        assert set(decision.excluded) == set(policy.catalog.models)
        assert all(f"{a}: {why}" in str(decision) for a, why in decision.excluded.items())


@given(policies, features_of_any_request, st.sampled_from(TIERS))
def test_a_decision_reads_as_text_with_all_its_parts(policy, features, tier):
    decision = decided(policy, features, RouteOptions(tier=tier))
    text = str(decision)
    if isinstance(decision, Exception):
        return
    assert text.startswith(decision.model)
    assert all(part in text for part in (decision.reason, features.task, tier))
    assert all(f"{alias}: {why}" in text for alias, why in decision.excluded.items())


@pytest.mark.parametrize("name", SHIPPED)
def test_deciding_leaves_its_input_as_it_was(name):
    catalog = Catalog.load(name)
    before = catalog.model_dump_json()
    features = RequestFeatures(task="code", scores={"code": 1.0})
    options = RouteOptions(max_cost_usd=Decimal(1))
    TablePolicy(catalog=catalog).decide(features, options, decision_id="1")
    assert catalog.model_dump_json() == before
    assert features == RequestFeatures(task="code", scores={"code": 1.0})
    assert options == RouteOptions(max_cost_usd=Decimal(1))


def test_only_the_id_comes_from_outside():
    policy = TablePolicy(catalog=Catalog.load("default"))
    one, other = (
        policy.decide(RequestFeatures(task="code"), RouteOptions(), decision_id=made)
        for made in ("1", "2")
    )
    assert (one.id, other.id) == ("1", "2")
    assert str(one) == str(other)
