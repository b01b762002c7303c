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
way, count, fault = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
state, ledger = MemoryState(), MemoryLedger()
server = SandboxServer()
server.start()
price = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "2", "source": "-", "date": "2026-11-23"}
models = {alias: {"prices": [price]} for alias in ("one", "two")}
for alias in models:
    server.set_fault(alias, Fault(**fault))
limits = [SpendLimit(usd=1, period="day", name="all")]
router = SmartRouterRunnable.from_catalog(
    base_url=server.base_url, catalog={"models": models, "default": "one"},
    ledger=ledger, state=state, spend_limits=limits, max_retry_after_s=100,
)

def interrupt():
    while len(server.requests) < count:
        time.sleep(0.01)
    time.sleep(0.3)
    global interrupted
    interrupted = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

async def abatch():
    await router.abatch(["Hello"] * count)

async def astream():
    async for _ in router.astream("Hello"):
        pass

ways = {
    "invoke": lambda: router.invoke("Hello"),
    "stream": lambda: list(router.stream("Hello")),
    "batch": lambda: router.batch(["Hello"] * count),
    "batch of objects": lambda: router.with_structured_output(
        {"title": "o", "description": "o", "type": "object", "properties": {}}
    ).batch(["Hello"] * count),
    "abatch": lambda: asyncio.run(abatch()),
    "astream": lambda: asyncio.run(astream()),
}
threading.Thread(target=interrupt, daemon=True).start()
try:
    ways[way]()
except KeyboardInterrupt:
    took = time.monotonic() - interrupted
stands = state.run(Stands(counters=tuple(state._counters)))
print(json.dumps({
    "took": took,
    "outcomes": [record.outcome for record in ledger.records()],
    "held": [stand.held for stand in stands],
    "failures": router.health()["one"].failures,
}))
server.stop()
"""


@pytest.mark.parametrize(
    "way", ["invoke", "stream", "batch", "batch of objects", "abatch", "astream"]
)
def test_ctrl_c_ends_a_call_that_hangs(way):
    """`batch` waited for its threads: for every model of the chain, as long as each may take."""
    count = 3 if "batch" in way else 1
    found = interrupted(way, count, kind="hang")
    assert found["outcomes"] == ["cancelled"] * count
    assert (found["held"], found["failures"]) == ([0], 0)


@pytest.mark.parametrize("way", ["invoke", "batch", "abatch"])
def test_ctrl_c_ends_a_wait_for_the_next_attempt(way):
    """Each thread of a `batch` slept until its model's Retry-After was over."""
    count = 3 if "batch" in way else 1
    found = interrupted(way, count, kind="status", status=429, retry_after="60")
    assert found["outcomes"] == ["failed"] * count
    assert found["held"] == [0]


def interrupted(way, count, **fault):
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", CODE, way, str(count), json.dumps(fault)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["took"] < 30
    return found
