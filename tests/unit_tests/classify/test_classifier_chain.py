"""A second opinion: asked only where it is needed, and never able to lose a request."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time

import pytest

from langchain_smartroute.classify import (
    ClassifierChain,
    PatternClassifier,
    UserRequest,
    classify_safely,
    classify_safely_async,
)
from langchain_smartroute.classify.limited import run_within, run_within_async
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Classification

REQUEST = UserRequest(text="whatever")


class Says:
    """Answers with what it was made with, after a while; counts how often it is asked."""

    def __init__(self, answer, *, after_s=0.0):
        self.answer, self.after_s, self.asked = answer, after_s, 0

    def classify(self, request):
        self.asked += 1
        time.sleep(self.after_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def opinion(difficulty=None, source="second", **scores):
    return Classification(scores=scores, difficulty=difficulty, source=source)


UNSURE = opinion(code=0.5, math=0.4, difficulty="hard", source="first")
SURE = opinion(code=0.9, math=0.1, source="first")


async def both_ways(chain):
    """The result of the chain, which must be the same in both methods."""
    said = classify_safely(chain, REQUEST)
    assert await classify_safely_async(chain, REQUEST) == said
    return said


async def test_a_sure_first_opinion_stands_alone():
    second = Says(opinion(math=1.0))
    said = await both_ways(ClassifierChain(Says(SURE), second))
    assert (said.task, said.source, second.asked) == ("code", "first", 0)


async def test_an_unsure_first_opinion_gives_way_to_the_second():
    said = await both_ways(ClassifierChain(Says(UNSURE), Says(opinion(math=1.0))))
    assert (said.task, said.source) == ("math", "first → second")


async def test_the_first_opinion_on_difficulty_stays_where_the_second_has_none():
    said = await both_ways(ClassifierChain(Says(UNSURE), Says(opinion(math=1.0))))
    assert said.difficulty == "hard"
    said = await both_ways(ClassifierChain(Says(UNSURE), Says(opinion("easy", math=1.0))))
    assert said.difficulty == "easy"


async def test_a_third_is_asked_where_the_second_is_unsure_too():
    stages = (Says(UNSURE), Says(opinion(math=0.5, general=0.5)), Says(opinion(creative=1.0)))
    assert (await both_ways(ClassifierChain(*stages))).task == "creative"


@pytest.mark.parametrize("broken", [RuntimeError("secret"), None, {"code": -1}])
async def test_a_second_that_fails_leaves_the_first_and_is_named(broken):
    said = await both_ways(ClassifierChain(Says(UNSURE), Says(broken)))
    assert said.task == "code"
    assert said.source.startswith("first → Says: failed (")
    assert "secret" not in said.source


async def test_a_second_that_takes_too_long_leaves_the_first_and_is_named():
    chain = ClassifierChain(Says(UNSURE), Says(opinion(math=1.0), after_s=0.4), timeout_s=0.05)
    start = time.perf_counter()
    said = await both_ways(chain)
    assert time.perf_counter() - start < 0.35
    assert said.source == "first → Says: failed (TimeoutError)"
    assert said.task == "code"


async def test_a_first_that_fails_gives_way_and_a_chain_of_failures_is_general():
    said = await both_ways(ClassifierChain(Says(ValueError()), Says(opinion(math=1.0))))
    assert said.task == "math"
    said = await both_ways(ClassifierChain(Says(ValueError()), Says(KeyError())))
    assert said.task == "general"
    assert said.source == "Says: failed (ValueError) → Says: failed (KeyError)"


@pytest.mark.parametrize(
    "arguments",
    [
        {"stages": ()},
        {"margin": 2},
        {"timeout_s": 0},
        {"stages": (3,)},
    ],
)
def test_a_chain_that_cannot_work_is_refused(arguments):
    stages = arguments.pop("stages", (PatternClassifier(),))
    with pytest.raises(ConfigurationError):
        ClassifierChain(*stages, **arguments)


async def test_a_slow_classifier_does_not_hold_up_the_event_loop():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    said = await classify_safely_async(Says(SURE, after_s=0.15), REQUEST)
    ticking.cancel()
    assert said.task == "code"
    assert ticks > 10


async def test_a_classifier_with_a_limit_of_its_own_is_held_to_it_in_both_ways():
    slow = Says(SURE, after_s=0.4)
    slow.timeout_s = 0.05
    for said in (classify_safely(slow, REQUEST), await classify_safely_async(slow, REQUEST)):
        assert said.source == "Says: failed (TimeoutError)"
        assert said.task == "general"


async def test_an_asynchronous_method_is_awaited_and_limited():
    class Waits:
        timeout_s = 0.05

        def classify(self, request):
            raise AssertionError("the asynchronous one is there")

        async def aclassify(self, request):
            await asyncio.sleep(self.pause_s)
            return SURE

    waits = Waits()
    waits.pause_s = 0.0
    assert (await classify_safely_async(waits, REQUEST)).task == "code"
    waits.pause_s = 1.0
    assert (await classify_safely_async(waits, REQUEST)).source == "Waits: failed (TimeoutError)"


async def test_a_fast_built_in_classifier_runs_where_it_is_called():
    threads = []

    class Noted:
        inline = True

        def classify(self, request):
            threads.append(threading.current_thread())
            return SURE

    await classify_safely_async(Noted(), REQUEST)
    assert threads == [threading.current_thread()]


async def test_a_cancelled_caller_is_not_kept_waiting():
    task = asyncio.create_task(classify_safely_async(Says(SURE, after_s=0.5), REQUEST))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limited_function_keeps_the_callers_context():
    name = contextvars.ContextVar("name", default="nobody")
    name.set("caller")
    assert run_within(1, name.get) == "caller"
    assert await run_within_async(1, name.get) == "caller"


def test_a_result_that_comes_after_the_loop_is_closed_is_dropped():
    release = threading.Event()

    async def give_up():
        with pytest.raises(TimeoutError):
            await run_within_async(0.01, release.wait)

    asyncio.run(give_up())
    release.set()
