"""The cheapest candidate that is good enough, within the rules that every policy has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    ModelSpec,
    NoFeasibleModelError,
    Price,
    QualityPolicy,
    QualityPredictor,
    RequestFeatures,
    RouteOptions,
    Rule,
    SpendLimitExceededError,
)
from langchain_smartroute.routing import estimated_cost_usd
from langchain_smartroute.routing.aim import Aim, Offer, weakness
from langchain_smartroute.types import TIERS, Conversation

MATH = RequestFeatures(task="math", input_tokens=1_000, answer_tokens=1_000)


def priced(amount):
    """A price of so many dollars for a thousand tokens in and a thousand out."""
    return Price(
        input_usd_per_mtok=Decimal(amount) * 500,
        output_usd_per_mtok=Decimal(amount) * 500,
        source="a test",
        date=date(2026, 1, 2),
    )


def spec(alias, quality, cost, **more):
    prices = () if cost is None else (priced(cost),)
    known = {} if quality is None else {"math": quality}
    return ModelSpec(alias=alias, prices=prices, quality=known, **more)


MODELS = [
    spec("small", 0.5, "0.1"),
    spec("middle", 0.8, "1"),
    spec("large", 0.85, "3"),
    spec("huge", 0.9, "10"),
]


def decided(models=MODELS, options=None, features=MATH, conversation=None, **policy):
    made = QualityPolicy(catalog=Catalog(models=models), **policy)
    return made.decide(
        features, options or RouteOptions(), decision_id="1", conversation=conversation
    )


@pytest.mark.parametrize(
    ("aim", "route", "reason"),
    [
        (
            {"bar": 0.8},
            "middle",
            "predicted 0.80 for math, bar 0.80; cheapest of 3 that clear it",
        ),
        (
            {"bar": 0.87},
            "huge",
            "predicted 0.90 for math, bar 0.87; nobody else clears it",
        ),
        (
            {"bar": 0.95},
            "huge",
            "predicted 0.90 for math: best of 4, as none clears the bar 0.95",
        ),
        (
            {"keep": 0.9},
            "large",
            "predicted 0.85 for math, bar 0.81 (90% of huge); cheapest of 2 that clear it",
        ),
        (
            {"give_up": 0.1},
            "middle",
            "predicted 0.80 for math, bar 0.80 (0.10 below huge); cheapest of 3 that clear it",
        ),
        (
            {"worth_usd": Decimal(20)},
            "middle",
            "predicted 0.80 for math: worth most beyond its price of 4, at $20 for a right answer",
        ),
    ],
)
def test_the_aim_chooses_and_says_why(aim, route, reason):
    decision = decided(**aim)
    assert (decision.model, decision.reason) == (route, reason)
    assert decision.policy == "quality/1"
    assert decision.predicted == {"small": 0.5, "middle": 0.8, "large": 0.85, "huge": 0.9}
    assert "predicted   huge 0.90, large 0.85, middle 0.80, small 0.50" in str(decision)


@pytest.mark.parametrize(
    ("tier", "route"), [("budget", "middle"), ("balanced", "huge"), ("quality", "huge")]
)
def test_the_tier_says_what_to_keep_where_no_aim_is_given(tier, route):
    assert decided(options=RouteOptions(tier=tier)).model == route


def test_an_aim_of_the_user_counts_in_every_tier():
    assert {decided(options=RouteOptions(tier=t), bar=0.8).model for t in TIERS} == {"middle"}


def test_after_the_route_come_the_best_of_the_rest():
    decision = decided(bar=0.8)
    assert decision.chain == ("middle", "huge", "large")
    assert decision.chain_reasons["huge"] == "next best for math, predicted 0.90"


def test_of_equals_the_cheaper_one_answers():
    models = [spec("dear", 0.9, "5"), spec("cheap", 0.9, "1"), spec("unpriced", 0.9, None)]
    assert decided(models, options=RouteOptions(tier="quality")).chain == (
        "cheap",
        "dear",
        "unpriced",
    )


def test_a_price_ceiling_leaves_the_best_within_it():
    ceiling = RouteOptions(tier="quality", max_cost_usd=Decimal(4))
    decision = decided(options=ceiling)
    assert (decision.model, decision.chain) == ("large", ("large", "middle", "small"))
    assert "bar 0.85 (100% of large)" in decision.reason
    assert decision.excluded["huge"].startswith("estimate of $10")


def test_a_ceiling_that_nobody_fits_is_an_error_or_the_cheapest():
    ceiling = RouteOptions(max_cost_usd=Decimal("0.01"))
    with pytest.raises(SpendLimitExceededError, match="every candidate that can serve"):
        decided(options=ceiling)
    assert decided(options=ceiling, on_limit="cheapest").model == "small"


def test_infeasible_candidates_do_not_set_the_bar():
    models = [*MODELS[:3], spec("huge", 0.9, "10", tools=False)]
    decision = decided(models, features=RequestFeatures(task="math", tools=1), keep=0.95)
    assert decision.model == "large"
    assert decision.excluded == {"huge": "cannot call tools"}
    blind = RequestFeatures(task="math", inputs=frozenset({"text", "image"}))
    with pytest.raises(NoFeasibleModelError):
        decided(models, features=blind)


def test_the_callers_model_and_rules_come_first():
    assert decided(options=RouteOptions(model="small")).reason == "asked for by the caller"
    ruled = decided(rules=(Rule({"task": "math"}, "large", "sums"),))
    assert (ruled.model, ruled.sticks) == ("large", False)


def test_a_tool_loop_stays_with_its_model():
    loop = Conversation(last="small", in_loop=True)
    assert decided(conversation=loop, bar=0.8).model == "small"


def test_a_conversation_rises_by_predicted_quality():
    assert decided(conversation=Conversation(route="large"), bar=0.8).model == "large"
    assert decided(conversation=Conversation(route="small"), bar=0.8).model == "middle"


def test_a_stuck_agent_gets_a_stronger_model():
    stuck = Conversation(last="middle", stuck="the same call failed three times")
    assert decided(conversation=stuck, bar=0.8).model == "huge"


def test_nothing_known_is_the_default_and_not_a_quality_of_zero():
    models = [spec("one", None, "1"), spec("other", None, "0.1")]
    decision = decided(models)
    assert decision.reason == "default, as no candidate's quality is known"
    assert (decision.model, decision.predicted) == ("one", {})
    half_known = decided([*models, spec("known", 0.2, "5")], bar=0.1)
    assert half_known.chain == ("known", "one", "other")
    assert half_known.chain_reasons["one"] == "its quality is unknown"


@pytest.mark.parametrize(
    ("aim", "fault"),
    [
        ({"bar": 0.8, "keep": 0.9}, "bar, keep: give one of them"),
        ({"bar": 1.1}, "bar = 1.1: must be a number from 0 to 1"),
        ({"bar": True}, "bar = True"),
        ({"keep": float("nan")}, "keep = nan"),
        ({"worth_usd": 1.0}, "worth_usd = 1.0: must be a Decimal above zero"),
        ({"worth_usd": Decimal(0)}, "worth_usd"),
    ],
)
def test_an_invalid_aim_is_refused(aim, fault):
    with pytest.raises(ConfigurationError, match=fault.replace("(", r"\(")):
        QualityPolicy(catalog=Catalog(models=MODELS), **aim)


shares = st.integers(0, 20).map(lambda step: step / 20)
costs = st.none() | st.integers(0, 6).map(lambda step: Decimal(step) / 2)
pools = st.lists(st.tuples(shares, costs), min_size=1, max_size=6)
aims = (
    st.builds(lambda share: {"bar": share}, shares)
    | st.builds(lambda share: {"keep": share}, shares)
    | st.builds(lambda share: {"give_up": share}, shares)
)


def of_pool(pool):
    return [spec(f"m{at}", quality, cost) for at, (quality, cost) in enumerate(pool)]


def by_brute_force(models, aim, ceiling):
    """The route by the words of the documentation, and nothing else."""
    offers = [
        (m.alias, m.quality["math"], estimated_cost_usd(MATH, m), at) for at, m in enumerate(models)
    ]
    if ceiling is not None:
        offers = [o for o in offers if o[2] is not None and o[2] <= ceiling]
    if not offers:
        return None
    best = max(quality for _, quality, _, _ in offers)
    bar = aim.get("bar")
    if "keep" in aim:
        bar = best * aim["keep"]
    if "give_up" in aim:
        bar = best - aim["give_up"]
    clear = [o for o in offers if o[1] >= bar - 1e-12] or [o for o in offers if o[1] == best]
    return min(clear, key=lambda o: (o[2] is None, o[2] or 0, -o[1], o[3]))[0]


@given(pools, aims, st.none() | st.integers(0, 3).map(Decimal))
def test_the_route_is_that_of_brute_force(pool, aim, ceiling):
    models = of_pool(pool)
    expected = by_brute_force(models, aim, ceiling)
    try:
        found = decided(models, RouteOptions(max_cost_usd=ceiling), **aim).model
    except SpendLimitExceededError:
        found = None
    assert found == expected


@given(pools, aims | st.just({"worth_usd": Decimal(2)}), st.data())
def test_a_lower_price_never_makes_a_candidate_less_chosen(pool, aim, data):
    models = of_pool(pool)
    before = decided(models, **aim)
    at = data.draw(st.integers(0, len(pool) - 1))
    quality, cost = pool[at]
    lower = data.draw(st.integers(0, 12).map(lambda step: Decimal(step) / 4))
    if cost is not None and lower > cost:
        return
    cheaper = [*pool[:at], (quality, lower), *pool[at + 1 :]]
    after = decided(of_pool(cheaper), **aim)
    if before.model == f"m{at}":
        assert after.model == f"m{at}"
    else:
        assert after.model in (before.model, f"m{at}")


@given(pools, aims)
def test_a_decision_can_be_made_again(pool, aim):
    predictor = QualityPredictor()
    predictor.learn("m0", task="math", difficulty="medium", score=0.3, count=4)
    models = of_pool(pool)
    one, other = (decided(models, predictor=predictor, **aim) for _ in range(2))
    assert one == other


def offers(**known):
    found = (Offer(alias, quality, Decimal(usd)) for alias, (quality, usd) in known.items())
    return sorted(found, key=weakness)


def test_a_candidate_with_a_bad_ratio_of_quality_to_price_is_skipped():
    """On MMLU-Pro a mix of the cheapest and the best lay .07 below the one in between."""
    pool = offers(tiny=(0.4, "0.001"), flash=(0.65, "0.003"), pro=(0.7, "0.1"))
    for aim in (Aim(give_up=0.35), Aim(bar=0.35), Aim(keep=0.5)):
        route, reason = aim.choose(pool, task="math")
        assert route == "flash"
        assert reason.endswith("best bargain of 3 that clear it")


def test_the_cheapest_is_taken_where_more_does_not_buy_much_more():
    pool = offers(tiny=(0.6, "0.001"), middle=(0.65, "0.05"), pro=(0.7, "0.1"))
    assert Aim(give_up=0.2).choose(pool, task="math")[0] == "tiny"
    two = offers(tiny=(0.6, "0.001"), pro=(0.7, "0.1"))
    assert Aim(give_up=0.2).choose(two, task="math")[0] == "tiny"


def test_what_is_best_at_this_request_alone_does_not_set_the_price_of_quality():
    """Where the cheap one is best at a request, giving up still means from the strongest."""
    pool = offers(tiny=(0.5, "0.001"), flash=(0.75, "0.003"), pro=(0.7, "0.1"))
    aim = Aim(give_up=0.3)
    assert aim.choose(pool, task="math")[0] == "tiny"
    assert aim.choose(pool, task="math", full_usd=Decimal("0.1"))[0] == "flash"


def test_a_candidate_without_a_price_is_no_bargain():
    pool = [*offers(tiny=(0.4, "0.001"), pro=(0.7, "0.1")), Offer("mystery", 0.69, None)]
    pool.sort(key=weakness)
    assert Aim(give_up=0.35).choose(pool, task="math")[0] == "tiny"
