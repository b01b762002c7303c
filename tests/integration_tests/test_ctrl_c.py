"""Ctrl-C ends what waits for a model that does not answer, and everything is accounted for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CODE = """
import asyncio, json, os, signal, sys, threading, time, warnings
from langchain_smartroute import MemoryLedger, SmartRouterRunnable, SpendLimit
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.state import MemoryState, Stands

warnings.simplefilter("error")
# What is started in the background ignores the signal, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
price = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "2", "source": "-", "date": "2026-11-23"}
models = {alias: {"prices": [price]} for alias in ("one", "two")}
limits = [SpendLimit(usd=1, period="day", name="all")]

async def abatch(router, count):
    await router.abatch(["Hello"] * count)

async def astream(router):
    async for _ in router.astream("Hello"):
        pass

ways = {
    "invoke": lambda router, _: router.invoke("Hello"),
    "stream": lambda router, _: list(router.stream("Hello")),
    "batch": lambda router, count: router.batch(["Hello"] * count),
    "batch of objects": lambda router, count: router.with_structured_output(
        {"title": "o", "description": "o", "type": "object", "properties": {}}
    ).batch(["Hello"] * count),
    "abatch": lambda router, count: asyncio.run(abatch(router, count)),
    "astream": lambda router, _: asyncio.run(astream(router)),
}

def interrupted(way, count, fault):
    state, ledger, server = MemoryState(), MemoryLedger(), SandboxServer()
    with server:
        for alias in models:
            server.set_fault(alias, Fault(**fault))
        router = SmartRouterRunnable.from_catalog(
            base_url=server.base_url, catalog={"models": models, "default": "one"},
            ledger=ledger, state=state, spend_limits=limits, max_retry_after_s=100,
        )
        at = []

        def interrupt():
            while len(server.requests) < count:
                time.sleep(0.01)
            time.sleep(0.3)
            at.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        try:
            ways[way](router, count)
        except KeyboardInterrupt:
            took = time.monotonic() - at[0]
        stands = state.run(Stands(counters=tuple(state._counters)))
        return {
            "took": took,
            "outcomes": [record.outcome for record in ledger.records()],
            "held": [stand.held for stand in stands],
            "failures": router.health()["one"].failures,
        }

print(json.dumps({way: interrupted(way, *asked) for way, asked in json.loads(sys.argv[1]).items()}))
"""
HANGS = ("invoke", "stream", "batch", "batch of objects", "abatch", "astream")
WAITS = ("invoke", "batch", "abatch")


@pytest.fixture(scope="module")
def while_hanging():
    """Way of calling → what was found after Ctrl-C."""
    return interrupted(HANGS, kind="hang")


@pytest.fixture(scope="module")
def while_waiting():
    """The same, in the wait before the next attempt."""
    return interrupted(WAITS, kind="status", status=429, retry_after="60")


@pytest.mark.parametrize("way", HANGS)
def test_ctrl_c_ends_a_call_that_hangs(while_hanging, way):
    """`batch` waited for its threads: for every model of the chain, as long as each may take."""
    found = while_hanging[way]
    assert found["outcomes"] == ["cancelled"] * count_of(way)
    assert (found["held"], found["failures"]) == ([0], 0)
    assert found["took"] < 30


@pytest.mark.parametrize("way", WAITS)
def test_ctrl_c_ends_a_wait_for_the_next_attempt(while_waiting, way):
    """Each thread of a `batch` slept until its model's Retry-After was over."""
    found = while_waiting[way]
    assert found["outcomes"] == ["failed"] * count_of(way)
    assert found["held"] == [0]
    assert found["took"] < 30


def count_of(way):
    return 3 if "batch" in way else 1


def interrupted(ways, **fault):
    """All ways in one process, as starting it takes longer than each of them."""
    asked = {way: (count_of(way), fault) for way in ways}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", CODE, json.dumps(asked)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)
