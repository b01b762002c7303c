"""Limits of calls that are broken off at any moment, and of states whose answers are lost."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from unittest.mock import patch

import pytest

from langchain_smartroute import (
    CostCallbackHandler,
    MemoryLedger,
    SmartRouterRunnable,
    SpendLimit,
    StorageError,
)
from langchain_smartroute.accounting.reservation import PlannedCall
from langchain_smartroute.state import Hold, MemoryState, Settle

PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "1",
    "source": "a test",
    "date": "2026-11-23",
}
COST = 150 * 10**6
"""What the scripted answer costs, in 10⁻¹² USD."""
DAY = SpendLimit(usd="0.1", period="day")


class Counted(MemoryState):
    """Shared state whose single counter can be read, as another worker would."""

    def total(self):
        ((spent, held, _),) = self._counters.values()
        return spent, held


class InThreads(Counted):
    """Executes in threads, which nobody can break off; the first command of a kind waits."""

    def __init__(self, kind):
        super().__init__()
        self._kinds = [kind]
        self.begun, self.go = threading.Event(), threading.Event()
        self._running = 0

    async def arun(self, command):
        self._running += 1
        return await asyncio.to_thread(self._late, command)

    def _late(self, command):
        try:
            if type(command) in self._kinds:
                self._kinds.clear()
                self.begun.set()
                assert self.go.wait(30)
            return self.run(command)
        finally:
            self._running -= 1

    async def let_go(self):
        """Have all commands that are under way executed."""
        self.go.set()
        while self._running:  # noqa: ASYNC110 - threads tell no event loop
            await asyncio.sleep(0.001)
        # The loop hears of it in its next turns.
        await asyncio.sleep(0.01)


class Lossy(Counted):
    """Executes its first settlement, whose answer is lost."""

    lost = 0

    def run(self, command):
        answer = super().run(command)
        if isinstance(command, Settle) and not self.lost:
            self.lost = 1
            raise StorageError("the connection broke")
        return answer


@pytest.fixture
def limited(scripted, answered):
    def make(state, **settings):
        model = scripted(script=[answered(tokens=(100, 50))], **settings)
        return SmartRouterRunnable.from_models(
            {"only": model},
            prices={"only": PRICE},
            spend_limits=[DAY],
            state=state,
            ledger=MemoryLedger(),
        )

    return make


async def cancelled(call, begun):
    """Cancel a call when something has begun."""
    task = asyncio.create_task(call)
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    return task


async def test_a_call_may_be_cancelled_at_any_step_of_its_loop(limited):
    """What was cancelled together with its reservation's answer went on to the model."""
    recorded = 0
    for steps in range(1, 60):
        state = Counted()
        router = limited(state, wait_s=30)
        call = asyncio.create_task(router.ainvoke("Hello"))
        for _ in range(steps):
            await asyncio.sleep(0)
        call.cancel()
        done, _ = await asyncio.wait([call], timeout=10)
        assert done, f"cancelled after {steps} steps, it goes on"
        assert call.cancelled()
        if state._counters:
            records = router.ledger.records()
            spent = sum(int(record.cost_usd * 10**12) for record in records)
            assert state.total() == (spent, 0)
            recorded += len(records)
    # How many steps it takes to the model depends on a thread.
    assert recorded


async def test_a_reservation_that_comes_after_its_call_was_cancelled_is_given_back(limited):
    """It was given back before it was made, and stayed for fifteen minutes."""
    state = InThreads(Hold)
    router = limited(state)
    task = await cancelled(router.ainvoke("Hello"), state.begun)
    other = asyncio.create_task(router.ainvoke("Hello"))
    await asyncio.wait([other], timeout=0.1)
    await state.let_go()
    with pytest.raises(asyncio.CancelledError):
        await task
    await other
    assert state.total() == (COST, 0)


async def test_a_reservation_that_comes_after_its_time_is_given_back(limited):
    state = InThreads(Hold)
    router = limited(state)
    with pytest.raises(StorageError, match="no answer within 1 s"):
        await router.ainvoke("Hello")
    await router.ainvoke("Hello")
    await state.let_go()
    await router.ainvoke("Hello")
    assert state.total() == (2 * COST, 0)


async def test_an_error_that_comes_after_its_time_is_not_logged_as_one_of_nobody(limited):
    class Late(Counted):
        async def arun(self, command):
            await asyncio.sleep(0.2)
            raise StorageError("nobody there")

    router, heard = limited(Late()), []
    spending = router._engine.limits.spending
    spending._wait_s = 0.05
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context))
    try:
        with pytest.raises(StorageError, match="no answer within"):
            await router.ainvoke("Hello")
        await asyncio.wait(spending._commands)
        await asyncio.sleep(0)
        gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert heard == []


class SlowlySettled(Counted):
    """Takes long to settle."""

    def __init__(self):
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def arun(self, command):
        if isinstance(command, Settle):
            self.begun.set()
            await self.go.wait()
        return self.run(command)


@pytest.mark.parametrize("handlers", [0, 1])
async def test_a_call_cancelled_while_it_is_settled_is_recorded_as_it_is_charged(limited, handlers):
    """The limit was charged for the whole answer, and the ledger recorded the input alone."""
    state = SlowlySettled()
    router = limited(state)
    costs = CostCallbackHandler(baseline=None, prices={"only": PRICE})
    call = asyncio.create_task(router.ainvoke("Hello", {"callbacks": [costs][:handlers]}))
    await state.begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    state.go.set()
    await asyncio.wait(router._engine.limits.spending._commands)
    assert state.total() == (COST, 0)
    for records in (router.ledger.records(), costs.records[:handlers] or router.ledger.records()):
        assert [int(record.cost_usd * 10**12) for record in records] == [COST]


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_a_settlement_whose_answer_was_lost_counts_once(limited, way):
    state = Lossy()
    router = limited(state)
    for _ in range(2):
        if way == "invoke":
            router.invoke("Hello")
        else:
            await router.ainvoke("Hello")
    assert state.lost
    assert state.total() == (2 * COST, 0)


async def test_a_settlement_that_takes_long_counts_once(limited):
    """The next call settled it again, although it was still under way."""
    state = InThreads(Settle)
    router = limited(state)
    # Its answer is not waited for any longer than a second.
    await router.ainvoke("Hello")
    await router.ainvoke("Hello")
    await state.let_go()
    await router.ainvoke("Hello")
    assert state.total() == (3 * COST, 0)


async def test_a_settlement_whose_second_try_is_cancelled_counts_once(limited):
    """It was executed although its call was cancelled, and then once more."""
    state = InThreads(Settle)
    router = limited(state)
    spending = router._engine.limits.spending
    planned = PlannedCall(alias="only", request_id="r", metadata={}, tokens=1, cost=COST)
    reservation = spending.reserve(planned)
    with patch.object(state, "arun", side_effect=StorageError("nobody there")):
        await spending.asettle(reservation, tokens=1, cost=COST)
    task = await cancelled(router.ainvoke("Hello"), state.begun)
    with pytest.raises(asyncio.CancelledError):
        await task
    await state.let_go()
    await router.ainvoke("Hello")
    assert state.total() == (2 * COST, 0)


def test_a_settlement_that_ends_with_its_loop_counts_once(limited):
    """Its thread went on, and the next call settled it again."""
    state = InThreads(Settle)
    router = limited(state)

    async def left_at_the_end():
        call = asyncio.create_task(router.ainvoke("Hello"))
        await asyncio.to_thread(state.begun.wait, 30)
        state.go.set()
        return call

    asyncio.run(left_at_the_end())
    asyncio.run(router.ainvoke("Hello"))
    assert state.total() == (2 * COST, 0)


ENDING = """
import sys
from langchain_smartroute import SmartRouterRunnable, SpendLimit, StorageError
from langchain_smartroute.state import Settle
from langchain_smartroute.state.sql import SqlState
from langchain_smartroute.testing import ScriptedChatModel

class Down(SqlState):
    down = True

    def run(self, command):
        if self.down and isinstance(command, Settle):
            raise StorageError("nobody there")
        return super().run(command)

state = Down(sys.argv[1])
router = SmartRouterRunnable.from_models(
    {"only": ScriptedChatModel()}, spend_limits=[SpendLimit(tokens=10_000)], state=state
)
router.invoke("Hello")
state.down = "still" in sys.argv
"""


@pytest.mark.parametrize("still", [False, True])
def test_what_waits_at_the_end_of_a_process_is_settled_or_said(sqlite_url, scripted, still):
    """What it had spent was lost with it, and its reservation stayed for fifteen minutes."""
    more = ["still"] if still else []
    done = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-c", ENDING, sqlite_url, *more],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    router = SmartRouterRunnable.from_models(
        {"only": scripted(script=["never asked"])},
        spend_limits=[SpendLimit(tokens=10_000)],
        state=sqlite_url,
    )
    (status,) = router.limit_status()
    said = "1 settlements of spend limits end with their process: nobody there" in done.stderr
    assert (status.spent, status.reserved > 0, said) == (
        (0, True, True) if still else (13, False, False)
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_leaves_its_parents_settlements_to_it(limited):
    router = limited(Lossy())
    router.invoke("Hello")
    unsettled = router._engine.limits.spending._unsettled
    assert len(unsettled) == 1
    child = os.fork()
    if not child:
        os._exit(len(unsettled))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
