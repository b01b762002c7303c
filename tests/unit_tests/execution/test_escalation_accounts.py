"""What an escalated request costs: every attempt counts, the sum is exact, nothing twice."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from two_accounts import expect_same_accounts

from langchain_smartroute import CostCallbackHandler, MemoryLedger, Price, SmartRouterRunnable

MILLION = Decimal(1_000_000)
PRICES = {"a": ("0.1", "0.3"), "b": ("1", "7"), "c": ("2.5", "10")}
BASELINE = Price(
    input_usd_per_mtok="5", output_usd_per_mtok="20", source="a test", date="2026-11-23"
)
SEEN = {"a": (101, 7), "b": (103, 11), "c": (107, 13)}


def usage(alias):
    asked, said = SEEN[alias]
    return {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}


def cost(alias, price=None):
    asked, said = SEEN[alias]
    per_in, per_out = map(Decimal, price or PRICES[alias])
    return (asked * per_in + said * per_out) / MILLION


def not_weak(messages, answer):
    return "weak" if answer.text.startswith("weak") else None


class UnavailableError(Exception):
    status_code = 504


class _Slow(BaseCallbackHandler):
    """Holds up the start of a run."""

    run_inline = True

    def __init__(self, seconds):
        self.seconds = seconds

    def on_chat_model_start(self, *args, **kwargs):
        time.sleep(self.seconds)


@pytest.fixture
def router_of(scripted):
    """Make a router of up to three candidates, each stronger than the one before it.

    `None` is a candidate that fails.
    """

    def make(*texts, policy="buffer", unpriced=(), ledger=None, **settings):
        models, specs = {}, {}
        for at, (alias, text) in enumerate(zip("abc", texts, strict=False)):
            models[alias] = (
                scripted(error=UnavailableError("no"))
                if text is None
                else scripted(text, " answer", usage=usage(alias), **settings)
            )
            price = {"source": "a test", "date": "2026-11-23"}
            price["input_usd_per_mtok"], price["output_usd_per_mtok"] = PRICES[alias]
            specs[alias] = {"quality": {"general": 0.5 + at / 10}}
            specs[alias]["prices"] = [] if alias in unpriced else [price]
        row = {"budget": "a", "balanced": "b" if "b" in models else "a", "quality": [*models][-1]}
        return SmartRouterRunnable(
            catalog={"models": specs, "routes": {"general": row}},
            models=models,
            checks=[not_weak],
            stream_policy=policy,
            ledger=ledger,
            tier="budget",
        )

    return make


@pytest.fixture
def costs():
    return CostCallbackHandler(baseline="the large one", baseline_price=BASELINE)


def told(answer):
    return answer.response_metadata["smartroute"]


def outcomes(costs):
    return [(record.alias, record.outcome) for record in costs.records]


# ---- the answer's account ---------------------------------------------------------------


async def test_every_attempt_has_its_cost_and_the_sum_is_exact(call, router_of, costs):
    answer = await call(router_of("weak", "weak", "fine"), "Hi", {"callbacks": [costs]})
    account = told(answer)
    assert [Decimal(a["cost"]) for a in account["attempts"]] == [cost(alias) for alias in "abc"]
    assert Decimal(account["cost"]) == sum(cost(alias) for alias in "abc")
    assert Decimal(account["cost"]) == sum(record.cost_usd for record in costs.records)


async def test_every_attempt_has_its_latency(call, router_of):
    """The first one takes its time before it says anything."""
    slow_s = 0.02
    router = router_of("weak", "fine")
    router.models["a"].callbacks = [_Slow(slow_s)]
    first, second = told(await call(router, "Hi"))["attempts"]
    assert first["latency_s"] >= slow_s > second["latency_s"] > 0


async def test_a_kept_weak_answer_bears_the_cost_of_what_was_tried_after_it(call, router_of, costs):
    answer = await call(router_of("weak", None), "Hi", {"callbacks": [costs]})
    account = told(answer)
    assert account["model"] == "a"
    assert [(a["model"], a["outcome"], Decimal(a["cost"])) for a in account["attempts"]] == [
        ("a", "accepted", cost("a")),
        ("b", "failed", Decimal(0)),
    ]
    assert Decimal(account["cost"]) == cost("a")
    assert answer.usage_metadata == usage("a")


async def test_of_two_kept_answers_only_the_returned_one_is_accepted(call, router_of, costs):
    answer = await call(router_of("weak", "weak", None), "Hi", {"callbacks": [costs]})
    assert [(a["model"], a["outcome"]) for a in told(answer)["attempts"]] == [
        ("a", "rejected"),
        ("b", "accepted"),
        ("c", "failed"),
    ]
    assert Decimal(told(answer)["cost"]) == cost("a") + cost("b")
    assert outcomes(costs) == [("a", "rejected"), ("b", "accepted"), ("c", "failed")]


async def test_the_usage_of_the_answer_is_its_own_and_no_sum(call, router_of):
    answer = await call(router_of("weak", "fine"), "Hi")
    assert answer.usage_metadata == usage("b")


async def test_one_unknown_price_makes_the_sum_unknown_and_no_attempt(call, router_of):
    account = told(await call(router_of("weak", "fine", unpriced="a"), "Hi"))
    assert account["cost"] is None
    first, second = account["attempts"]
    assert first["cost"] is None
    assert Decimal(second["cost"]) == cost("b")


async def test_every_handler_is_told_once_with_the_final_outcomes(call, router_of, watcher):
    await call(router_of("weak", None), "Hi", {"callbacks": [watcher]})
    assert len(watcher.settled) == 1
    assert watcher.outcomes == [("a", "accepted"), ("b", "failed")]


# ---- the handler ------------------------------------------------------------------------


async def test_a_rejected_run_costs_us_and_nothing_at_the_baseline(call, router_of, costs):
    await call(router_of("weak", "fine"), "Hi", {"callbacks": [costs]})
    assert outcomes(costs) == [("a", "rejected"), ("b", "accepted")]
    stats = costs.stats()
    assert stats.total_requests == 1
    assert stats.actual_cost_usd == cost("a") + cost("b")
    assert stats.baseline_cost_usd == cost("b", price=("5", "20"))
    assert stats.total_tokens == usage("a")["total_tokens"] + usage("b")["total_tokens"]
    assert stats.model_distribution == {"b": 1}


async def test_a_kept_weak_answer_is_the_accepted_one_for_the_baseline(call, router_of, costs):
    await call(router_of("weak", None), "Hi", {"callbacks": [costs]})
    assert outcomes(costs) == [("a", "accepted"), ("b", "failed")]
    stats = costs.stats()
    assert stats.actual_cost_usd == cost("a")
    assert stats.baseline_cost_usd == cost("a", price=("5", "20"))
    assert stats.model_distribution == {"a": 1}


async def test_a_weak_answer_that_has_been_shown_is_accepted(streamed, router_of, costs):
    router = _warned(lambda: router_of("weak", "fine", policy="first_token"))
    answer = await streamed(router, "Hi", {"callbacks": [costs]})
    assert told(answer)["unmet_checks"] == ["not_weak: weak"]
    assert outcomes(costs) == [("a", "accepted")]
    assert costs.stats().baseline_cost_usd == cost("a", price=("5", "20"))


async def test_a_record_is_final_only_when_the_request_is_settled(router_of):
    seen = []
    costs = CostCallbackHandler(baseline=None, on_record=lambda r: seen.append(r.outcome))
    async for _ in router_of("weak", "weak", "fine").astream("Hi", {"callbacks": [costs]}):
        pass
    assert seen == ["rejected", "rejected", "accepted"]


async def test_a_hundred_requests_at_once_add_up_exactly(router_of, costs):
    """Over many requests in parallel no attempt is lost, and none is counted twice."""
    router = router_of("weak", "fine")
    answers = await router.abatch(["Hi"] * 101, {"callbacks": [costs]})
    whole = sum(Decimal(told(answer)["cost"]) for answer in answers)
    assert whole == costs.stats().actual_cost_usd == 101 * (cost("a") + cost("b"))
    assert costs.stats().total_requests == 101


@pytest.mark.parametrize("second", ["fine", None], ids=["answers", "fails"])
def test_a_cached_weak_answer_is_free_and_stays_a_cached_one(router_of, second):
    own = MemoryLedger()
    router = router_of("weak", second, cache=InMemoryCache(), ledger=own)
    router.invoke("Hi")
    costs, before = CostCallbackHandler(baseline=None), len(own.records())
    account = told(router.invoke("Hi", {"callbacks": [costs]}))
    first = account["attempts"][0]
    assert first["cost"] == "0"
    assert costs.records[0].outcome == "cached"
    expect_same_accounts(costs.records, own.records()[before:])
    assert first["outcome"] == ("rejected" if second else "cached")


def _warned(make):
    with pytest.warns(UserWarning, match="first_token"):
        return make()
