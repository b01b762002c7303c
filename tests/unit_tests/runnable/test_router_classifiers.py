"""The router and its classifier: the default, others, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import time

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

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


ASKED = HumanMessage("What's the weather in Paris?")


def looping(steps, question=ASKED):
    """An agent's conversation after some steps of a tool loop."""
    messages = [question]
    for step in range(steps):
        call = {"name": "weather", "args": {"city": "Paris"}, "id": f"call_{step}"}
        messages += [
            AIMessage("", tool_calls=[call]),
            ToolMessage("Sunny", tool_call_id=call["id"]),
        ]
    return messages


class Counting:
    """A classifier that makes calls: it is neither pure nor inline."""

    def __init__(self, fails=False):
        self.asked = []
        self.fails = fails

    def classify(self, request):
        self.asked.append(request.text)
        if self.fails:
            raise TimeoutError
        return Classification(scores={"math": 1.0}, source="counting")


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_a_classifier_is_asked_once_for_a_tool_loop(sandbox, way, fails):
    """A judge was paid at every step of an agent, whose route was locked in any case.

    LangChain's own middleware asks once a run. One that was too slow was waited for each time.
    """
    counting = Counting(fails)
    router = router_with(counting, sandbox)
    for steps in range(4):
        if way == "invoke":
            answer = router.invoke(looping(steps))
        else:
            answer = await router.ainvoke(looping(steps))
        told = answer.response_metadata["smartroute"]
        assert told["task"] == ("general" if fails else "math")
    assert counting.asked == [ASKED.content]


def test_what_the_user_asks_next_is_classified_again(sandbox):
    counting = Counting()
    router = router_with(counting, sandbox)
    router.invoke(looping(0))
    router.invoke([*looping(1), AIMessage("Sunny"), ASKED])
    router.invoke([*looping(1), HumanMessage("And what is 3 times 4?")])  # an interrupted loop
    assert counting.asked == [ASKED.content, ASKED.content, "And what is 3 times 4?"]


def test_a_loop_that_began_elsewhere_is_classified(sandbox):
    """Such as in another process, before a deployment."""
    counting = Counting()
    router_with(counting, sandbox).invoke(looping(2))
    assert counting.asked == [ASKED.content]
