"""`max_cost_usd`: from the caller's tier downwards, never upwards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_smartroute import Catalog, RequestFeatures, SpendLimitExceededError
from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS, RouteOptions, TablePolicy
from langchain_smartroute.types import MODALITIES, TASKS, TIERS, Usage

DEFAULT = Catalog.load("default")
TOKENS = 1_000


def estimate(alias, *, room=ANSWER_ROOM_TOKENS, tokens=TOKENS, catalog=DEFAULT):
    usage = Usage(input_tokens=tokens, output_tokens=room)
    return cost_usd(usage, catalog.models[alias].price)


def decide(ceiling, *, tier="balanced", model=None, catalog=DEFAULT, policy=None, **features):
    made = TablePolicy(catalog=catalog, **(policy or {}))
    return made.decide(
        RequestFeatures(**{"task": "code", "input_tokens": TOKENS, **features}),
        RouteOptions(tier=tier, model=model, max_cost_usd=ceiling),
        decision_id="1",
    )


ANY = {"on_limit": "cheapest"}
A_BIT = Decimal("0.00000001")


@pytest.mark.parametrize("tier", TIERS)
def test_the_callers_tier_is_kept_when_it_fits(tier):
    """The reference design's walk began at the budget tier, whatever the caller asked for."""
    wanted = DEFAULT.table.look_up("code", tier, "medium")
    decision = decide(estimate(wanted), tier=tier)
    assert decision.model == wanted
    assert decision.tier == tier


@pytest.mark.parametrize("tier", ["balanced", "quality"])
def test_below_the_callers_tier_the_next_lower_one_answers(tier):
    decision = decide(estimate("deepseek-v4-pro") - A_BIT, tier=tier)
    assert decision.model == "deepseek-chat"
    assert "budget" in decision.reason
    assert "max_cost_usd" in decision.excluded["deepseek-v4-pro"]


def test_lower_tiers_are_asked_from_the_callers_downwards():
    # Translation: glm-5.1 in quality and balanced, glm-4-flash in budget.
    decision = decide(estimate("glm-5.1") - A_BIT, tier="quality", task="translation")
    assert decision.model == "glm-4-flash"


def test_a_ceiling_never_upgrades():
    """A budget caller whose model is too dear gets an error, not another tier's cheaper model."""
    row = {"budget": "dear", "balanced": "cheap", "quality": "cheap"}
    prices = {"dear": 10, "cheap": 1}
    catalog = Catalog.load(
        {
            "models": {alias: {"prices": [price(usd)]} for alias, usd in prices.items()},
            "routes": {"code": row},
        }
    )
    ceiling = estimate("cheap", catalog=catalog)
    with pytest.raises(SpendLimitExceededError):
        decide(ceiling, tier="budget", catalog=catalog)


def test_the_answers_room_counts_in_the_estimate():
    ceiling = estimate("deepseek-v4-pro", room=5_000)
    assert decide(ceiling, answer_tokens=5_000).model == "deepseek-v4-pro"
    assert decide(ceiling, answer_tokens=5_001).model == "deepseek-chat"


def test_without_max_tokens_the_room_is_a_thousand_tokens():
    assert ANSWER_ROOM_TOKENS == 1_000
    assert decide(None).estimated_cost_usd == estimate("deepseek-v4-pro", room=1_000)


def test_nobody_in_the_chain_is_above_the_ceiling():
    ceiling = estimate("deepseek-v4-pro")
    decision = decide(ceiling)
    assert all(estimate(alias) <= ceiling for alias in decision.chain)
    assert "gpt-4o" in decision.excluded


def test_when_nothing_fits_it_raises_with_ceiling_and_every_estimate():
    ceiling = Decimal("0.00000001")
    with pytest.raises(SpendLimitExceededError) as caught:
        decide(ceiling)
    assert caught.value.limit_usd == ceiling
    assert set(caught.value.excluded) == set(DEFAULT.models)
    for alias in DEFAULT.models:
        assert f"{alias}: estimate of ${estimate(alias):f}" in str(caught.value)
    assert "on_limit" in str(caught.value)


def test_when_nothing_fits_the_cheapest_can_be_chosen_instead():
    cheapest = min(DEFAULT.models, key=estimate)
    decision = decide(Decimal("0.00000001"), policy=ANY)
    assert decision.model == cheapest
    assert "cheapest" in decision.reason
    assert cheapest not in decision.excluded
    assert decision.chain == (cheapest,)


def test_the_cheapest_must_be_able_to_serve():
    image = frozenset({"text", "image"})
    able = [alias for alias, spec in DEFAULT.models.items() if "image" in spec.inputs]
    decision = decide(Decimal("0.00000001"), policy=ANY, inputs=image, task="vision")
    assert decision.model == min(able, key=estimate)


def price(usd):
    return {
        "input_usd_per_mtok": usd,
        "output_usd_per_mtok": usd,
        "source": "a test",
        "date": "2026-11-23",
    }


def test_an_unknown_price_never_fits():
    catalog = Catalog.load(
        {
            "models": {"unpriced": {}, "priced": {"prices": [price(1)]}},
            "routes": {"code": {"budget": "priced", "balanced": "unpriced", "quality": "priced"}},
        }
    )
    decision = decide(Decimal(1_000), catalog=catalog)
    assert decision.model == "priced"
    assert "unknown" in decision.excluded["unpriced"]


def test_with_unknown_prices_alone_nothing_fits():
    catalog = Catalog.load({"models": {"unpriced": {}}, "routes": {"code": "unpriced"}})
    with pytest.raises(SpendLimitExceededError, match="unknown"):
        decide(Decimal(1_000), catalog=catalog)
    assert decide(Decimal(1_000), catalog=catalog, policy=ANY).model == "unpriced"


def test_a_free_model_fits_a_ceiling_of_zero():
    catalog = Catalog.load({"models": {"free": {"prices": [price(0)]}}, "routes": {"code": "free"}})
    assert decide(Decimal(0), catalog=catalog).model == "free"


def test_an_asked_for_model_above_the_ceiling_is_refused():
    with pytest.raises(SpendLimitExceededError, match=r"gpt-4o: estimate of \$"):
        decide(estimate("gpt-4o") - A_BIT, model="gpt-4o")
    assert decide(estimate("gpt-4o"), model="gpt-4o").model == "gpt-4o"


def test_an_unknown_task_has_the_default_alone_to_fit():
    assert decide(estimate("deepseek-chat"), task="juggling").model == "deepseek-chat"
    with pytest.raises(SpendLimitExceededError):
        decide(estimate("deepseek-chat") - A_BIT, task="juggling")


def test_a_high_ceiling_is_no_reason_to_refuse_an_image():
    """The task's models cannot see; who can fits the ceiling a thousand times over."""
    image = frozenset({"text", "image"})
    assert decide(Decimal(1_000), inputs=image).model == decide(None, inputs=image).model


def test_a_high_ceiling_is_no_reason_to_refuse_a_forced_tool_call():
    able = [alias for alias, spec in DEFAULT.models.items() if spec.tool_choice]
    decision = decide(Decimal(1_000), task="reasoning", tools=1, tool_choice=True)
    assert decision.model in able


@settings(deadline=None)
@given(
    st.sampled_from(TASKS),
    st.sampled_from(TIERS),
    st.sets(st.sampled_from(MODALITIES[:2])),
    st.integers(0, 2),
    st.booleans(),
)
def test_a_ceiling_that_everybody_fits_refuses_nobody(task, tier, inputs, tools, forced):
    features = {
        "task": task,
        "inputs": frozenset(inputs),
        "tools": tools,
        "tool_choice": forced and tools > 0,
    }
    decide(None, tier=tier, **features)  # somebody can serve it
    decide(Decimal(1_000), tier=tier, **features)


amounts = st.decimals("0.01", 20, places=2)


@st.composite
def three_tiers(draw):
    models = {alias: {"prices": [price(draw(amounts))]} for alias in TIERS}
    return Catalog.load(
        {"models": models, "routes": {"code": dict(zip(TIERS, TIERS, strict=True))}}
    )


def steps_down(ceiling, *, tier, catalog):
    """How many tiers below the caller's the route is; more than any where nothing fits."""
    try:
        decision = decide(ceiling, tier=tier, catalog=catalog)
    except SpendLimitExceededError:
        return len(TIERS)
    return TIERS.index(tier) - TIERS.index(decision.model)


@settings(deadline=None)
@given(three_tiers(), st.sampled_from(TIERS), amounts, amounts)
def test_a_higher_ceiling_never_routes_to_a_lower_tier(catalog, tier, one, other):
    lower, higher = sorted((one / 1_000, other / 1_000))
    assert (
        0
        <= steps_down(higher, tier=tier, catalog=catalog)
        <= steps_down(lower, tier=tier, catalog=catalog)
    )


@settings(deadline=None)
@given(three_tiers(), st.sampled_from(TIERS), amounts)
def test_the_route_is_the_first_tier_downwards_that_fits(catalog, tier, amount):
    ceiling = amount / 1_000
    downwards = TIERS[: TIERS.index(tier) + 1][::-1]
    fitting = [alias for alias in downwards if estimate(alias, catalog=catalog) <= ceiling]
    if fitting:
        decision = decide(ceiling, tier=tier, catalog=catalog)
        assert decision.model == fitting[0]
        assert decision.estimated_cost_usd == estimate(fitting[0], catalog=catalog)
    else:
        with pytest.raises(SpendLimitExceededError):
            decide(ceiling, tier=tier, catalog=catalog)


@settings(deadline=None)
@given(three_tiers(), st.sampled_from(TIERS), amounts)
def test_with_cheapest_a_ceiling_never_fails_and_never_costs_more_than_need_be(
    catalog, tier, amount
):
    decision = decide(amount / 1_000, tier=tier, catalog=catalog, policy=ANY)
    cheapest = min(estimate(alias, catalog=catalog) for alias in TIERS)
    assert decision.estimated_cost_usd <= max(amount / 1_000, cheapest)
