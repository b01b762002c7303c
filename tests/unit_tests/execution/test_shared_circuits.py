"""Circuits that workers share: open for all, probed by one, and each alone where the state is down.

Two breakers on one state stand for two workers; `test_workers_act_as_one` has processes.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from langchain_smartroute import StorageError
from langchain_smartroute.execution import CircuitBreaker
from langchain_smartroute.execution import sharing as sharing_module
from langchain_smartroute.state import Get, MemoryState

OPEN_S = 0.6
PATIENCE_S = 20.0


class Counting:
    """A state that counts what it is asked, and answers or does not."""

    def __init__(self):
        self.inner = MemoryState()
        self.asked = []
        self.wait_s = 0.0
        self.broken = False

    def run(self, command):
        self.asked.append(type(command).__name__)
        time.sleep(self.wait_s)
        if self.broken:
            raise StorageError("no connection to 10.0.0.1")
        return self.inner.run(command)

    async def arun(self, command):
        return self.run(command)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """A busy machine may take longer to answer than a call waits; nothing here is timed."""
    monkeypatch.setattr(sharing_module, "_EVERY_S", 0.05)
    monkeypatch.setattr(sharing_module, "_PATIENCE_S", 5.0)


@pytest.fixture
def store():
    return Counting()


def gate_on(state, **settings):
    given = {"min_calls": 2, "open_s": OPEN_S, "probe_s": 60.0, **settings}
    return CircuitBreaker(state=state, **given).gate("m", endpoint="here")


def comes(happens):
    """Wait until something is so, calling now and then as a worker does."""
    until = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def state_of(gate):
    """How a gate stands to a worker that makes calls."""
    gate._breaker.sharing.touch()
    return gate.health().state


def open_up(gate, kind="broken"):
    for _ in range(2):
        gate.admit(anyway=True).failed(kind)


@pytest.fixture
def two(store):
    """Two workers, the first of which has just found the model failing."""
    here, there = gate_on(store), gate_on(store)
    open_up(here)
    comes(lambda: state_of(there) == "open")
    return here, there


def test_what_one_worker_opens_is_open_for_the_others_with_its_reason(two):
    here, there = two
    assert there.admit() is None
    health = there.health()
    assert health.reason == "2 of its last 2 attempts failed, the latest with broken"
    assert 0 < health.retry_in_s <= OPEN_S
    assert health.retry_in_s == pytest.approx(here.health().retry_in_s, abs=0.3)


def test_other_models_stay_as_they_are(store):
    here = gate_on(store)
    breaker = CircuitBreaker(state=store, min_calls=2)
    same, other = (breaker.gate(model, endpoint="here") for model in "mn")
    open_up(here)
    comes(lambda: state_of(same) == "open")
    assert other.health().state == "closed"


def test_a_refused_key_shuts_the_endpoint_for_all_workers(store):
    here = gate_on(store)
    other_model = CircuitBreaker(state=store, min_calls=2).gate("n", endpoint="here")
    here.admit().failed("key_refused", "HTTP 401")
    comes(lambda: state_of(other_model) == "open")
    assert other_model.health().reason == "HTTP 401"


def test_one_worker_alone_probes(two):
    here, there = two
    comes(lambda: state_of(here) == state_of(there) == "half_open")
    barrier = threading.Barrier(16)

    def knock(number):
        barrier.wait()
        return (here, there)[number % 2].admit()

    with ThreadPoolExecutor(16) as pool:
        probes = [ticket for ticket in pool.map(knock, range(16)) if ticket is not None]
    assert len(probes) == 1
    probes[0].succeeded()
    comes(lambda: state_of(here) == state_of(there) == "closed")


def test_a_probe_that_fails_opens_it_for_all_again(two):
    here, there = two
    comes(lambda: state_of(here) == state_of(there) == "half_open")
    there.admit().failed("broken", "still down")
    comes(lambda: state_of(here) == "open")
    assert here.admit() is None
    assert "still down" in here.health().reason


def test_a_probe_that_was_cancelled_lets_another_worker_probe(two):
    here, there = two
    comes(lambda: state_of(here) == state_of(there) == "half_open")
    probe = there.admit()
    assert here.admit() is None
    probe.released()
    comes(lambda: here.admit() is not None)


def test_the_probe_of_a_dead_worker_expires(store):
    here, there = (gate_on(store, probe_s=0.5) for _ in range(2))
    open_up(here)
    comes(lambda: state_of(there) == "half_open")
    lost = there.admit()
    assert lost is not None
    comes(lambda: here.admit() is not None)


def test_the_last_resort_closes_it_for_all_before_its_time(two):
    here, there = two
    here.admit(anyway=True).succeeded()
    comes(lambda: state_of(there) == "closed")


def test_what_began_before_it_opened_elsewhere_changes_nothing(store):
    here, there = gate_on(store, open_s=60), gate_on(store, open_s=60)
    straggler = there.admit()
    open_up(here)
    comes(lambda: state_of(there) == "open")
    straggler.succeeded()
    assert there.health().state == "open"


def test_a_worker_that_comes_later_learns_what_is_open(two, store):
    latecomer = gate_on(store)
    comes(lambda: state_of(latecomer) != "closed")


def test_two_workers_that_open_at_once_agree(store):
    here, there = gate_on(store), gate_on(store)
    for gate in (here, there):
        open_up(gate)
    comes(lambda: state_of(here) == state_of(there) == "half_open")
    comes(lambda: here.admit() or there.admit())


def test_a_closed_circuit_costs_a_look_a_second_whatever_the_load(store, monkeypatch):
    monkeypatch.setattr(sharing_module, "_EVERY_S", 0.5)
    gate = gate_on(store)
    until = time.monotonic() + 1.4
    calls = 0
    while time.monotonic() < until:
        gate.admit().succeeded()
        calls += 1
    assert calls > 1_000
    assert set(store.asked) == {"Look"}
    assert len(store.asked) <= 4


def test_nobody_is_asked_before_there_is_a_call(store):
    gate_on(store)
    time.sleep(0.2)
    assert store.asked == []


def test_without_a_state_there_is_no_thread():
    before = threading.active_count()
    gate = CircuitBreaker(min_calls=2).gate("m", endpoint="here")
    open_up(gate)
    assert threading.active_count() == before


def test_the_thread_ends_when_nobody_calls_and_comes_back(store, monkeypatch):
    gate = gate_on(store)
    gate.admit().succeeded()
    sharing = gate._breaker.sharing
    comes(lambda: sharing._thread is not None)
    with monkeypatch.context() as idle:
        idle.setattr(sharing_module, "_IDLE_S", 0.0)
        comes(lambda: sharing._thread is None)
    other = gate_on(store)
    open_up(other)
    comes(lambda: state_of(gate) == "open")


def test_a_breakers_thread_does_not_keep_it_alive(store):
    gate = gate_on(store)
    gate.admit().succeeded()
    thread = gate._breaker.sharing._thread
    del gate
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_while_the_state_is_down_workers_continue_alone_and_warn_once(store, caplog):
    caplog.set_level(logging.INFO, logger="langchain_smartroute")
    store.broken = True
    here, there = gate_on(store), gate_on(store)
    open_up(here)
    comes(lambda: here._breaker.sharing.is_alone)
    assert (here.health().state, there.health().state) == ("open", "closed")
    comes(lambda: here.health().state == "half_open")
    here.admit().succeeded()
    assert here.health().state == "closed"
    open_up(here)
    time.sleep(0.3)
    told = [r for r in caplog.records if "this process' own" in r.getMessage()]
    assert len(told) == 1
    assert told[0].levelname == "WARNING"
    assert "10.0.0.1" in told[0].getMessage()
    store.broken = False
    comes(lambda: state_of(there) != "closed")
    assert "breakers are shared again" in caplog.text


def test_a_hanging_state_delays_no_call(store, monkeypatch):
    monkeypatch.setattr(sharing_module, "_PATIENCE_S", 0.02)
    gate = gate_on(store, open_s=0.05)
    store.wait_s = 3.0
    open_up(gate)
    time.sleep(0.1)
    begun = time.monotonic()
    gate.admit()
    gate.admit(anyway=True).succeeded()
    assert time.monotonic() - begun < 1.0


def test_a_state_of_ones_own_that_breaks_down_leaves_the_breaker_working(
    store, caplog, monkeypatch
):
    def broken(command):
        raise RuntimeError("what a store of the user's own may do")

    before = threading.enumerate()
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(store, "run", broken)
    gate = gate_on(store)
    open_up(gate)
    comes(lambda: gate._breaker.sharing.is_alone)
    comes(lambda: "RuntimeError" in caplog.text)
    comes(lambda: gate.health().state == "half_open")
    gate.admit().succeeded()
    assert gate.health().state == "closed"
    # What their threads raise is this test's, not the next one's.
    for thread in set(threading.enumerate()) - set(before):
        thread.join(10)


def test_neither_address_nor_key_is_in_the_state():
    from pydantic import SecretStr

    from langchain_smartroute.execution import Endpoint

    asked = []

    class Watched(MemoryState):
        def run(self, command):
            asked.append(repr(command))
            return super().run(command)

    endpoint = Endpoint(base_url="https://gateway.example/v1", api_key=SecretStr("sk-secret"))
    gate = CircuitBreaker(state=Watched(), min_calls=2).gate("m", endpoint=endpoint)
    open_up(gate)
    comes(lambda: any("Swap" in line for line in asked))
    assert not any("secret" in line or "example" in line for line in asked)


def test_a_breaker_that_is_shared_stays_with_its_state(store):
    breaker = CircuitBreaker(state=store, min_calls=2)
    breaker.share(MemoryState())
    here, there = breaker.gate("m", endpoint="here"), gate_on(store)
    open_up(here)
    comes(lambda: state_of(there) == "open")


def test_gates_made_before_it_is_shared_are_shared_too(store):
    breaker = CircuitBreaker(min_calls=2)
    gate = breaker.gate("m", endpoint="here")
    breaker.share(store)
    open_up(gate)
    comes(lambda: store.inner.run(Get(key=next(iter(store.inner._values), ""))) is not None)
