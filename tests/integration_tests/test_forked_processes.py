"""A forked process works, even if threads of its parent were active during the fork.

Servers fork their workers after the application was loaded, and what shares circuits or
writes a ledger is a thread of the parent, which may be at it right then.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
import warnings
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import HumanMessage
from scripted import ANSWER

from langchain_smartroute import CallRecord, SmartRouterRunnable, SqlLedger
from langchain_smartroute.classify import EmbeddingClassifier, PatternClassifier, UserRequest
from langchain_smartroute.engine.classifying import Classifying
from langchain_smartroute.execution import models, transport
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.state import Get, Put
from langchain_smartroute.state.sql import SqlState
from langchain_smartroute.types import Usage, new_lock, new_lock_against_forks

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system knows no fork"),
]
LONG_S = 20


def in_a_child(work):
    """Run a function in a forked process; returns whether it succeeded."""
    child = os.fork()
    if not child:
        # Whatever it waits for, it does not outlive this.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONG_S)
        ended = 1
        try:
            ended = 0 if work() else 2
        finally:
            os._exit(ended)
    return os.waitpid(child, 0)[1] == 0


def record(name):
    return CallRecord(
        run_id=name,
        alias="one",
        outcome="accepted",
        usage=Usage(),
        cost_usd=Decimal(1),
        latency_s=0.1,
    )


class Holding:
    """Keeps another thread inside a `with` block until released, or for some seconds."""

    def __init__(self, inside, *, seconds=LONG_S):
        self._inside, self._seconds = inside, seconds
        self._entered, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self):
        with self._inside:
            self._entered.set()
            self._leave.wait(self._seconds)

    def __enter__(self):
        self._thread.start()
        assert self._entered.wait(LONG_S)

    def __exit__(self, *_):
        self._leave.set()
        self._thread.join()


def test_a_lock_that_a_thread_of_the_parent_held_can_be_taken():
    lock = new_lock()
    with Holding(lock):
        assert in_a_child(lambda: lock.acquire(timeout=1))
        assert lock.locked()


def test_a_child_warns_of_no_connection_of_its_parent():
    """Each worker that was forked after a call wrote `ResourceWarning: unclosed socket`."""
    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        router.invoke("Hello!")
        told = []

        def work():
            return router.invoke("Hello!").text and not told

        with patch.object(sys, "unraisablehook", told.append), warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            assert in_a_child(work)
        assert router.invoke("Hello!").text


def test_a_fork_waits_for_operations_that_must_not_be_interrupted():
    lock = new_lock_against_forks()
    with Holding(lock, seconds=0.3):
        begun = time.monotonic()
        assert in_a_child(lambda: lock.acquire(timeout=1))
        assert time.monotonic() - begun > 0.2
    assert lock.acquire(timeout=1)


def test_a_child_can_build_a_model_while_its_parent_builds_one():
    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        with Holding(models._BUILDING):
            assert in_a_child(lambda: router.invoke("Hello!").text)


def test_a_child_can_classify_while_its_parent_stores_a_classification():
    """Its lock was an ordinary one: the first call of such a child waited for ever."""
    classifying = Classifying(classifier=PatternClassifier())
    with Holding(classifying._lock):
        assert in_a_child(lambda: classifying.of([HumanMessage("Hello!")])[1].task)


def test_a_child_can_embed_examples_while_its_parent_does():
    """Like the one above, where the first request of the parent is embedding the examples."""
    embeddings = DeterministicFakeEmbedding(size=8)
    classifier = EmbeddingClassifier(embeddings, {"code": ["Sort a list"], "math": ["2 + 2"]})
    request = UserRequest(text="Hello!")
    with Holding(classifier.learnt_.lock):
        assert in_a_child(lambda: classifier.classify(request).task)


def test_a_child_can_write_to_the_state_that_its_parent_wrote_to(tmp_path):
    """SQLite believed for ever that it was locked: every call under a spend limit was refused."""
    state = SqlState(f"sqlite:///{tmp_path}/state.db")
    state.run(Put(key="a", value="1", ttl_s=60))

    def work():
        state.run(Put(key="b", value="2", ttl_s=60))
        return state.run(Get(key="a")) == "1"

    with Holding(state._database.writing(), seconds=0.3):
        assert in_a_child(work)
    assert state.run(Get(key="b")) == "2"
    state.close()


def test_a_child_can_write_to_the_ledger_that_its_parent_wrote_to(tmp_path):
    ledger = SqlLedger(f"sqlite:///{tmp_path}/costs.db")
    ledger.open()

    def work():
        ledger.add(record("child"))
        return ledger.flush(LONG_S) and ledger.close()

    ledger.add(record("parent"))
    with Holding(ledger._writer._lock):
        assert in_a_child(lambda: ledger.status.waiting == 0)
    with Holding(ledger._database.writing(), seconds=0.3):
        assert in_a_child(work)
    assert {found.run_id for found in ledger.records()} == {"parent", "child"}
    ledger.close()


def test_what_a_child_has_written_is_there_when_its_parent_ends(tmp_path):
    """SQLite told a child that it held the locks which its parent's open connection had.

    So when the parent closed its ledger (or ended, as who starts a daemon does), it was the
    last one, and took away the log that the child was writing to: what the child wrote from
    then on was acknowledged, and in no file.
    """
    ledger = SqlLedger(f"sqlite:///{tmp_path}/costs.db")
    ledger.add(record("parent"))
    ledger.flush()
    closed, done = os.pipe(), os.pipe()

    def work():
        os.write(done[1], b".") if stored("child, before") else None
        return os.read(closed[0], 1) and stored("child, after")

    def stored(name):
        ledger.add(record(name))
        return ledger.flush(LONG_S)

    def close():
        os.read(done[0], 1)
        ledger.close()
        os.write(closed[1], b".")

    other = threading.Thread(target=close)
    other.start()
    assert in_a_child(work)
    other.join()
    assert len(ledger.records()) == 3
    ledger.close()


def test_a_process_is_not_forked_while_a_thread_reads_a_database(tmp_path):
    """A connection that is read from is open as well."""
    state = SqlState(f"sqlite:///{tmp_path}/state.db")
    state.run(Put(key="a", value="1", ttl_s=60))
    with Holding(state._database.reading(), seconds=0.3):
        begun = time.monotonic()
        assert in_a_child(lambda: state.run(Get(key="a")) == "1")
        assert time.monotonic() - begun > 0.2
    state.close()


def test_a_database_in_memory_outlives_a_fork():
    state = SqlState("sqlite://")
    state.run(Put(key="a", value="1", ttl_s=60))
    assert in_a_child(lambda: True)
    assert state.run(Get(key="a")) == "1"
    state.close()


class Proxy(BaseHTTPRequestHandler):
    """Counts who connects to it, and answers in the place of who is asked."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connected += 1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: tests read what is printed."""


@pytest.fixture
def proxy(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    server.connected = 0
    serving = threading.Thread(target=server.serve_forever, args=[0.02])
    serving.start()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    # The process' client was made without it.
    transport.blocking_client.cache_clear()
    yield server
    transport.blocking_client.cache_clear()
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_child_does_not_speak_on_its_parents_connections_to_a_proxy(proxy):
    """Only those without a proxy were left to the parent; answers could come to the wrong one."""
    router = SmartRouterRunnable.from_catalog(base_url="http://nowhere.example/v1", api_key="k")

    def work():
        return router.invoke("Hello!").text == "fine"

    assert work()
    assert work()
    assert proxy.connected == 1
    assert in_a_child(work)
    assert proxy.connected == 2
    (pool,) = {way._pool for way in transport.blocking_client()._mounts.values() if way}
    with Holding(pool._optional_thread_lock):
        assert in_a_child(work)


@pytest.mark.parametrize("connections", ["httpx", "aiohttp"])
def test_a_child_leaves_its_parents_event_loop_alone(connections):
    """At its end it closed the clients of all loops that it knew, which are the parent's.

    They share what a loop waits with: what the child no longer waits for, the parent does not.
    """
    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(base_url=server.base_url, transport=connections)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(router.ainvoke("Hello!"))
        clients = transport._clients_of(connections)
        with patch.object(clients._clients[loop], "aclose") as closed:
            assert in_a_child(lambda: not clients.close_all() and not closed.called)
            assert in_a_child(lambda: asyncio.run(router.ainvoke("Hello!")).text)
        assert loop.run_until_complete(router.ainvoke("Hello!")).text
        loop.close()
