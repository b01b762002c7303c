"""Waiting for the lock of an SQLite file.

Under load one of eight workers found the file "locked" for a second, now and then, although
every other held it for less than a millisecond: SQLite looks for the lock ever more seldom.
"""

from __future__ import annotations

import gc
import sqlite3

import pytest
from hand_clock import Clock

from langchain_smartroute.errors import StorageError
from langchain_smartroute.state.database import Database, sa
from langchain_smartroute.state.sqlite import patiently


class Lock:
    """A lock that is free on some of the attempts."""

    def __init__(self, free):
        self.free = iter(free)
        self.looks = 0

    def __call__(self):
        self.looks += 1
        if not next(self.free):
            raise sqlite3.OperationalError("database is locked")


def test_it_looks_for_the_lock_hundreds_of_times_in_a_second():
    clock, lock = Clock(), Lock([False] * 300 + [True])
    patiently(lock, seconds=1.0, clock=clock, sleep=clock.passes)
    assert lock.looks == 301


def test_it_gives_up_when_its_time_is_over():
    clock = Clock()
    begun = clock()
    lock = Lock([False] * 100_000)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        patiently(lock, seconds=1.0, clock=clock, sleep=clock.passes)
    assert 1.0 <= clock() - begun < 1.01


def test_another_error_is_not_waited_out():
    looks = []

    def broken():
        looks.append(1)
        raise sqlite3.DatabaseError("file is not a database")

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        patiently(broken, seconds=60.0)
    assert len(looks) == 1


def test_a_writer_looks_for_the_lock_itself(tmp_path):
    """SQLite's own wait is off while it does, and on for everything else."""
    database = Database(f"sqlite:///{tmp_path}/state.db", timeout_s=0.05)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 50
    seen = []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda _c, _k, said, *_: seen.append(said)
    )
    holder = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"), database.writing():
        pass
    holder.execute("ROLLBACK")
    holder.close()
    assert seen[0] == "PRAGMA busy_timeout = 0"
    assert seen.count("BEGIN IMMEDIATE") > 3
    assert seen[-1] == "PRAGMA busy_timeout = 50"
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    database.close()


def test_a_database_that_nobody_holds_any_more_is_closed(tmp_path):
    """From Python 3.13 on an SQLite connection that is only dropped is a ResourceWarning.

    Whoever has a router with a state of SQLite in his tests saw them fail by it.
    """
    database = Database(f"sqlite:///{tmp_path}/state.db")
    closed = []
    sa.event.listen(database.engine, "close", lambda *_: closed.append("one"))
    with database.writing(), database.reading():
        pass
    del database
    gc.collect()
    assert closed == ["one", "one"]
