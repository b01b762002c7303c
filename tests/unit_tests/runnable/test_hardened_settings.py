"""A router's limits and breakers: as settings, in a file, and as they stand."""

from __future__ import annotations

import json

import pytest

from langchain_smartroute import (
    CircuitBreaker,
    ConfigurationError,
    ModelSpec,
    SmartRouterRunnable,
)
from langchain_smartroute.execution import CandidateHealth, TimeLimits
from langchain_smartroute.execution.circuit import BreakerSettings
from langchain_smartroute.sandbox import Fault

URL = "http://127.0.0.1:9/v1"
LIMITS = ("connect_timeout_s", "first_token_timeout_s", "idle_timeout_s", "timeout_s", "deadline_s")
FILES = pytest.mark.parametrize("kind", ["mapping", "json", "toml"])


def router_of(**settings):
    return SmartRouterRunnable.from_catalog(**{"base_url": URL, **settings})


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture
def read_back(tmp_path):
    """Write a router in one of three ways, and read it again."""

    def again(router, kind):
        config = router.to_config()
        if kind == "mapping":
            return SmartRouterRunnable.from_config(config)
        path = tmp_path / f"router.{kind}"
        lines = [f"{key} = {toml(value)}" for key, value in config.items()]
        path.write_text(json.dumps(config) if kind == "json" else "\n".join(lines))
        return SmartRouterRunnable.from_config(path)

    return again


# ---- defaults ---------------------------------------------------------------------------


def test_the_defaults_are_those_that_were_specified():
    router = router_of()
    assert {name: getattr(router, name) for name in LIMITS} == {
        "connect_timeout_s": 5,
        "first_token_timeout_s": 10,
        "idle_timeout_s": 15,
        "timeout_s": 60,
        "deadline_s": None,
    }
    assert (router.max_retry_after_s, router.max_answer_chars) == (5, 1_000_000)
    assert router.on_content_filter == "raise"
    assert isinstance(router.breaker, CircuitBreaker)


def test_two_routers_do_not_share_a_breaker_by_accident():
    assert router_of().breaker is not router_of().breaker


def test_timeout_is_langchains_name_of_timeout_s():
    assert router_of(timeout=7).timeout_s == 7


def test_failure_handling_is_configured_on_the_router():
    router = router_of(
        max_retry_after_s=2, deadline_s=30, max_answer_chars=9, on_content_filter="fallback"
    )
    conduct = router._engine.conduct
    assert conduct.retry.max_retry_after_s == 2
    assert (router._options.deadline_s, conduct.max_answer_chars) == (30, 9)
    assert conduct.reroutes_filtered
    assert not router_of()._engine.conduct.reroutes_filtered


# ---- limits of models -------------------------------------------------------------------

MODELS = {
    "models": {
        "thinker": {"reasoning": True},
        "quick": {"first_token_timeout_s": 3, "timeout_s": 20},
        "plain": {},
    },
    "default": "plain",
}


def limits(router):
    return {alias: c.traits.limits for alias, c in router._engine.candidates.items()}


def test_a_model_has_its_own_limits_a_reasoning_one_a_longer_first_token():
    found = limits(router_of(catalog=MODELS, idle_timeout_s=8))
    assert found == {
        "thinker": TimeLimits(first_token_timeout_s=60, idle_timeout_s=8),
        "quick": TimeLimits(first_token_timeout_s=3, timeout_s=20, idle_timeout_s=8),
        "plain": TimeLimits(idle_timeout_s=8),
    }


@pytest.mark.parametrize("first", [4.0, 10.0, None])
def test_a_first_token_limit_that_was_chosen_is_for_all(first):
    found = limits(router_of(catalog=MODELS, first_token_timeout_s=first))
    assert [found[alias].first_token_timeout_s for alias in MODELS["models"]] == [first, 3, first]


@pytest.mark.parametrize("name", LIMITS[:-1])
@pytest.mark.parametrize("value", [0, -1, "inf", "nan", "soon"])
def test_an_invalid_limit_of_a_model_is_refused(name, value):
    with pytest.raises(ConfigurationError, match=name):
        router_of(catalog={"models": {"m": {name: value}}, "default": "m"})


# ---- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [0, -1, -0.5, float("inf"), float("nan"), "soon"])
def test_an_invalid_limit_is_refused(name, value):
    with pytest.raises(ConfigurationError) as caught:
        router_of(**{name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_retry_after_s", -1),
        ("max_retry_after_s", float("inf")),
        ("max_answer_chars", 0),
        ("max_answer_chars", -5),
        ("max_answer_chars", 2.5),
        ("on_content_filter", "ignore"),
    ],
)
def test_a_setting_out_of_range_is_named(name, value):
    with pytest.raises(ConfigurationError, match=name):
        router_of(**{name: value})


def test_no_wait_at_all_is_a_choice():
    assert router_of(max_retry_after_s=0).max_retry_after_s == 0


@pytest.mark.parametrize(
    ("breaker", "told"),
    [
        ({"min_calls": 0}, "breaker.min_calls = 0"),
        ({"failure_share": 1.5}, "breaker.failure_share = 1.5"),
        ({"open_s": -1}, "breaker.open_s = -1"),
        ({"threshold": 5}, "use any of window_s"),
        ({"open_s": "soon"}, "open_s"),
        (True, "breaker = True"),
        ("yes", "breaker = 'yes'"),
    ],
    ids=str,
)
def test_an_invalid_breaker_is_refused_at_construction(breaker, told):
    with pytest.raises(ConfigurationError) as caught:
        router_of(breaker=breaker)
    assert told in str(caught.value)


# ---- in a file --------------------------------------------------------------------------

CHOICES = {
    "connect_timeout_s": 1.5,
    "first_token_timeout_s": 2.5,
    "idle_timeout_s": 3.5,
    "timeout_s": 4.5,
    "deadline_s": 5.5,
    "max_retry_after_s": 0.5,
    "max_answer_chars": 77,
    "on_content_filter": "fallback",
}


@FILES
def test_every_choice_is_read_back(read_back, kind):
    router = router_of(**CHOICES)
    again = read_back(router, kind)
    assert {name: getattr(again, name) for name in CHOICES} == CHOICES
    assert again.to_config() == router.to_config()
    assert limits(again) == limits(router)


@FILES
@pytest.mark.parametrize("name", LIMITS)
def test_an_unlimited_setting_survives_a_file(read_back, kind, name):
    """It was left out of the file, which TOML makes us do with null, and the default came back."""
    router = router_of(**{name: None})
    again = read_back(router, kind)
    assert getattr(again, name) is None
    assert limits(again) == limits(router)


def test_what_was_not_chosen_is_not_written():
    """So that a later version's default counts."""
    assert not set(router_of().to_config()) & {*CHOICES, "breaker"}


@FILES
def test_a_first_token_limit_that_was_not_chosen_stays_the_models(read_back, kind):
    again = read_back(router_of(catalog=MODELS), kind)
    assert limits(again)["thinker"].first_token_timeout_s == 60


SETTINGS = BreakerSettings(window_s=7.5, min_calls=3, failure_share=0.25, open_s=1.5, probe_s=8.5)


def settings_of(router):
    """Of the breakers that the candidates really have."""
    return {c.traits.gate.model._settings for c in router._engine.candidates.values()}


@FILES
@pytest.mark.parametrize("as_object", [True, False], ids=["object", "mapping"])
def test_the_breakers_settings_are_read_back(read_back, kind, as_object):
    given = {
        "window_s": 7.5,
        "min_calls": 3,
        "failure_share": 0.25,
        "open_s": 1.5,
        "probe_s": 8.5,
    }
    router = router_of(breaker=CircuitBreaker(**given) if as_object else given)
    assert settings_of(router) == {SETTINGS}
    again = read_back(router, kind)
    assert settings_of(again) == {SETTINGS}
    assert again.to_config() == router.to_config()


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_breaker_from_a_file_works(read_back, kind):
    """A file's numbers are Decimals, which do not add up with those of a clock."""
    again = read_back(router_of(breaker={"open_s": 1.5, "min_calls": 1}), kind)
    gate = next(iter(again._engine.candidates.values())).traits.gate
    gate.admit().failed("broken")
    assert gate.health().state == "open"
    assert 0 < gate.health().retry_in_s <= 1.5
    assert "open" in {health.state for health in again.health().values()}


@FILES
@pytest.mark.parametrize("none", [None, False])
def test_a_disabled_breaker_survives_a_file(read_back, kind, none):
    router = router_of(breaker=none)
    assert router.to_config()["breaker"] is False
    again = read_back(router, kind)
    assert all(c.traits.gate is None for c in again._engine.candidates.values())


def test_a_models_own_limits_are_written_with_its_catalog():
    again = SmartRouterRunnable.from_config(router_of(catalog=MODELS).to_config())
    assert limits(again)["quick"] == TimeLimits(first_token_timeout_s=3, timeout_s=20)


# ---- as they stand ----------------------------------------------------------------------


def test_every_candidate_is_healthy_at_first():
    router = router_of(catalog=MODELS)
    assert router.health() == dict.fromkeys(MODELS["models"], CandidateHealth(state="closed"))


def test_without_breakers_all_are_closed():
    router = router_of(catalog=MODELS, breaker=None)
    assert router.health() == dict.fromkeys(MODELS["models"], CandidateHealth(state="closed"))


def test_what_fails_is_seen_in_health_and_in_the_next_decision(sandbox):
    router = router_of(base_url=sandbox.base_url, breaker={"min_calls": 2, "open_s": 30})
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=500))
    answer = router.invoke("Hello")
    assert answer.response_metadata["smartroute"]["model"] != "deepseek-chat"
    health = router.health()["deepseek-chat"]
    assert (health.state, health.calls, health.failures) == ("open", 2, 2)
    assert 0 < health.retry_in_s <= 30
    decision = router.explain("Hello")
    assert "deepseek-chat" not in decision.chain
    assert decision.excluded["deepseek-chat"].startswith("its breaker is open for another ")
    assert health.reason in decision.excluded["deepseek-chat"]
    before = len(sandbox.requests)
    router.invoke("Hello")
    assert "deepseek-chat" not in [request.model for request in sandbox.requests[before:]]


def test_a_copy_of_a_router_shares_its_breakers(sandbox):
    router = router_of(base_url=sandbox.base_url, breaker={"min_calls": 1})
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    router.with_route(tier="balanced").invoke("Hello")
    assert router.health()["deepseek-chat"].state == "open"


def test_two_routers_share_a_breaker_that_is_given_to_both(sandbox):
    shared = CircuitBreaker(min_calls=1)
    one, other = (router_of(base_url=sandbox.base_url, breaker=shared) for _ in range(2))
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    one.invoke("Hello")
    assert other.health()["deepseek-chat"].state == "open"
    assert "deepseek-chat" not in other.explain("Hello").chain


def test_the_same_model_at_two_endpoints_has_two_breakers():
    specs = {
        alias: ModelSpec(alias=alias, model="m", base_url=f"http://127.0.0.1:{port}/v1")
        for alias, port in (("here", 8), ("there", 9))
    }
    router = SmartRouterRunnable.from_models(specs, breaker={"min_calls": 1})
    router._engine.candidates["here"].traits.gate.admit().failed("broken")
    assert {a: h.state for a, h in router.health().items()} == {"here": "open", "there": "closed"}
