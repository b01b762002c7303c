"""Second opinions of any kind of model: users' own, slow, cached, failing, or routers."""

from __future__ import annotations

import asyncio
import threading
import time
from decimal import Decimal

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from two_accounts import expect_same_accounts

from langchain_smartroute import (
    AgreementCheck,
    CostCallbackHandler,
    MemoryLedger,
    ModelSpec,
    SmartRouterRunnable,
)
from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.runnable.making import build as candidates_of_catalogs
from langchain_smartroute.sandbox import SandboxModel, SandboxServer
from langchain_smartroute.types import TASKS

SOON_S = 0.3
ASKED = "What is 3 * 4?"


def says(text, **settings):
    return FakeListChatModel(responses=[text], **settings)


def router_of(models, *, with_="second", **settings):
    """The first, then the strong one, by the user's word; the others give second opinions."""
    check = AgreementCheck(with_=with_, tasks=TASKS, **settings.pop("agreement", {}))
    return SmartRouterRunnable.from_models(
        models, fallbacks={"first": ["strong"]}, checks=[check], **settings
    )


def attempts_of(answer):
    told = answer.response_metadata["smartroute"]["attempts"]
    return [(a["model"], a["outcome"], a["reason"]) for a in told]


async def invoked(router, config=None):
    return router.invoke(ASKED, config)


async def ainvoked(router, config=None):
    return await router.ainvoke(ASKED, config)


WAYS = [invoked, ainvoked]


@pytest.mark.parametrize("way", WAYS)
async def test_models_of_ones_own_are_compared(way):
    models = {"first": says("It is 12."), "second": says("**12**"), "strong": says("144")}
    answer = await way(router_of(models))
    assert answer.text == "It is 12."
    assert attempts_of(answer) == [
        ("first", "accepted", ""),
        ("second", "discarded", "same answer"),
    ]
    answer = await way(router_of({**models, "second": says("13")}))
    assert answer.text == "144"
    assert attempts_of(answer) == [
        ("first", "rejected", "agreement: second has another answer"),
        ("second", "discarded", "another answer"),
        ("strong", "accepted", ""),
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_several_are_asked_at_once_and_some_may_differ(way):
    models = {
        "first": says("12"),
        "second": says("13"),
        "third": says("twelve: 12"),
        "strong": says("144"),
    }
    both = router_of(models, with_=["second", "third"], agreement={"enough": 1})
    assert (await way(both)).text == "12"
    all_of_them = router_of(models, with_=["second", "third"])
    assert (await way(all_of_them)).text == "144"


def broken(_):
    raise ConnectionError("the provider is down")


def silent(_):
    return AIMessage("")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("call", "reason"), [(broken, "ConnectionError"), (silent, "empty answer")]
)
async def test_what_is_no_answer_agrees_with_nobody(way, call, reason):
    models = {"first": says("12"), "second": RunnableLambda(call), "strong": says("144")}
    answer = await way(router_of(models))
    assert answer.text == "144"
    (_, (second, outcome, said), _) = attempts_of(answer)
    assert (second, outcome) == ("second", "failed")
    assert reason in said
    lenient = router_of(models, agreement={"on_failure": "accept"})
    assert (await way(lenient)).text == "12"


@pytest.mark.parametrize("way", WAYS)
async def test_a_model_that_cannot_be_broken_off_is_left_in_its_time(way):
    """Its own client has no time-out that the router could set: it ends when it ends."""
    ended = threading.Event()

    def slow(_):
        time.sleep(4 * SOON_S)
        ended.set()
        return AIMessage("12")

    models = {"first": says("12"), "second": RunnableLambda(slow), "strong": says("144")}
    began = time.monotonic()
    answer = await way(router_of(models, timeout=SOON_S))
    assert time.monotonic() - began < 3 * SOON_S
    (_, (second, outcome, said), _) = attempts_of(answer)
    assert (second, outcome) == ("second", "failed")
    assert "AttemptTimeoutError" in said
    assert await asyncio.to_thread(ended.wait, 10)


@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_out_of_a_cache_is_free(way):
    price = {
        "input_usd_per_mtok": "1",
        "output_usd_per_mtok": "1",
        "source": "a test",
        "date": "2026-11-27",
    }
    models = {
        "first": says("12"),
        "second": says("12", cache=InMemoryCache()),
        "strong": says("144"),
    }
    prices = dict.fromkeys(models, price)
    router, costs = router_of(models, prices=prices), CostCallbackHandler(baseline=None)
    for _ in range(2):
        answer = await way(router, {"callbacks": [costs]})
        told = answer.response_metadata["smartroute"]
        assert [outcome for _, outcome, _ in attempts_of(answer)] == ["accepted", "discarded"]
    assert told["attempts"][1]["cost"] == "0"
    assert Decimal(told["cost"]) == Decimal(told["attempts"][0]["cost"]) > 0
    assert costs.stats().model_distribution == {"first": 2}


@pytest.mark.parametrize("way", WAYS)
async def test_a_router_may_give_a_second_opinion(way):
    own = MemoryLedger()
    inner = SmartRouterRunnable.from_models({"inside": says("12")}, ledger=own)
    models = {"first": says("12"), "second": inner, "strong": says("144")}
    costs = CostCallbackHandler(baseline=None)
    answer = await way(router_of(models), {"callbacks": [costs]})
    assert [outcome for _, outcome, _ in attempts_of(answer)] == ["accepted", "discarded"]
    assert {(r.alias, r.purpose) for r in costs.records} == {
        ("first", "answer"),
        ("inside", "second_opinion"),
    }
    assert costs.stats().model_distribution == {"first": 1}
    expect_same_accounts([r for r in costs.records if r.alias == "inside"], own.records())


@pytest.mark.parametrize("way", WAYS)
async def test_a_second_opinion_is_not_asked_for_twice(way):
    """Between two cheap candidates and the strong one: the first fails, the second is compared."""
    asked = []

    def counting(_):
        asked.append(1)
        return AIMessage("12")

    models = {
        "first": RunnableLambda(broken),
        "middle": says("12"),
        "second": RunnableLambda(counting),
        "strong": says("144"),
    }
    check = AgreementCheck(with_="second", tasks=TASKS)
    router = SmartRouterRunnable.from_models(
        models,
        fallbacks={"first": ["middle", "strong"], "middle": ["strong"]},
        checks=[check],
        max_attempts=4,
    )
    answer = await way(router)
    assert answer.text == "12"
    assert answer.response_metadata["smartroute"]["model"] == "middle"
    assert len(asked) <= 2


async def test_only_models_that_are_known_to_give_log_probabilities_are_asked_for_them():
    def spec(**fields):
        return ModelSpec(alias="m", **fields).gives_logprobs

    assert spec()
    assert spec(provider="deepseek")
    assert not spec(provider="zhipuai")
    assert not spec(reasoning=True)
    assert not spec(temperature=False)
    assert spec(provider="zhipuai", logprobs=True)
    assert not spec(logprobs=False)


@pytest.mark.parametrize("way", WAYS)
async def test_second_opinions_are_built_before_any_clock_starts(way, monkeypatch):
    """A second opinion's model was built in its own call, which had that much less time.

    The first model of a process imports its client, which takes seconds.
    """
    told = []
    build, begin = candidates_of_catalogs.build_model, Walk.begin

    def built(spec, *rest, **more):
        told.append(f"{spec.alias} built")
        return build(spec, *rest, **more)

    def begun(walk, **how):
        told.append(f"{walk.link.alias} begun")
        return begin(walk, **how)

    monkeypatch.setattr(candidates_of_catalogs, "build_model", built)
    monkeypatch.setattr(Walk, "begin", begun)
    names = ("first", "second", "strong")
    with SandboxServer(models=[SandboxModel(name=name) for name in names]) as server:
        models = {name: ModelSpec(alias=name, base_url=server.base_url) for name in names}
        await way(router_of(models))
    assert told[:3] == ["first built", "second built", "first begun"]
