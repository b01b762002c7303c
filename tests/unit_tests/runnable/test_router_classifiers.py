"""The router and its classifier: the default, others, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import time

import pytest

from langchain_smartroute import ClassifierChain, LinearClassifier, SmartRouterRunnable
from langchain_smartroute.types import Classification


class Slow:
    """A slow classifier."""

    def __init__(self, seconds, limit_s=None):
        self.seconds = seconds
        if limit_s is not None:
            self.timeout_s = limit_s

    def classify(self, request):
        time.sleep(self.seconds)
        return Classification(scores={"code": 1.0}, source="slow")


def router_with(classifier, sandbox):
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, classifier=classifier)


def test_the_default_classifier_is_the_linear_one(router):
    assert isinstance(router._engine.classifier, LinearClassifier)
    assert router.explain("Translate to German: good morning").classified_by == "linear"


async def ways(router):
    """The decision of every way of deciding and calling."""
    yield router.explain("hi").classified_by
    yield (await router.aexplain("hi")).classified_by
    structured = router.with_structured_output({"title": "T", "type": "object", "properties": {}})
    await structured.ainvoke("hi")
    await router.ainvoke("hi")
    async for _ in router.astream("hi"):
        pass


@pytest.mark.parametrize("seconds", [0.15])
async def test_no_asynchronous_call_waits_for_a_classifier_in_the_event_loop(sandbox, seconds):
    router = router_with(Slow(seconds), sandbox)
    longest, last = 0.0, time.perf_counter()

    async def watch():
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    await router.ainvoke("warm up")
    calls = (
        lambda: router.aexplain("hi"),
        lambda: router.abatch(["hi", "ho"]),
    )
    last = time.perf_counter()
    watching = asyncio.create_task(watch())
    for call in calls:
        await call()
    async for _ in router.astream("hi"):
        pass
    watching.cancel()
    assert longest < seconds


async def test_a_classifier_that_is_too_slow_is_named_in_every_decision(sandbox):
    router = router_with(Slow(0.5, limit_s=0.02), sandbox)
    found = [said async for said in ways(router)]
    assert found == ["Slow: failed (TimeoutError)"] * 2
    assert "Slow: failed (TimeoutError)" in str(router.explain("hi"))


async def test_a_chain_falls_back_to_the_stage_before_and_the_decision_says_so(sandbox):
    def unsure(text):
        return {"code": 0.5, "math": 0.5}

    router = router_with(ClassifierChain(unsure, Slow(0.5), timeout_s=0.02), sandbox)
    for decision in (router.explain("hi"), await router.aexplain("hi")):
        assert decision.task == "code"
        assert decision.classified_by == "unsure → Slow: failed (TimeoutError)"


def test_difficulty_of_the_classifier_reaches_the_routing_table(sandbox):
    hard = Classification(scores={"code": 1.0}, difficulty="hard", source="mine")
    catalog = {
        "extends": "default",
        "routes": {"code": {"default": "glm-4-flash", "hard": "gpt-4o"}},
    }
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, catalog=catalog, classifier=lambda text: hard
    )
    assert router.explain("hi").model == "gpt-4o"
    assert "difficulty  hard" in str(router.explain("hi"))
