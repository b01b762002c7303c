"""SQLite files used by several processes: fair waits, and no open files in forks.

SQLite's own wait sleeps longer and longer between its tries, up to a tenth of a second.
With eight processes that write continuously, one of them may find the file locked fifteen times
in a row, although each of the others holds the lock for a fraction of a millisecond.

SQLite tracks locks by file and process. A forked child with an open connection of its parent
would rely on locks that it does not have, on all of its connections to that file.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from langchain_smartroute.types import before_forking, in_forked_process

__all__ = ["begin_in_turn", "close_before_forks", "identity_of_file", "is_file", "patiently"]

_LEAST_S, _MOST_S = 0.0002, 0.003
_chance = random.Random()  # noqa: S311 - no secret; a thread must not disturb who has set a seed
_engines: Final[WeakSet[Any]] = WeakSet()


def patiently(
    attempt: Callable[[], object],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Retry to get the lock, with short random sleeps, until the time is up.

    Args:
        attempt: Tries to get the lock without waiting.
        seconds: Time limit.
        clock: A monotonic clock, in seconds.
        sleep: Waits for a number of seconds.

    Raises:
        sqlite3.OperationalError: As raised by `attempt`, or SQLAlchemy's error for it: for the
            lock when the time is up, for other reasons at once.
    """
    until = clock() + seconds
    while True:
        try:
            attempt()
        except (sqlite3.OperationalError, OperationalError) as error:
            if not _is_lock(error) or clock() >= until:
                raise
        else:
            return
        sleep(_chance.uniform(_LEAST_S, _MOST_S))


def _is_lock(error: Exception) -> bool:
    """Whether an error of SQLite or SQLAlchemy says that the database is locked."""
    return "database is locked" in str(getattr(error, "orig", error))


def begin_in_turn(engine: Any, *, seconds: float, durable: bool, read_only: bool) -> None:
    """Have an engine's connections set up, and its transactions begun, as several processes need.

    Args:
        engine: Of SQLAlchemy. It is given nothing that would keep its owner alive.
        seconds: How long to wait for a lock.
        durable: Whether a commit also survives the machine.
        read_only: Whether nothing may be written.
    """

    def set_up(connection: Any, _record: Any) -> None:
        # The driver's own transactions start too late for `begin immediate`.
        connection.isolation_level = None
        if read_only:
            return
        # SQLite does not wait if two connections change the journal mode at the same time.
        patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"), seconds=seconds)
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")

    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("smartroute_reads"):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        try:
            patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"), seconds=seconds)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)


def is_file(url: Any) -> bool:
    """Whether the URL of a SQLite database is that of a file; others are lost when closed."""
    return url.database not in (None, "", ":memory:") and url.query.get("mode") != "memory"


def identity_of_file(url: Any) -> tuple[int, int] | None:
    """What tells the file of a SQLite database from a later one at its path; `None`: no file."""
    if url.get_backend_name() != "sqlite" or not is_file(url):
        return None
    try:
        found = Path(url.database).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def close_before_forks(engine: Any) -> None:
    """Close an engine's idle connections before each fork of this process."""
    _engines.add(engine)


def _close_all() -> None:
    for engine in list(_engines):
        engine.dispose()


before_forking(_close_all)
in_forked_process(_engines.clear)
