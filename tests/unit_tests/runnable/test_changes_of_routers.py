"""Settings that are changed after a router was made: they have effect, or are refused."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from decimal import Decimal

import pytest
from langchain_core.runnables import (
    ConfigurableField,
    ConfigurableFieldMultiOption,
    ConfigurableFieldSingleOption,
)

from langchain_smartroute import (
    ConfigurationError,
    InvalidRequestError,
    SmartRouterRunnable,
    SpendLimit,
    SpendLimitExceededError,
)
from langchain_smartroute.sandbox import Fault

CODE = "Write a Python function to sort a list"


def body_of(sandbox):
    return sandbox.requests[-1].body


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("tier", "quality", lambda made: made.tier == "quality"),
        ("model", "gpt-4o", lambda made: made.model == "gpt-4o"),
        ("max_cost_usd", "0.001", lambda made: made.estimated_cost_usd <= Decimal("0.001")),
    ],
)
def test_a_choice_that_is_changed_decides(router, name, value, shown):
    setattr(router, name, value)
    assert shown(router.explain(CODE))


def test_an_argument_that_is_changed_is_sent_unless_a_call_has_its_own(router, sandbox):
    """The models were built with the other one, and the change had no effect at all."""
    router.invoke(CODE)
    assert "temperature" not in body_of(sandbox)
    router.temperature, router.max_tokens, router.stop = 0.25, 77, ["END"]
    router.invoke(CODE)
    sent = body_of(sandbox)
    tokens = sent.get("max_tokens", sent.get("max_completion_tokens"))
    assert (sent["temperature"], tokens, sent["stop"]) == (0.25, 77, ["END"])
    router.invoke(CODE, temperature=0.5)
    assert body_of(sandbox)["temperature"] == 0.5


@pytest.mark.parametrize("name", ["max_attempts", "rules", "checks", "timeout_s", "api_key"])
def test_a_setting_that_would_have_no_effect_is_refused(router, name):
    """`router.max_attempts = 1` was accepted, and three candidates were tried as before."""
    with pytest.raises(ConfigurationError, match=rf"{name}: cannot be changed.*model_copy"):
        setattr(router, name, getattr(router, name))
    with pytest.raises(InvalidRequestError, match="tier = 'best' is unknown"):
        router.tier = "best"


def test_a_copy_with_another_setting_is_a_router_of_its_own(router):
    """The copy showed `max_attempts=1` and did as its original."""
    changed = router.model_copy(update={"max_attempts": 1, "tier": "quality"})
    assert len(changed.explain(CODE).chain) == 1
    assert changed.explain(CODE).tier == "quality"
    assert len(router.explain(CODE).chain) == 3
    with pytest.raises(ConfigurationError, match="max_atempts"):
        router.model_copy(update={"max_atempts": 1})


def test_a_copy_with_other_models_has_their_profile(router, scripted):
    made = SmartRouterRunnable.from_models({"a": scripted()})
    changed = made.model_copy(
        update={"catalog": router.catalog, "models": {}, "base_url": router.base_url}
    )
    assert set(changed.explain(CODE).chain) <= set(router.health())
    assert changed.profile == router.profile


def drained(call):
    """Whether a limit ends the calls."""
    for _ in range(500):
        try:
            call()
        except SpendLimitExceededError:
            return True
    return False


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda router: router.model_copy(update={"tier": "budget"})],
    ids=["copy", "deepcopy", "another tier"],
)
def test_copies_spend_from_the_same_limit(sandbox, copied):
    limit = SpendLimit(usd="0.01", period="day")
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, spend_limits=[limit])
    assert drained(lambda: router.invoke(CODE))
    assert drained(lambda: copied(router).invoke(CODE))


def test_calls_with_configurable_fields_spend_from_the_same_limit(sandbox):
    """LangChain makes a new router for each such call: no limit ever held."""
    limit = SpendLimit(usd="0.01", period="day")
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, spend_limits=[limit])
    changing = router.configurable_fields(
        tier=ConfigurableField(id="tier"), temperature=ConfigurableField(id="warmth")
    )
    config = {"configurable": {"tier": "quality", "warmth": 0.5}}
    assert changing.invoke("Hi", config).response_metadata["smartroute"]["tier"] == "quality"
    assert body_of(sandbox)["temperature"] == 0.5
    assert drained(lambda: changing.invoke(CODE, {"configurable": {"tier": "balanced"}}))
    assert drained(lambda: router.invoke(CODE))


async def test_calls_with_configurable_fields_share_the_breakers(sandbox, router):
    changing = router.configurable_fields(tier=ConfigurableField(id="tier"))
    first = router.explain(CODE).model
    sandbox.set_fault(first, Fault(kind="status", status=500))
    config = {"configurable": {"tier": "balanced"}}
    for _ in range(30):
        await changing.ainvoke(CODE, config)
    assert router.health()[first].state == "open"


def test_options_are_configurable_too(sandbox, router):
    changing = router.configurable_fields(
        tier=ConfigurableFieldSingleOption(
            id="plan", options={"free": "budget", "paid": "quality"}, default="free"
        ),
        stop=ConfigurableFieldMultiOption(
            id="ends", options={"line": "\n", "dot": "."}, default=["line"]
        ),
    )
    answer = changing.invoke(CODE)
    assert answer.response_metadata["smartroute"]["tier"] == "budget"
    assert body_of(sandbox)["stop"] == ["\n"]
    chosen = {"configurable": {"plan": "paid", "ends": ["dot", "line"]}}
    answer = changing.invoke(CODE, chosen)
    assert answer.response_metadata["smartroute"]["tier"] == "quality"
    assert body_of(sandbox)["stop"] == [".", "\n"]


def test_what_no_call_can_change_is_not_configurable(router):
    with pytest.raises(ConfigurationError, match=r"rules: cannot be changed by a call.*temperat"):
        router.configurable_fields(rules=ConfigurableField(id="rules"))


def test_a_router_may_be_part_of_what_is_copied_deeply(router):
    @dataclass
    class Settings:
        model: SmartRouterRunnable

    (found,) = asdict(Settings(router)).values()
    assert found.explain(CODE).model == router.explain(CODE).model
