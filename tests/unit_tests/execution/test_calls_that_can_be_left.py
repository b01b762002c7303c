"""Blocking calls in threads that can be abandoned, and calls with time limits."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
import weakref
from contextvars import ContextVar

import pytest
from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from langchain_smartroute.errors import AttemptTimeoutError
from langchain_smartroute.execution import CircuitBreaker, Conduct, TimeLimits, waiting
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.surroundings import (
    END,
    AReader,
    Reader,
    aanswer_in,
    answer_in,
    apause,
    pause,
)
from langchain_smartroute.execution.waiting import finished_in_time

SOON = 0.05
LONG = 20


def bounds_of(seconds=LONG, *, streams=False, first=LONG, idle=LONG):
    limits = TimeLimits(timeout_s=seconds, first_token_timeout_s=first, idle_timeout_s=idle)
    return AttemptBounds(limits, streams=streams)


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "smartroute-call"]


@pytest.fixture
def few_seconds_idle(monkeypatch):
    """Workers that end soon, and none left over from other tests."""
    monkeypatch.setattr(waiting, "_IDLE_S", SOON)
    waited_for(lambda: not [worker for worker in workers() if worker not in waiting._idle])
    with waiting._lock:
        left = set(waiting._idle)
        waiting._idle.clear()
    yield lambda: [worker for worker in workers() if worker not in left]
    with waiting._lock:
        waiting._idle.extend(left)


def waited_for(condition, seconds=10):
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


# ---- a call in another thread -----------------------------------------------------------


def test_what_ends_in_time_gives_its_answer():
    assert finished_in_time(lambda: 7, bounds_of()) == 7


def test_without_a_limit_it_is_waited_for():
    bounds = AttemptBounds(TimeLimits(timeout_s=None))
    assert finished_in_time(lambda: time.sleep(SOON) or 7, bounds) == 7


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_what_it_raises_is_raised_where_it_was_called(error):
    def call():
        raise error

    with pytest.raises(type(error)) as caught:
        finished_in_time(call, bounds_of())
    assert caught.value is error


def test_what_does_not_end_in_time_is_left():
    go_on = threading.Event()
    began = time.monotonic()
    with pytest.raises(AttemptTimeoutError) as caught:
        finished_in_time(lambda: go_on.wait(LONG), bounds_of(SOON))
    assert SOON <= time.monotonic() - began + 0.005 < LONG / 2
    assert caught.value.limit == "timeout_s"
    go_on.set()


def test_what_ends_too_late_is_tidied_up_once_by_its_own_thread():
    go_on, tidied = threading.Event(), []
    done = threading.Event()

    def too_late():
        tidied.append(threading.current_thread().name)
        done.set()

    with pytest.raises(AttemptTimeoutError):
        finished_in_time(lambda: go_on.wait(LONG), bounds_of(SOON), too_late=too_late)
    assert tidied == []
    go_on.set()
    assert done.wait(LONG)
    assert tidied == ["smartroute-call"]


def test_what_fails_too_late_is_tidied_up_too():
    go_on, done = threading.Event(), threading.Event()

    def call():
        go_on.wait(LONG)
        raise ValueError("nobody hears this")

    with pytest.raises(AttemptTimeoutError):
        finished_in_time(call, bounds_of(SOON), too_late=done.set)
    go_on.set()
    assert done.wait(LONG)


def test_what_ends_in_time_is_not_tidied_up():
    tidied = []
    finished_in_time(lambda: 7, bounds_of(), too_late=lambda: tidied.append(1))
    finished_in_time(lambda: 7, bounds_of())
    assert tidied == []


def test_a_call_that_ends_in_the_very_moment_of_leaving_is_taken(monkeypatch):
    """Between the end of the wait and the leaving: it has ended, so its answer counts."""
    task = waiting.Task(lambda: 7, None)
    # The wait is over without the call having ended; it ends before the task is left.
    monkeypatch.setattr(task._ended, "wait", lambda _: task.run() and False)
    assert task.wait_within(bounds_of(0))
    assert task.answer == 7


# ---- its threads ------------------------------------------------------------------------


def test_one_thread_serves_one_call_after_another(few_seconds_idle):
    names = set()
    for _ in range(20):
        finished_in_time(lambda: names.add(threading.get_ident()), bounds_of())
        waited_for(lambda: waiting._idle)
    assert len(names) == 1


def test_calls_at_once_have_a_thread_each(few_seconds_idle):
    barrier = threading.Barrier(4, timeout=LONG)

    def call():
        finished_in_time(barrier.wait, bounds_of())

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert barrier.n_waiting == 0
    assert not barrier.broken


def test_a_thread_without_work_ends(few_seconds_idle):
    finished_in_time(lambda: 7, bounds_of())
    assert few_seconds_idle()
    assert waited_for(lambda: not few_seconds_idle())
    assert waiting._idle == []
    assert finished_in_time(lambda: 8, bounds_of()) == 8


def test_a_thread_that_is_chosen_just_as_it_would_end_takes_the_work(few_seconds_idle):
    worker = waiting._Worker()
    worker.start()
    # It finds itself chosen: it is not among the idle ones.
    time.sleep(4 * SOON)
    assert worker.is_alive()
    task = waiting.Task(lambda: 7, None)
    worker.give(task)
    assert task.wait_within(bounds_of(LONG))
    assert waited_for(lambda: not worker.is_alive())


def test_a_thread_keeps_nothing_of_the_call_it_made(few_seconds_idle):
    class Held:
        pass

    held = Held()
    gone = weakref.ref(held)
    finished_in_time(lambda kept=held: None, bounds_of())
    del held
    gc.collect()
    assert waited_for(lambda: gone() is None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="warns of threads when it forks")
def test_a_fork_uses_none_of_its_parents_threads():
    """They are not there; a call given to one of them would never be made."""
    finished_in_time(lambda: 7, bounds_of())
    assert waited_for(lambda: waiting._idle)
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        try:
            os._exit(0 if finished_in_time(lambda: 7, bounds_of(5)) == 7 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ---- a whole answer ---------------------------------------------------------------------


MINE = ContextVar("mine", default="nothing")


@pytest.mark.parametrize("bounded", [True, False])
def test_a_call_finds_its_callers_context(bounded):
    token = MINE.set("something")
    try:
        assert answer_in({}, bounds_of(), MINE.get, bounded=bounded) == "something"
    finally:
        MINE.reset(token)


@pytest.mark.parametrize("bounded", [True, False])
def test_only_a_call_that_does_not_end_by_itself_has_another_thread(bounded):
    there = answer_in({}, bounds_of(), threading.get_ident, bounded=bounded)
    assert (there == threading.get_ident()) is bounded


async def test_an_awaited_call_is_cancelled_when_its_time_is_up():
    cancelled = []

    async def call():
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    with pytest.raises(AttemptTimeoutError) as caught:
        await aanswer_in({"callbacks": AsyncCallbackManager([])}, bounds_of(SOON), call())
    assert cancelled == [1]
    assert isinstance(caught.value.__cause__, TimeoutError)


async def test_an_awaited_calls_own_time_out_is_its_own():
    own = TimeoutError("mine")

    async def call():
        raise own

    with pytest.raises(TimeoutError) as caught:
        await aanswer_in({"callbacks": AsyncCallbackManager([])}, bounds_of(), call())
    assert caught.value is own


# ---- a stream ---------------------------------------------------------------------------


class Source:
    """Says its chunks; a number is a wait. Knows that it was closed."""

    def __init__(self, *script):
        self.script = list(script)
        self.closed = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        if not self.script:
            raise StopIteration
        word = self.script.pop(0)
        if isinstance(word, float):
            time.sleep(word)
            return next(self)
        if isinstance(word, Exception):
            raise word
        return word

    def close(self):
        self.closed.set()


def reader_of(source, bounds=None, *, bounded=False):
    return Reader(lambda: source, {}, bounds or bounds_of(streams=True), bounded=bounded)


@pytest.mark.parametrize("bounded", [True, False])
def test_a_stream_is_read_to_its_end_and_closed(bounded):
    source = Source("one", "two")
    with reader_of(source, bounded=bounded) as reader:
        assert [reader.next() for _ in range(3)] == ["one", "two", END]
        assert not source.closed.is_set()
    assert source.closed.is_set()


@pytest.mark.parametrize("bounded", [True, False])
def test_a_stream_that_fails_is_closed(bounded):
    source = Source(ValueError("no"))
    with pytest.raises(ValueError, match="no"), reader_of(source, bounded=bounded) as reader:
        reader.next()
    assert source.closed.is_set()


def test_what_cannot_be_closed_is_not():
    with reader_of(iter(["one"])) as reader:
        assert [reader.next(), reader.next()] == ["one", END]


def test_a_stream_that_is_too_slow_is_left_and_closed_when_its_step_has_ended():
    source = Source(SOON * 6, "late")
    bounds = bounds_of(first=SOON, streams=True)
    with pytest.raises(AttemptTimeoutError) as caught, reader_of(source, bounds) as reader:
        reader.next()
    assert caught.value.limit == "first_token_timeout_s"
    assert not source.closed.is_set()
    assert source.closed.wait(LONG)


def test_a_streams_own_time_out_closes_it_at_once():
    source = Source(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"), reader_of(source) as reader:
        reader.next()
    assert source.closed.is_set()


async def test_a_step_of_an_asynchronous_stream_is_cancelled_when_its_time_is_up():
    async def source():
        yield "one"
        await asyncio.sleep(LONG)

    bounds = bounds_of(LONG, streams=True, idle=SOON)
    reader = AReader(source, {}, bounds)
    assert await reader.next() == "one"
    bounds.saw_content()
    bounds.rests()
    with pytest.raises(AttemptTimeoutError) as caught:
        await reader.next()
    assert caught.value.limit == "idle_timeout_s"


async def test_a_steps_own_time_out_is_its_own():
    async def source():
        raise TimeoutError("mine")
        yield

    with pytest.raises(TimeoutError, match="mine"):
        await AReader(source, {}, bounds_of(streams=True)).next()


# ---- waits between attempts -------------------------------------------------------------


async def test_a_pause_is_as_long_as_it_says():
    for pausing in (pause, apause):
        began = time.monotonic()
        paused = pausing(SOON)
        if paused is not None:
            await paused
        assert time.monotonic() - began >= SOON - 0.005


# ---- the same in a chain ----------------------------------------------------------------


def hangs(parts):
    time.sleep(6 * SOON)
    yield "late"


async def ahangs(parts):
    await asyncio.sleep(LONG)
    yield "late"


HANGING = RunnableGenerator(hangs, ahangs)
SHORT = {"limits": TimeLimits(timeout_s=2 * SOON, first_token_timeout_s=SOON)}


def quick(_):
    return "fine"


async def test_a_hanging_candidate_is_abandoned_for_the_next_one(call, chain_of):
    """A model of another provider may have no time-outs at all."""
    chain = chain_of(HANGING, RunnableLambda(quick), each=SHORT)
    answer = await call(chain)
    assert answer.content == "fine"
    first, _ = answer.response_metadata["smartroute"]["attempts"]
    assert first["reason"].startswith("AttemptTimeoutError")


async def test_a_single_hanging_candidate_ends_in_a_timeout_error(call, chain_of):
    with pytest.raises(AttemptTimeoutError) as caught:
        await call(chain_of(HANGING, each=SHORT))
    limit = "first_token_timeout_s" if call.streams else "timeout_s"
    assert (caught.value.limit, caught.value.seconds) == (limit, getattr(SHORT["limits"], limit))


async def test_the_deadline_ends_the_attempt_and_the_request(call, chain_of):
    chain = chain_of(HANGING, RunnableLambda(quick), conduct=Conduct(deadline_s=SOON))
    with pytest.raises(AttemptTimeoutError) as caught:
        await call(chain)
    assert caught.value.limit == "deadline_s"


async def test_after_too_long_an_answer_the_next_candidate_answers(call, chain_of, scripted):
    chain = chain_of(
        scripted("x" * 6, "y" * 6), scripted("fine"), conduct=Conduct(max_answer_chars=11)
    )
    if call.streams:
        # Six characters had been passed on by then.
        with pytest.raises(Exception, match="max_answer_chars = 11"):
            await call(chain)
        return
    assert (await call(chain)).content == "fine"


async def test_too_long_a_held_answer_falls_back(call, chain_of, scripted):
    chain = chain_of(
        scripted("x" * 6, "y" * 6),
        scripted("fine"),
        conduct=Conduct(max_answer_chars=11),
        stream_policy="buffer",
    )
    assert (await call(chain)).content == "fine"


async def test_the_time_of_a_slow_reader_is_not_the_models(streamed, chain_of, scripted):
    limits = TimeLimits(first_token_timeout_s=LONG, idle_timeout_s=0.1, timeout_s=LONG)
    chain = chain_of(scripted("one ", "two ", "three"), each={"limits": limits})

    def slowly():
        for piece in chain.stream("hi"):
            time.sleep(0.15)
            yield piece.content

    async def aslowly():
        async for piece in chain.astream("hi"):
            await asyncio.sleep(0.15)
            yield piece.content

    read = list(slowly()) if streamed.mode == "stream" else [piece async for piece in aslowly()]
    assert "".join(read) == "one two three"


async def test_a_hanging_stream_counts_against_its_breaker(call, chain_of):
    breaker = CircuitBreaker(min_calls=1)
    gate = breaker.gate("a", endpoint="here")
    chain = chain_of(HANGING, each={**SHORT, "gate": gate})
    with pytest.raises(AttemptTimeoutError):
        await call(chain)
    assert gate.health().state == "open"


async def test_an_error_in_an_except_block_of_the_caller_is_the_models_own(
    call, chain_of, scripted
):
    """A second router as the last hope of the first: its attempts were all called time-outs."""
    chain = chain_of(scripted(error=ValueError("malformed")), scripted("fine"))

    def first_router():
        raise AttemptTimeoutError("too slow", limit="timeout_s", seconds=1)

    try:
        first_router()
    except AttemptTimeoutError:
        answer = await call(chain)
    first, _ = answer.response_metadata["smartroute"]["attempts"]
    assert first["reason"] == "ValueError"
