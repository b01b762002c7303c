"""Any callable is a check, and no check can lose an answer."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import logging
import pickle
import threading

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks import (
    BuiltinCheck,
    Check,
    EmptyCheck,
    applicable,
    arun_check,
    as_check,
    default_checks,
    run_check,
)

ANSWER = AIMessage("my secret answer")
WHERE = contextvars.ContextVar("WHERE", default="nowhere")


def strict(messages, answer):
    return "no"


def lax(messages, answer):
    return None


async def strict_async(messages, answer):
    await asyncio.sleep(0)
    return "no"


def _forwarding(messages, answer):
    return strict_async(messages, answer)


class _AsyncCall:
    async def __call__(self, messages, answer):
        return "no"


async def _both(check, answer=ANSWER):
    """What the two ways to run say; they must agree."""
    sync = await asyncio.to_thread(run_check, check, [], answer)
    assert sync == await arun_check(check, [], answer)
    return sync


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (strict, "no"),
        (lax, None),
        (strict_async, "no"),
        (_AsyncCall(), "no"),
        (functools.partial(strict_async), "no"),
        (_forwarding, "no"),
        (lambda messages, answer: "", "<lambda>"),
    ],
)
async def test_a_reason_rejects_sync_or_async(function, reason):
    verdict = await _both(as_check(function))
    assert (verdict.reason, verdict.error) == (reason, None)
    assert verdict.rejects is (reason is not None)


def test_a_check_is_named_by_its_function_or_class():
    assert as_check(strict).name == "strict"
    assert as_check(_AsyncCall()).name == "_AsyncCall"
    assert as_check(EmptyCheck()).name == "empty"
    check = Check(name="mine", function=strict, tasks=frozenset({"code"}), early=True)
    assert as_check(check) is check


@pytest.mark.parametrize("value", [None, 3, "uncertainty", [strict], EmptyCheck])
def test_other_values_are_refused_with_the_value_and_the_mend(value):
    with pytest.raises(ConfigurationError, match=r"pass a"):
        as_check(value)


def _raising(messages, answer):
    raise RuntimeError(answer.content)


async def _raising_async(messages, answer):
    raise RuntimeError(answer.content)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (_raising, "RuntimeError"),
        (_raising_async, "RuntimeError"),
        (lambda messages, answer: True, "returned bool"),
        (lambda messages, answer: ["no"], "returned list"),
    ],
)
async def test_a_check_that_fails_accepts_and_is_recorded(function, error):
    verdict = await _both(as_check(function))
    assert (verdict.reason, verdict.error, verdict.rejects) == (None, error, False)


def test_a_failing_check_is_logged_once_without_the_answer(caplog):
    first, second = as_check(_raising), as_check(_raising)
    with caplog.at_level(logging.WARNING):
        for check in (first, first, second):
            run_check(check, [], ANSWER)
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text


def test_a_failing_check_is_logged_with_the_line_that_failed(caplog):
    """A newcomer's own check had a slip; "failed (AttributeError)" did not say where."""
    with caplog.at_level(logging.WARNING):
        run_check(as_check(_raising), [], ANSWER)
    line = _raising.__code__.co_firstlineno + 1
    assert f"(RuntimeError at test_check_running.py:{line})" in caplog.text


@pytest.mark.parametrize("wrong", [lambda answer: None, lambda a, b, c: None, lambda: None])
def test_a_check_that_does_not_take_two_arguments_is_refused(wrong):
    """It failed on every answer, each was accepted, and one line in the log told of it."""
    with pytest.raises(ConfigurationError, match=r"\(messages, answer\) -> str"):
        as_check(wrong)


@pytest.mark.parametrize("fine", [lambda m, a, limit=3: None, lambda *both: None])
def test_a_check_may_take_more_than_two_arguments(fine):
    assert as_check(fine).function is fine


def test_a_check_that_returns_a_bool_is_told_what_to_return(caplog):
    """It meant `False` for a bad answer, which was accepted; the log named a type alone."""
    run_check(as_check(lambda messages, answer: False), [], ANSWER)
    assert "returned bool" in caplog.text
    assert "return the reason that rejects the answer, a text, or None" in caplog.text


def test_an_interrupt_is_not_swallowed():
    def interrupted(messages, answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_check(as_check(interrupted), [], ANSWER)


async def test_a_cancelled_check_is_cancelled():
    async def waits(messages, answer):
        await asyncio.Event().wait()

    task = asyncio.ensure_future(arun_check(as_check(waits), [], ANSWER))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_users_sync_checks_leave_the_event_loop_builtin_ones_stay():
    seen = []

    def own(messages, answer):
        seen.append(threading.current_thread())

    class Builtin(BuiltinCheck):
        def __call__(self, messages, answer):
            seen.append(threading.current_thread())

    await arun_check(as_check(own), [], ANSWER)
    await arun_check(as_check(Builtin()), [], ANSWER)
    assert seen[0] is not threading.current_thread()
    assert seen[1] is threading.current_thread()


async def test_an_async_check_runs_under_invoke_inside_a_running_loop():
    async def where(messages, answer):
        return WHERE.get()

    WHERE.set("here")
    assert run_check(as_check(where), [], ANSWER).reason == "here"


def test_checks_apply_by_task():
    names = {
        task: {c.name for c in applicable(default_checks(), task)} for task in ("code", "math")
    }
    assert {"code", "placeholder"} <= names["code"]
    assert "uncertainty" not in names["code"]
    assert "uncertainty" in names["math"]
    assert {c.name for c in default_checks() if c.early} == {"empty", "filter", "refusal"}


def test_the_base_check_says_nothing_itself():
    verdict = run_check(as_check(BuiltinCheck()), [], ANSWER)
    assert verdict.error == "NotImplementedError"


def test_checks_can_be_copied_and_pickled():
    for check in default_checks():
        assert copy.deepcopy(check) == check
        assert pickle.loads(pickle.dumps(check)) == check  # noqa: S301 - our own bytes
