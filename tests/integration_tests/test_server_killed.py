"""A provider that dies in the middle of load and comes back at the same address."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import pytest
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_smartroute import ModelSpec, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

COMMAND = (sys.executable, "-c", "from langchain_smartroute.cli import main; main()")
PROMPT = "What is 12 * 7?"
WORKERS = 64
PAUSE_S = 0.5
OPEN_S = 1.0
WINDOW_S = OPEN_S + 15.0
"""A probe is let through after `OPEN_S`; the rest is for a busy machine."""
PATIENCE_S = 60.0


@dataclass
class Load:
    """The answers of 64 callers so far, with time and candidate."""

    wanted: str
    answers: list[tuple[float, str]] = field(default_factory=list)
    faults: list[object] = field(default_factory=list)
    is_over: bool = False

    def models(self, since):
        return [model for at, model in self.answers if at >= since]

    async def caller(self, number, router):
        await asyncio.sleep(PAUSE_S * number / WORKERS)
        while not self.is_over:
            try:
                answer = await answered(router, streams=number % 2 == 0)
            except Exception as error:  # noqa: BLE001 - none at all may come
                self.faults.append(error)
            else:
                if answer.text != self.wanted:
                    self.faults.append(answer.text)
                model = answer.response_metadata["smartroute"]["model"]
                self.answers.append((time.monotonic(), model))
            await asyncio.sleep(PAUSE_S)

    async def until(self, happened):
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.02)
        return time.monotonic()


async def answered(router, *, streams):
    if not streams:
        return await router.ainvoke(PROMPT)
    return add_ai_message_chunks(*[chunk async for chunk in router.astream(PROMPT)])


@pytest.fixture
def start_primary(tmp_path):
    """Start `smartroute sandbox` with the model `primary`; gives the process and its address."""
    catalog = tmp_path / "primary.toml"
    catalog.write_text(
        'name = "primary"\ndefault = "primary"\n[models.primary]\n', encoding="utf-8"
    )
    started = []

    def start(port=0):
        options = ["--catalog", str(catalog), "--port", str(port), "--format", "json"]
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, "sandbox", *options], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, json.loads(process.stdout.readline())["base_url"]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def fallback():
    with SandboxServer() as server:
        yield server


async def test_a_killed_server_costs_no_answer_and_is_used_again_when_it_is_back(
    start_primary, fallback
):
    process, address = start_primary()
    router = SmartRouterRunnable.from_models(
        {
            "primary": ModelSpec(alias="primary", base_url=address),
            "fallback": ModelSpec(alias="fallback", base_url=fallback.base_url),
        },
        fallbacks={"primary": ["fallback"]},
        stream_policy="buffer",
        breaker={"open_s": OPEN_S, "window_s": 5.0},
        # Only a dead server is to count as one, not a busy machine.
        connect_timeout_s=30,
        first_token_timeout_s=30,
    )
    load = Load(wanted=(await answered(router, streams=False)).text)
    callers = [asyncio.create_task(load.caller(n, router)) for n in range(WORKERS)]
    try:
        await load.until(lambda: len(load.answers) > 2 * WORKERS)
        assert set(load.models(since=0)) == {"primary"}

        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        opened = await load.until(lambda: router.health()["primary"].state != "closed")
        await load.until(lambda: load.models(since=opened).count("fallback") > 2 * WORKERS)

        port = int(address.removesuffix("/v1").rpartition(":")[2])
        _, again = await asyncio.to_thread(start_primary, port)
        back = time.monotonic()
        assert again == address
        returned = await load.until(lambda: "primary" in load.models(since=back))
        await load.until(lambda: load.models(since=returned).count("primary") > WORKERS)
    finally:
        load.is_over = True
        await asyncio.gather(*callers)

    assert load.faults == []
    assert returned - back < WINDOW_S
    assert router.health()["primary"].state == "closed"
    assert load.models(since=0)[-1] == "primary"
