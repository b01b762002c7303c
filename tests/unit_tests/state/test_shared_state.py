"""What shared state promises, whichever store it is kept in."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
import redis
import sqlalchemy as sa

from langchain_smartroute import ConfigurationError, StorageError
from langchain_smartroute.state import (
    Charge,
    Claim,
    Get,
    Hold,
    Look,
    MemoryState,
    Put,
    Refusal,
    Settle,
    SharedState,
    Standing,
    Stands,
    Swap,
    open_state,
)
from langchain_smartroute.state.redis import RedisState
from langchain_smartroute.state.sql import SqlState

HUGE = 4 * 10**18
"""US dollars 4 million in units of 10⁻¹²: past what a Lua number or a float holds exactly."""


def claim(counter="c", amount=1, ceiling=10):
    return Claim(counter=counter, amount=amount, ceiling=ceiling, ttl_s=60)


def hold(lease, *claims, lease_s=60.0):
    return Hold(lease=lease, claims=claims, lease_s=lease_s)


def settle(lease, **charges):
    made = tuple(Charge(counter=c, amount=n, ttl_s=60) for c, n in charges.items())
    return Settle(lease=lease, charges=made)


def standing(state, counter="c"):
    (found,) = state.run(Stands(counters=(counter,)))
    return (found.spent, found.held)


def test_a_value_is_kept_until_it_expires(state):
    assert state.run(Get(key="k")) is None
    state.run(Put(key="k", value="Ä", ttl_s=60))
    assert state.run(Get(key="k")) == "Ä"
    state.run(Put(key="k", value="b", ttl_s=0.05))
    time.sleep(0.1)
    assert state.run(Get(key="k")) is None


def test_a_value_is_swapped_only_for_the_expected_one(state):
    def swap(expected, value):
        return state.run(Swap(key="k", expected=expected, value=value, ttl_s=60))

    assert not swap("a", "b")
    assert swap(None, "a")
    assert not swap(None, "b")
    assert swap("a", "")
    assert swap("", "c")
    assert swap("c", None)
    assert state.run(Get(key="k")) is None
    assert swap(None, None)


def test_several_values_are_looked_at_with_the_time_that_they_have_left(state):
    state.run(Put(key="k", value="Ä", ttl_s=60))
    state.run(Put(key="brief", value="b", ttl_s=0.05))
    time.sleep(0.1)
    found, gone, never = state.run(Look(keys=("k", "brief", "never")))
    assert found.value == "Ä"
    assert 50 < found.left_s <= 60
    assert (gone, never) == (None, None)


def test_a_reservation_fits_up_to_the_ceiling_and_no_further(state):
    assert state.run(hold("a", claim(amount=6))) is None
    refused = state.run(hold("b", claim(amount=5)))
    assert refused == Refusal(number=0, standing=Standing(spent=0, held=6))
    assert state.run(hold("c", claim(amount=4))) is None
    assert standing(state) == (0, 10)


def test_money_is_exact_where_floats_are_not(state):
    assert state.run(hold("a", claim(amount=HUGE - 1, ceiling=HUGE))) is None
    assert state.run(hold("b", claim(amount=2, ceiling=HUGE))) is not None
    assert state.run(hold("c", claim(amount=1, ceiling=HUGE))) is None
    state.run(settle("a", c=HUGE - 7))
    assert standing(state) == (HUGE - 7, 1)


def test_all_claims_are_reserved_or_none(state):
    state.run(hold("x", claim("b", amount=8)))
    refused = state.run(hold("a", claim("a", amount=1), claim("b", amount=3)))
    assert refused == Refusal(number=1, standing=Standing(spent=0, held=8))
    assert standing(state, "a") == (0, 0)
    assert standing(state, "b") == (0, 8)


def test_what_was_spent_counts_and_what_was_reserved_is_free_again(state):
    state.run(hold("a", claim(amount=9)))
    assert state.run(settle("a", c=4)) == (Standing(spent=4, held=0),)
    assert state.run(hold("b", claim(amount=6))) is None
    assert state.run(settle("b")) == ()
    assert standing(state) == (4, 0)


def test_a_lease_on_several_counters_is_given_up_whole(state):
    """What was charged on one counter of two left the other's part reserved."""
    state.run(hold("a", claim("c", amount=4), claim("d", amount=4)))
    (stands,) = state.run(settle("a", c=3))
    assert stands == Standing(spent=3, held=0)
    assert standing(state, "d") == (0, 0)
    assert state.run(settle("a", c=1)) == (Standing(spent=4, held=0),)


def test_a_settlement_that_may_have_been_executed_counts_once(state):
    """Its answer was lost: the connection broke, or nobody waited for it any more."""
    for name in ("a", "b"):
        state.run(hold(name, claim("c", amount=4), claim("d", amount=4)))
    for _ in range(2):
        assert state.run(replace(settle("a", c=3), again=True)) == (Standing(spent=3, held=4),)
    state.run(settle("b", c=2, d=1))
    stands = state.run(replace(settle("b", c=2, d=1), again=True))
    assert stands == (Standing(spent=5, held=0), Standing(spent=1, held=0))
    assert state.run(replace(settle("never", e=1), again=True)) == (Standing(),)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_database_is_asked_while_the_threads_of_the_loop_are_busy(new_state, kind):
    """Spend limits counted as down while an application's blocking calls ran in its threads."""
    state, go = new_state(kind), threading.Event()

    async def asked():
        busy = asyncio.get_running_loop().run_in_executor(None, go.wait, 30)
        try:
            return await asyncio.wait_for(state.arun(Get(key="k")), 10)
        finally:
            go.set()
            await busy

    def with_one_thread():
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        try:
            return loop.run_until_complete(asked())
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    assert await asyncio.to_thread(with_one_thread) is None
    state.close()
    assert await state.arun(Get(key="k")) is None


def test_connections_that_postgresql_has_closed_are_replaced(new_state, postgres_url):
    """The next command on each of them failed, which refused calls under spend limits."""
    state = new_state("postgresql")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: state.run(Put(key=f"k{n}", value="1", ttl_s=60)), range(40)))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    left = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"{ended} AND backend_type = 'client backend'")
        while admin.execute(left).fetchone() != (1,):
            time.sleep(0.01)
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda n: state.run(Get(key=f"k{n}")), range(40))
        assert set(found) == {"1"}


@pytest.mark.parametrize("way", ["run", "arun"])
async def test_a_postgresql_that_hangs_is_an_error_within_its_time(new_state, postgres_url, way):
    """A blocking call waited for it without end."""
    state = new_state("postgresql", timeout_s=0.5)
    state.run(Put(key="k", value="1", ttl_s=60))
    clients = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = %s"
    with psycopg.connect(postgres_url) as admin:
        pids = [pid for (pid,) in admin.execute(clients, ["client backend"])]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StorageError, match=r"no answer within 1\.5 s; see whether it runs"):
            await (
                state.arun(Get(key="k"))
                if way == "arun"
                else asyncio.to_thread(state.run, Get(key="k"))
            )
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert state.run(Get(key="k")) == "1"


def test_an_overrun_is_written_down_and_blocks_what_follows(state):
    state.run(hold("a", claim(amount=9)))
    assert state.run(settle("a", c=12)) == (Standing(spent=12, held=0),)
    refused = state.run(hold("b", claim(amount=0, ceiling=10)))
    assert refused == Refusal(number=0, standing=Standing(spent=12, held=0))


def test_a_lease_that_runs_out_frees_what_it_held(state):
    state.run(hold("a", claim(amount=9), lease_s=0.05))
    time.sleep(0.1)
    assert state.run(hold("b", claim(amount=10))) is None
    assert standing(state) == (0, 10)
    # It was billed all the same, and is not given back twice.
    state.run(settle("a", c=3))
    assert standing(state) == (3, 10)
    state.run(settle("b", c=1))
    assert standing(state) == (4, 0)


def test_a_reservation_of_nothing_is_none(state):
    assert state.run(hold("a")) is None
    assert state.run(settle("a")) == ()


async def test_the_asynchronous_methods_do_the_same(state):
    await state.arun(Put(key="k", value="v", ttl_s=60))
    assert await state.arun(Get(key="k")) == "v"
    results = await asyncio.gather(*(state.arun(hold(f"l{n}", claim())) for n in range(15)))
    assert results.count(None) == 10
    if isinstance(state, RedisState):
        await state.aclose()


def test_threads_never_reserve_more_than_there_is(state):
    def take(number):
        if state.run(hold(f"l{number}", claim(ceiling=50))) is not None:
            return 0
        state.run(settle(f"l{number}", c=1))
        return 1

    with ThreadPoolExecutor(16) as pool:
        taken = sum(pool.map(take, range(120)))
    assert taken == 50
    assert standing(state) == (50, 0)


def test_threads_swap_one_after_the_other(state):
    def count(_):
        while True:
            found = state.run(Get(key="n"))
            new = str(int(found or 0) + 1)
            if state.run(Swap(key="n", expected=found, value=new, ttl_s=60)):
                return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    assert state.run(Get(key="n")) == "20"


@pytest.mark.parametrize("kind", ["redis", "sqlite", "postgresql"])
def test_two_states_on_one_store_act_as_one(new_state, kind):
    here, there = new_state(kind), new_state(kind)
    here.run(hold("a", claim(amount=7)))
    assert there.run(hold("b", claim(amount=4))) is not None
    there.run(settle("a", c=1))
    assert standing(here) == (1, 0)


def test_values_are_bounded_and_the_least_recently_used_is_evicted(new_state):
    state = new_state("memory", max_entries=2)
    for key in ("a", "b"):
        state.run(Put(key=key, value=key, ttl_s=60))
    state.run(Get(key="a"))
    state.run(Put(key="c", value="c", ttl_s=60))
    assert [state.run(Get(key=k)) for k in ("a", "b", "c")] == ["a", None, "c"]


def test_counters_are_bounded_and_none_is_forgotten_before_its_time():
    now = [0.0]
    state = MemoryState(max_entries=2, clock=lambda: now[0])
    for counter in ("a", "b"):
        state.run(hold(counter, claim(counter)))
    with pytest.raises(StorageError, match="2 counters of spend limits are in use"):
        state.run(hold("c", claim("c")))
    now[0] = 61
    assert state.run(hold("c", claim("c"))) is None


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_a_clock_that_jumps_back_frees_nothing_early(new_state, kind):
    now = [1_000.0]
    state = new_state(kind, clock=lambda: now[0])
    state.run(hold("a", claim(amount=9), lease_s=100))
    state.run(Put(key="k", value="v", ttl_s=100))
    for moment in (1_050, 0, 1_099):
        now[0] = moment
        assert state.run(hold("b", claim(amount=9))) is not None
        assert state.run(Get(key="k")) == "v"
    now[0] = 1_101
    assert state.run(hold("b", claim(amount=9))) is None
    assert state.run(Get(key="k")) is None


def test_workers_whose_clocks_differ_go_by_the_servers(new_state):
    """A worker whose clock is an hour fast saw every value of the others as expired."""
    right = new_state("postgresql")
    fast = new_state("postgresql", clock=lambda: time.time() + 3_600)
    right.run(Put(key="k", value="v", ttl_s=60))
    (found,) = fast.run(Look(keys=("k",)))
    assert found.value == "v"
    assert 30 < found.left_s <= 61
    fast.run(Put(key="k", value="w", ttl_s=60))
    assert right.run(Look(keys=("k",)))[0].left_s <= 61


def test_settled_leases_leave_nothing_behind():
    state = MemoryState()
    for number in range(5_000):
        state.run(hold(str(number), claim()))
        state.run(settle(str(number)))
    assert len(state._expiries) < 2_000
    assert not state._leases


def test_what_has_expired_in_a_database_is_forgotten(sqlite_url, monkeypatch):
    now = [1_000.0]
    state = SqlState(sqlite_url, clock=lambda: now[0])
    state.run(hold("a", claim("old")))
    state.run(settle("a", old=1))
    now[0] += 1_000
    state._swept_s -= 1_000
    state.run(Put(key="k", value="v", ttl_s=1))
    assert standing(state, "old") == (0, 0)
    state.close()


@pytest.fixture
def silent_server():
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def accept():
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in kept:
            connection.close()


async def test_a_redis_that_hangs_is_an_error_within_its_time(silent_server):
    state = open_state(f"redis://127.0.0.1:{silent_server}/0", timeout_s=0.2)
    for asynchronous in (False, True):
        began = time.perf_counter()
        asking = (
            state.arun(Get(key="k")) if asynchronous else asyncio.to_thread(state.run, Get(key="k"))
        )
        with pytest.raises(StorageError, match="does not answer"):
            await asking
        assert time.perf_counter() - began < 2
    state.close()
    await state.aclose()


def test_a_redis_that_is_not_there_is_an_error():
    state = RedisState("redis://:hunter2@127.0.0.1:1/0", timeout_s=0.2)
    with pytest.raises(StorageError, match="does not answer") as told:
        state.run(Get(key="k"))
    assert "hunter2" not in str(told.value)
    state.close()


def test_a_state_is_told_by_its_url(sqlite_url):
    assert isinstance(open_state(None), MemoryState)
    assert isinstance(open_state("redis://127.0.0.1:1/0"), RedisState)
    assert isinstance(open_state(sqlite_url), SqlState)
    own = MemoryState()
    assert open_state(own) is own
    assert isinstance(own, SharedState)


@pytest.mark.parametrize("source", [3, "nonsense", "http://x", "redis://127.0.0.1:port"])
def test_an_invalid_state_is_an_error_that_says_so(source):
    with pytest.raises(ConfigurationError):
        open_state(source)


@pytest.mark.parametrize(
    "url", ["postgresql//me:hunter2@host/db", "me:hunter2@host", "redis://:hunter2#!@host:6379"]
)
def test_a_url_with_a_typo_is_not_repeated(url):
    """The password stood in the error of one without its colon, or was taken for a port."""
    with pytest.raises(ConfigurationError) as caught:
        open_state(url)
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://:hunter2@host/0?ssl_cert_reqs=none", "ssl_.* need rediss://"),
        ("rediss://:hunter2@host/0?ssl_cert_reqs=hunter2", "correct it"),
        ("redis://:hunter2@host/0?hunter2=1", "leave it out"),
    ],
)
def test_a_wrong_parameter_of_a_redis_is_told_at_once(url, told):
    """It was a bare `TypeError` of each call, and of the threads that share circuits."""
    with pytest.raises(ConfigurationError, match=told) as caught:
        open_state(url)
    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"


def test_the_parameters_of_redis_are_taken():
    open_state("rediss://me@host/0?ssl_cert_reqs=none&health_check_interval=3&max_connections=2")


def test_a_scheme_with_a_typo_is_told_what_there_is():
    with pytest.raises(ConfigurationError, match=r"'reddis'.*redis"):
        open_state("reddis://host:6379/0")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("no/where/x.db", None, "there is no folder .*no/where; make it, or correct the path"),
        ("", None, "that is a folder; name a file in it"),
        ("random.db", b"no database at all" * 500, "not a database; correct the path, or move"),
        ("text.db", "INSERT INTO smartroute_versions VALUES ('state', 'abc')", "'abc', which no"),
        ("minus.db", "INSERT INTO smartroute_versions VALUES ('state', -3)", "is -3, which no"),
        ("other.db", "ALTER TABLE smartroute_versions RENAME version TO v", "file of its own"),
    ],
)
def test_an_invalid_database_file_says_what_to_do(tmp_path, name, content, told):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE smartroute_versions (room TEXT, version INTEGER)")
            connection.execute(content)
        connection.close()
    state = SqlState(f"sqlite:///{path}")
    with pytest.raises(StorageError, match=told):
        state.run(Get(key="k"))
    state.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"database": "nobody_made_it"},
            "does not exist; see whether it runs",
        ),
        ({"username": "stranger"}, "stranger.*; see whether it runs"),
        ({"host": "127.0.0.1", "port": 9}, "see whether it runs, and whether address"),
    ],
)
def test_a_database_that_cannot_be_reached_says_what_to_do(postgres_url, change, told):
    url = sa.make_url(postgres_url)
    query = {k: v for k, v in url.query.items() if k not in change}
    state = SqlState(url.set(query=query, **change).render_as_string(hide_password=False))
    with pytest.raises(StorageError, match=told):
        state.run(Get(key="k"))
    state.close()


def test_a_redis_that_refuses_says_what_to_do(redis_url):
    state = RedisState(redis_url)
    with redis.Redis.from_url(redis_url) as admin:
        admin.set("{smartroute}:c:c", "a text")
        with pytest.raises(StorageError, match=r"refuses: .*WRONGTYPE.*; others use its keys"):
            state.run(hold("a", claim()))
        admin.config_set("maxmemory", "1")
        try:
            with pytest.raises(StorageError, match=r"refuses: .*; raise its maxmemory"):
                state.run(hold("a", claim(counter="d")))
        finally:
            admin.config_set("maxmemory", "0")
    state.close()


@pytest.mark.parametrize(
    ("kind", "said", "advice"),
    [
        ("ResponseError", "Error running script: -OOM command not allowed", "maxmemory"),
        ("OutOfMemoryError", "command not allowed when used memory > 'maxmemory'", "maxmemory"),
        ("ReadOnlyError", "You can't write against a read only replica.", "that is written to"),
        ("NoPermissionError", "this user has no permissions", "let this user run scripts"),
    ],
)
def test_what_to_do_is_said_whatever_release_of_redis_it_is(kind, said, advice):
    """From 7 on an error of a script is of its own kind; what 6 said of memory was known alone."""
    error = getattr(redis.exceptions, kind)(said)
    told = str(RedisState("redis://localhost")._error(error))
    assert advice in told.rpartition("; ")[2]


def test_users_with_any_name_are_counted(new_state):
    """A name may hold what UTF-8 has no form for; it came from a request."""
    state = new_state("redis")
    for name in ("\ud800", "a\0b|=\n", "u" * 100_000, "\u00e4\u4eba"):
        assert state.run(hold(name, claim(counter=name, amount=3))) is None
        assert state.run(settle(name, **{name: 2})) == (Standing(spent=2),)
