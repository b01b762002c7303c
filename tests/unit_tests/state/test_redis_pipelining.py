"""Waiting commands are sent together in one pipeline, and each gets its own result."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from langchain_smartroute import StorageError
from langchain_smartroute.state import Charge, Get, Put, Settle, Standing, Stands
from langchain_smartroute.state.redis import RedisState

MANY = 40


@pytest.fixture
def admin(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
        client.client_unpause()


@pytest.fixture
def state(redis_url):
    made = RedisState(redis_url, timeout_s=20)
    yield made
    made.close()


def charge(amount, counter="c"):
    return Settle(lease="", charges=(Charge(counter=counter, amount=amount, ttl_s=60),))


def connections(admin):
    return len(admin.client_list()) - 1


def waiting(state):
    """Commands that wait for others to come back."""
    return len(state._pipelines._queue._waiting)


def wait_until(holds):
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def pause(admin):
    """Let scripts wait; what the administrator asks is answered."""
    admin.execute_command("CLIENT", "PAUSE", "20000", "WRITE")


def test_many_threads_share_a_few_connections_and_each_gets_its_own_answer(state, admin):
    for number in range(MANY):
        state.run(Put(key=f"k{number}", value=f"v{number}", ttl_s=60))
    pause(admin)
    with ThreadPoolExecutor(MANY) as threads:
        asked = [threads.submit(state.run, Get(key=f"k{number}")) for number in range(MANY)]
        wait_until(lambda: waiting(state) == MANY - 4)
        admin.client_unpause()
        assert [one.result() for one in asked] == [f"v{number}" for number in range(MANY)]
    assert connections(admin) <= 4


async def test_many_tasks_share_a_few_connections_and_each_gets_its_own_answer(state, admin):
    for number in range(MANY):
        await state.arun(Put(key=f"k{number}", value=f"v{number}", ttl_s=60))
    answers = await asyncio.gather(*(state.arun(Get(key=f"k{n}")) for n in range(MANY)))
    assert answers == [f"v{number}" for number in range(MANY)]
    assert connections(admin) <= 4
    await state.aclose()


def test_the_connections_of_a_loop_are_closed_with_it(redis_url):
    """Two runs of `asyncio.run` wrote a ResourceWarning about an unclosed connection each."""
    code = f"""
import asyncio, gc, weakref
from langchain_smartroute.state import Get, Put
from langchain_smartroute.state.redis import RedisState

state = RedisState({redis_url!r})
asyncio.run(state.arun(Put(key="k", value="1", ttl_s=60)))
assert asyncio.run(state.arun(Get(key="k"))) == "1"
loop = asyncio.new_event_loop()
assert loop.run_until_complete(state.arun(Get(key="k"))) == "1"
loop.close()
known = weakref.ref(loop)
del loop
gc.collect()
assert known() is None, "a program that calls asyncio.run again and again grows"

async def closed_by_hand():
    await state.arun(Get(key="k"))
    await state.aclose()
    assert await state.arun(Get(key="k")) == "1"

asyncio.run(closed_by_hand())
del state
gc.collect()
"""
    done = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_state_that_is_dropped_takes_its_connections_along(redis_url, admin):
    """At once, not when garbage is collected, perhaps in a forked process."""
    gc.collect()
    before = connections(admin)
    state = RedisState(redis_url)
    state.run(Get(key="k"))
    asyncio.run(state.arun(Get(key="k")))
    assert connections(admin) == before + 1
    gc.disable()
    try:
        del state
        wait_until(lambda: connections(admin) == before)
    finally:
        gc.enable()


def test_a_failing_command_does_not_fail_others_of_its_pipeline(state, admin):
    """A counter's key that is no counter, and a script that the server has forgotten."""
    admin.set("{smartroute}:c:broken", "no hash")
    state.run(Stands(counters=("c",)))
    admin.script_flush()
    pause(admin)
    with ThreadPoolExecutor(MANY) as threads:
        good = [threads.submit(state.run, charge(1)) for _ in range(MANY // 2)]
        bad = [threads.submit(state.run, charge(1, "broken")) for _ in range(MANY // 2)]
        wait_until(lambda: waiting(state) == MANY - 4)
        admin.client_unpause()
        # Each was counted once, and told how the counter stood after it.
        assert sorted(one.result()[0].spent for one in good) == list(range(1, MANY // 2 + 1))
        for one in bad:
            with pytest.raises(StorageError, match="WRONGTYPE"):
                one.result()


async def test_cancelling_a_task_does_not_cancel_others(state, admin):
    await state.arun(Stands(counters=("c",)))
    pause(admin)
    tasks = [asyncio.create_task(state.arun(charge(1))) for _ in range(MANY)]
    await asyncio.sleep(0.05)
    for number in (0, 10, 20):  # one that is under way, two that wait
        tasks[number].cancel()
    await asyncio.sleep(0)
    admin.client_unpause()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done].count(asyncio.CancelledError) == 3
    assert sum(isinstance(one, tuple) for one in done) == MANY - 3
    assert (await state.arun(Stands(counters=("c",))))[0].spent in (MANY - 3, MANY - 2)
    await state.aclose()


@pytest.mark.parametrize("appointed", [False, True])
def test_an_interrupted_wait_does_not_block_others(state, admin, appointed):
    """Control-C in the main thread, also in the moment in which its turn has come."""
    state.run(Stands(counters=("c",)))
    pause(admin)
    pipelines = state._pipelines

    def interrupt(number, frame):
        if appointed:
            with pipelines._queue.lock:
                pipelines._queue._under_way += 1  # as if a round trip had just ended
                pipelines._start(pipelines._queue.next_batch())
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ThreadPoolExecutor(MANY) as threads:
            others = [threads.submit(state.run, charge(1)) for _ in range(4)]
            wait_until(lambda: connections(admin) == 4)

            def come_later():
                wait_until(lambda: waiting(state) == 1)
                later = [threads.submit(state.run, charge(1)) for _ in range(MANY - 5)]
                wait_until(lambda: waiting(state) == MANY - 4)
                signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
                return later

            come = threads.submit(come_later)
            with pytest.raises(KeyboardInterrupt):
                state.run(charge(1))
            admin.client_unpause()
            others += come.result()
            assert {len(one.result(10)) for one in others} == {1}
    finally:
        signal.signal(signal.SIGALRM, before)
    assert state.run(Stands(counters=("c",))) == (Standing(spent=MANY - 1),)
    assert pipelines._queue._under_way == 0


def test_a_forked_process_waits_for_no_command_of_its_parents(state, admin):
    state.run(Stands(counters=("c",)))
    pause(admin)
    with ThreadPoolExecutor(MANY) as threads:
        asked = [threads.submit(state.run, charge(1)) for _ in range(MANY)]
        wait_until(lambda: waiting(state) == MANY - 4)
        child = os.fork()
        if not child:
            ended = threading.Timer(15, os._exit, [1])
            ended.daemon = True
            ended.start()
            state.run(charge(1))
            os._exit(0)
        admin.client_unpause()
        assert os.waitpid(child, 0)[1] == 0
        assert {len(one.result()) for one in asked} == {1}
    assert state.run(Stands(counters=("c",))) == (Standing(spent=MANY + 1),)
