"""Several processes on one Redis, PostgreSQL or SQLite: one breaker, one memory of routes."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest
from worker_process import WorkerProcess

from langchain_smartroute.sandbox import Fault, SandboxServer

WORKER = Path(__file__).with_name("workers.py")
PATIENCE_S = 60.0


@pytest.fixture(params=["redis", "postgresql", "sqlite"])
def state(request):
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "redis": "redis_url"}
    return request.getfixturevalue(names[request.param])


@pytest.fixture
def server():
    with SandboxServer() as running:
        yield running


@pytest.fixture
def workers(state, server):
    started = [WorkerProcess(WORKER, state, server.base_url) for _ in range(3)]
    yield started
    for worker in started:
        worker.process.kill()
        worker.process.communicate()


def until(happens):
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return time.monotonic()


def at_once(workers, *command):
    for worker in workers:
        worker.send(*command)
    return [worker.answer() for worker in workers]


def is_open_to(worker):
    # A call that goes elsewhere keeps a worker in touch.
    worker("chat", "c", "code")
    return worker("health", "shaky") == "open"


def test_several_processes_have_one_memory_of_routes_and_one_breaker(workers, server):
    conversations_go_on_in_another_worker(*workers)
    a_circuit_opens_for_all_and_one_worker_probes(workers, server)


def conversations_go_on_in_another_worker(first, second, third):
    assert first("chat", "t1", "write code") == "steady"
    assert second("chat", "t1", "hello") == "steady"
    assert third("chat", "t2", "hello") == "shaky"
    assert first("chat", "t2", "write code") == "shaky"


def a_circuit_opens_for_all_and_one_worker_probes(workers, server):
    first, *others = workers
    assert at_once(workers, "call") == ["shaky"] * 3
    before = at_once(others, "calls", "shaky")
    server.set_fault("shaky", Fault(kind="status", status=500))
    until(lambda: (first("call"), first("health", "shaky"))[1] == "open")
    opened = time.monotonic()
    for worker in others:
        until(partial(is_open_to, worker))
    assert time.monotonic() - opened < 15
    assert at_once(others, "call") == ["steady", "steady"]
    assert at_once(others, "calls", "shaky") == before

    server.reset()
    until(lambda: all(worker("health", "shaky") == "half_open" for worker in workers))
    server.set_fault("shaky", Fault(kind="heartbeat", amount=10, seconds=0.1))
    rounds = []
    while not any(rounds):
        # A store that answers late lets the next call be the probe.
        assert len(rounds) < 50
        rounds.append(at_once(workers, "call").count("shaky"))
    assert rounds[-1] == 1
    server.reset()
    until(lambda: all(worker("call") == "shaky" for worker in workers))
