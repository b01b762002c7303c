"""The checks of the soak test detect what they are for."""

from __future__ import annotations

import asyncio
import mmap
from decimal import Decimal

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableLambda

from langchain_smartroute.bench import SoakSettings
from langchain_smartroute.bench.resources import Held, memory_bytes, other_tasks
from langchain_smartroute.bench.soak import _Memory, _parts, _report
from langchain_smartroute.bench.soak_load import PROMPTS, SoakLoad, Tally
from langchain_smartroute.bench.soak_server import FAULTLESS, MIX, RandomFaults
from langchain_smartroute.errors import StreamInterruptedError

TEXT = "the whole answer"
ANSWERS = dict.fromkeys(PROMPTS, TEXT)


async def tally_of(answer):
    """What a load makes of a router that answers so, or raises it."""

    def reply(_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    load = SoakLoad([RunnableLambda(reply)], ANSWERS, seed=0)
    await load.send(4, concurrency=2)
    return load.tally


def told(*attempts):
    return {"smartroute": {"attempts": list(attempts)}}


async def test_a_short_answer_without_an_error_is_lost():
    tally = await tally_of(AIMessage(TEXT[:5]))
    assert tally.endings["complete"] == 0
    assert tally.faults["an answer that is not the whole one, and no error"] == 4


async def test_an_error_that_says_nothing_of_where_it_comes_from_is_not_clear():
    tally = await tally_of(RuntimeError("oh"))
    assert sum(n for what, n in tally.faults.items() if "neither ours nor" in what) == 4


async def test_an_error_with_the_routers_note_is_clear():
    error = RuntimeError("oh")
    error.add_note("smartroute: model gpt-4o, general")
    tally = await tally_of(error)
    assert not any("neither ours nor" in what for what in tally.faults)


async def test_an_interruption_must_carry_what_was_shown():
    partial = AIMessageChunk("something that was never shown")
    tally = await tally_of(StreamInterruptedError("broke", partial=partial, attempts=()))
    assert tally.faults["an interrupted stream whose partial is not what was shown"] == 4


async def test_an_attempt_that_is_told_but_not_recorded_is_lost():
    attempt = {"model": "a", "outcome": "accepted", "reason": "", "cost": "0.1"}
    tally = await tally_of(AIMessage(TEXT, response_metadata=told(attempt)))
    assert tally.endings["complete"] == 4
    assert tally.faults["attempts that are recorded otherwise than they are told"] == 4


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_the_share_of_faulty_answers_is_what_was_asked_for(share):
    faults = RandomFaults(share=share, seed=1)
    struck = [fault for _ in range(5_000) if (fault := faults.take("any")) is not None]
    # Five standard deviations of a binomial share.
    assert abs(len(struck) / 5_000 - share) <= 5 * (share * (1 - share) / 5_000) ** 0.5
    assert set(struck) == (set(MIX) if share else set())
    assert faults.take(FAULTLESS) is None


def test_the_same_seed_gives_the_same_faults():
    first, second = (RandomFaults(share=0.5, seed=7) for _ in range(2))
    assert [first.take("a") for _ in range(50)] == [second.take("a") for _ in range(50)]


@pytest.mark.parametrize("requests", [1, 499, 500, 501, 17_000])
def test_parts_add_up_and_are_nearly_equal(requests):
    parts = _parts(requests)
    assert sum(parts) == requests
    assert max(parts) - min(parts) <= 1


def report(*, tally=None, memory=(100, 100, 100), leaked=None, requests=20_000):
    warm, peak, end = memory
    return _report(
        SoakSettings(requests=requests),
        tally or Tally(),
        seconds=1.0,
        memory=_Memory(warm=warm, peak=peak, end=end),
        leaked=leaked or {"tasks": 0},
    )


def test_nothing_lost_is_no_failure():
    assert report().failures == ()


@pytest.mark.parametrize(
    ("end", "requests", "fails"),
    [(104, 20_000, False), (106, 20_000, True), (106, 1_999, False), (None, 20_000, False)],
)
def test_memory_may_grow_by_less_than_a_twentieth(end, requests, fails):
    found = report(memory=(100, 110, end), requests=requests)
    assert bool(found.failures) is fails


def test_accounts_that_do_not_add_up_and_leaks_fail():
    tally = Tally(cost_usd=Decimal(1), recorded_usd=Decimal(2))
    failures = report(tally=tally, leaked={"tasks": 0, "threads": 2}).failures
    assert failures == ("$2 recorded, $1 told", "2 threads left over")


async def test_a_task_that_nobody_waits_for_is_seen():
    before = other_tasks()
    lost = asyncio.create_task(asyncio.sleep(60), name="lost")
    assert sorted([*before, "lost"]) == other_tasks()
    lost.cancel()


def test_an_open_file_is_seen(tmp_path):
    before = Held.now().descriptors
    with (tmp_path / "open").open("w", encoding="utf-8"):
        assert Held.now().descriptors == before + 1
    assert Held.now().descriptors == before


def test_memory_that_is_held_is_seen():
    before = memory_bytes()
    # Not out of what the process has freed and kept.
    with mmap.mmap(-1, 50_000_000) as block:
        block.write(b"x" * 50_000_000)
        assert memory_bytes() - before > 40_000_000
