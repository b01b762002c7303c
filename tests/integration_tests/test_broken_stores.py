"""State that is broken, of a newer release, locked or silent: a clear error or calls that go on.

The ledger's own broken files are in `test_sql_ledger` and `test_ledger_on_small_disks`.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from langchain_smartroute import SmartRouterRunnable, SpendLimit, SqlLedger, StorageError
from langchain_smartroute.accounting import Spending
from langchain_smartroute.accounting.reservation import PlannedCall
from langchain_smartroute.errors import SpendLimitExceededError
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.state import Get, MemoryState
from langchain_smartroute.state.sql import SqlState

LONGEST_S = 10.0
"""The state counts as down after one second; the rest is for a busy machine."""


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


@pytest.fixture
def corrupt(tmp_path):
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database" * 500)
    return f"sqlite:///{path}", "not a database"


@pytest.fixture
def newer(tmp_path):
    path = tmp_path / "state.db"
    state = SqlState(f"sqlite:///{path}")
    state.run(Get(key="k"))
    state.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE smartroute_versions SET version = 99")
    connection.close()
    return f"sqlite:///{path}", "upgrade langchain-smartroute"


@pytest.fixture
def locked(tmp_path):
    path = tmp_path / "state.db"
    state = SqlState(f"sqlite:///{path}")
    state.run(Get(key="k"))
    state.close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    yield f"sqlite:///{path}", "locked|no answer within 1 s"
    holder.close()


@pytest.fixture
def no_folder(tmp_path):
    return f"sqlite:///{tmp_path}/nowhere/state.db", "unable to open"


@pytest.fixture
def silent_redis():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield (
            f"redis://127.0.0.1:{listening.getsockname()[1]}/0",
            "does not answer|no answer within",
        )


@pytest.fixture
def absent_redis():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0", "does not answer"


@pytest.fixture(params=["corrupt", "newer", "locked", "no_folder", "silent_redis", "absent_redis"])
def broken(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
async def test_a_broken_state_stops_calls_with_a_clear_error_or_lets_them_go_on(
    server, broken, mode
):
    url, told = broken
    began = time.monotonic()
    for choice in ("deny", "allow"):
        router = SmartRouterRunnable.from_catalog(
            base_url=server.base_url,
            state=url,
            spend_limits=[SpendLimit(usd=1)],
            on_backend_error=choice,
        )

        async def call(router=router):
            thread = {"configurable": {"thread_id": "t1"}}
            if mode == "invoke":
                return router.invoke("Hello", thread)
            return await router.ainvoke("Hello", thread)

        if choice == "allow":
            assert (await call()).text
        else:
            with pytest.raises(StorageError, match=told) as caught:
                await call()
            assert 'on_backend_error="allow"' in str(caught.value)
    assert time.monotonic() - began < 2 * LONGEST_S


def test_a_clock_that_jumps_back_keeps_the_counter_of_its_day():
    """Each day keeps its own counter: whoever comes back to it finds what was spent."""
    now = [datetime(2026, 11, 27, 23, tzinfo=UTC)]
    spending = Spending([SpendLimit(usd=1, period="day")], MemoryState(), now=lambda: now[0])
    dear = PlannedCall(alias="a", request_id="", metadata={}, tokens=1, cost=9 * 10**11)
    for hours in (0, 2):
        now[0] += timedelta(hours=hours)
        spending.settle(spending.reserve(dear), tokens=1, cost=dear.cost)
        with pytest.raises(SpendLimitExceededError):
            spending.reserve(dear)
    now[0] -= timedelta(hours=2)
    with pytest.raises(SpendLimitExceededError, match=r"\$0.90 are spent"):
        spending.reserve(dear)


@pytest.mark.skipif(os.name == "nt", reason="files that are open cannot be deleted there")
def test_a_database_whose_file_was_deleted_or_moved_is_opened_anew(tmp_path):
    """A worker went on in the deleted file, where its spend counted for nobody else.

    Its records were lost as well, and the ledger said that they were written.
    """
    limit = SpendLimit(usd="1", period="overall")
    state, records = tmp_path / "state.db", tmp_path / "costs.db"
    with SandboxServer() as server, SqlLedger(f"sqlite:///{records}") as ledger:

        def worker(**settings):
            return SmartRouterRunnable.from_catalog(
                base_url=server.base_url,
                state=f"sqlite:///{state}",
                spend_limits=[limit],
                **settings,
            )

        first = worker(ledger=ledger)
        once = Decimal(first.invoke("Hello!").response_metadata["smartroute"]["cost"])
        assert ledger.flush()
        for path in (*tmp_path.glob("state.db*"), *tmp_path.glob("costs.db*")):
            path.rename(path.with_name(f"old-{path.name}"))
        first.invoke("Hello!")
        second = worker()
        second.invoke("Hello!")
        first.invoke("Hello!")
        assert {w.limit_status()[0].spent for w in (first, second)} == {3 * once}
        assert ledger.flush()
        assert len(SqlLedger(f"sqlite:///{records}").records()) == 2
