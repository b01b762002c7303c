"""No answer is ever lost to a check: whatever a check does, the request ends with an answer."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
import warnings

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import SmartRouterRunnable

SECRET = "the user's secret"
ANSWER = "the secret answer"


def raises(messages, answer):
    raise RuntimeError(messages[0].content + answer.content)


async def raises_async(messages, answer):
    await asyncio.sleep(0)
    raise RuntimeError(messages[0].content + answer.content)


def raises_in_its_repr(messages, answer):
    class Odd(Exception):  # noqa: N818 - an exception as odd as they come
        def __str__(self):
            raise ValueError(SECRET)

    raise Odd


def says_true(messages, answer):
    return True


def says_a_list(messages, answer):
    return [SECRET]


def says_bytes(messages, answer):
    return SECRET.encode()


async def says_a_number(messages, answer):
    return 7


def times_out(messages, answer):
    raise TimeoutError


BROKEN = {
    raises: "RuntimeError",
    raises_async: "RuntimeError",
    raises_in_its_repr: "Odd",
    says_true: "returned bool",
    says_a_list: "returned list",
    says_bytes: "returned bytes",
    says_a_number: "returned int",
    times_out: "TimeoutError",
}
broken = pytest.mark.parametrize("check", BROKEN, ids=lambda check: check.__name__)


@pytest.fixture
def router_of(scripted):
    """A router of a weak and a stronger candidate with the given checks."""

    def make(*checks, policy="buffer", texts=(ANSWER, "from the stronger one")):
        aliases = "ab"[: len(texts)]
        catalog = {
            "models": {
                alias: {"quality": {"general": 0.5 + at / 10}} for at, alias in enumerate(aliases)
            },
            "routes": {"general": "a"},
        }
        models = {a: scripted(text) for a, text in zip(aliases, texts, strict=True)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return SmartRouterRunnable(
                catalog=catalog, models=models, checks=checks, stream_policy=policy
            )

    return make


def told(answer):
    return answer.response_metadata["smartroute"]


def attempts(answer):
    return [(attempt["model"], attempt["outcome"]) for attempt in told(answer)["attempts"]]


# ---- a check that fails -----------------------------------------------------------------


@broken
@pytest.mark.parametrize("policy", ["buffer", "first_token"])
async def test_a_check_that_fails_accepts_and_is_named(call, router_of, check, policy):
    answer = await call(router_of(check, policy=policy), SECRET)
    assert answer.text == ANSWER
    assert attempts(answer) == [("a", "accepted")]
    assert told(answer)["unmet_checks"] == []
    assert told(answer)["failed_checks"] == [f"{check.__name__}: {BROKEN[check]}"]


@broken
async def test_a_check_that_fails_is_logged_once_without_a_word_of_the_request(
    call, router_of, check, caplog
):
    router = router_of(check)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            await call(router, SECRET)
    ours = [r for r in caplog.records if r.name.startswith("langchain_smartroute")]
    assert [record.levelname for record in ours] == ["WARNING"]
    assert check.__name__ in ours[0].getMessage()
    assert "secret" not in caplog.text
    assert ours[0].exc_info is None


async def test_each_failing_check_is_logged_once(call, router_of, caplog):
    await call(router_of(raises, says_true), SECRET)
    assert len(caplog.records) == 2


async def test_a_check_that_fails_leaves_the_others_their_say(call, router_of):
    def never(messages, answer):
        return None if answer.text.startswith("from") else "no"

    answer = await call(router_of(raises, never, says_true), SECRET)
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]
    assert told(answer)["attempts"][0]["reason"] == "never: no"
    assert told(answer)["failed_checks"] == ["raises: RuntimeError", "says_true: returned bool"]


async def test_a_check_that_fails_and_one_that_says_no_are_told_apart(call, router_of):
    def never(messages, answer):
        return "no"

    answer = await call(router_of(raises, never, texts=(ANSWER,)), SECRET)
    assert answer.text == ANSWER
    assert told(answer)["unmet_checks"] == ["never: no"]
    assert told(answer)["failed_checks"] == ["raises: RuntimeError"]


async def test_a_check_that_fails_once_is_asked_again(call, router_of):
    asked = []

    def moody(messages, answer):
        asked.append(answer.text)
        if len(asked) == 1:
            raise RuntimeError
        return "no" if answer.text == ANSWER else None

    router = router_of(moody)
    first, second = await call(router, "Hi"), await call(router, "Hi")
    assert attempts(first) == [("a", "accepted")]
    assert attempts(second) == [("a", "rejected"), ("b", "accepted")]


async def test_what_failed_on_a_rejected_answer_is_not_told_of_the_accepted_one(call, router_of):
    """The account's check results are those of the answer that it comes with."""

    def breaks_on_the_first(messages, answer):
        if answer.text == ANSWER:
            raise RuntimeError

    def never(messages, answer):
        return "no" if answer.text == ANSWER else None

    answer = await call(router_of(breaks_on_the_first, never), "Hi")
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]
    assert told(answer)["failed_checks"] == []


# ---- what a check may do ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["async", "partial", "object", "runs a loop of its own"])
async def test_an_asynchronous_check_works_in_every_way_of_calling(call, router_of, kind):
    async def never(messages, answer):
        await asyncio.sleep(0)
        return "no" if answer.text == ANSWER else None

    class Never:
        async def __call__(self, messages, answer):
            return await never(messages, answer)

    def blocking(messages, answer):
        return asyncio.run(never(messages, answer))

    if kind == "runs a loop of its own" and not call.mode.startswith("a"):
        pytest.skip("a synchronous check in a synchronous call is on this test's own loop")
    checks = {
        "async": never,
        "partial": functools.partial(never),
        "object": Never(),
        "runs a loop of its own": blocking,
    }
    answer = await call(router_of(checks[kind]), "Hi")
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]
    assert told(answer)["failed_checks"] == []


async def test_a_slow_check_is_waited_for(call, router_of):
    def slow(messages, answer):
        time.sleep(0.05)
        return "no" if answer.text == ANSWER else None

    answer = await call(router_of(slow), "Hi")
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_a_slow_check_does_not_hold_up_the_event_loop(router_of, way):
    turns = []

    async def others():
        while True:
            turns.append(time.perf_counter())
            await asyncio.sleep(0.002)

    def slow(messages, answer):
        time.sleep(0.1)

    router = router_of(slow)
    beside = asyncio.create_task(others())
    if way == "ainvoke":
        await router.ainvoke("Hi")
    else:
        assert [chunk async for chunk in router.astream("Hi")]
    beside.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beside
    assert len(turns) > 5


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_a_request_that_is_given_up_during_a_check_is_cancelled(router_of, watcher, way):
    reached = asyncio.Event()

    async def forever(messages, answer):
        reached.set()
        await asyncio.Event().wait()

    router, config = router_of(forever), {"callbacks": [watcher]}

    async def ask():
        if way == "ainvoke":
            return await router.ainvoke("Hi", config)
        return [chunk async for chunk in router.astream("Hi", config)]

    task = asyncio.create_task(ask())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert watcher.outcomes == [("a", "cancelled")]


async def test_what_means_stop_is_not_taken_for_a_failing_check(router_of):
    def stops(messages, answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        router_of(stops).invoke("Hi")


async def test_a_check_reads_the_request_and_the_whole_answer(call, router_of):
    seen = []

    def reads(messages, answer):
        seen.append((messages[0].content, answer.text))

    answer = await call(router_of(reads), SECRET)
    assert seen == [(SECRET, ANSWER)]
    assert isinstance(answer, AIMessage)


async def test_a_check_that_asks_a_model_is_a_check_like_any_other(call, router_of):
    """A judge: a runnable behind a callable."""
    judge = RunnableLambda(lambda text: "no" if text == ANSWER else None)

    def judged(messages, answer):
        return judge.invoke(answer.text)

    answer = await call(router_of(judged), "Hi")
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]


async def test_an_empty_reason_still_rejects_and_is_named(call, router_of):
    def nameless(messages, answer):
        return "" if answer.text == ANSWER else None

    answer = await call(router_of(nameless), "Hi")
    assert attempts(answer) == [("a", "rejected"), ("b", "accepted")]
    assert "nameless" in told(answer)["attempts"][0]["reason"]
