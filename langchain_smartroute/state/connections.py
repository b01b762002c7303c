"""Connections to PostgreSQL: one that has ended is replaced, and a server that hangs is an error.

A server that was restarted, or that ends idle connections, has closed them all. The next command
on each failed, and under a spend limit its call was refused. An idle connection that has ended
can be read, which is seen without asking the server.

The server keeps to `statement_timeout` itself, unless it hangs; then the driver would wait for
ever, and with it a blocking call.
"""

from __future__ import annotations

import select
import time
from collections.abc import Generator
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

__all__ = ["CONNECTIONS", "postgresql_engine"]

CONNECTIONS = 4
"""Most connections of a process. More do not help, as most transactions wait for the same rows."""

_MORE_S = 1.0
"""How much longer the driver waits than the server takes at most."""


def postgresql_engine(url: URL, *, timeout_s: float, read_only: bool, durable: bool) -> Engine:
    """An engine whose connections are looked at and whose waits are limited.

    Args:
        url: Of the database.
        timeout_s: Seconds to wait for a lock, a connection or an answer.
        read_only: Whether it only reads; then statements may take any time.
        durable: Whether a commit survives a power failure.
    """
    limit_ms = int(timeout_s * 1000)
    options = f"-c lock_timeout={limit_ms} -c statement_timeout={limit_ms}"
    if not durable:
        options += " -c synchronous_commit=off"
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=timeout_s,
        connect_args={
            "connect_timeout": max(1, round(timeout_s)),
            "options": options if not read_only else "",
        },
    )
    _guard_connections(engine, seconds=None if read_only else timeout_s)
    return engine


def _guard_connections(engine: Any, *, seconds: float | None) -> None:
    """Have an engine's connections looked at before they are used, and their waits limited.

    Args:
        engine: Of SQLAlchemy.
        seconds: Its `statement_timeout`; `None`: it has none.
    """
    if engine.dialect.driver != "psycopg":
        # Another that the URL names.
        return
    event.listen(engine, "checkout", _look)
    if seconds is None:
        return
    kind = _patient_for(engine.dialect.dbapi, seconds + _MORE_S)

    def connect(_dialect: Any, _record: Any, args: Any, settings: Any) -> Any:
        return kind.connect(*args, **settings)

    event.listen(engine, "do_connect", connect)


def _look(connection: Any, _record: Any, _proxy: Any) -> None:
    if connection.closed or _is_readable(connection.fileno()):
        # The pool replaces this one, and the others when they are taken.
        raise InvalidatePoolError("closed by the server")


def _is_readable(descriptor: int) -> bool:
    if hasattr(select, "poll"):
        # Unlike `select`, for any number of open files.
        polled = select.poll()
        polled.register(descriptor, select.POLLIN)
        return bool(polled.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])


def _patient_for(psycopg: Any, seconds: float) -> Any:
    """The driver's class of connections, with a limit of each wait."""

    class PatientConnection(psycopg.Connection):  # type: ignore[misc] # known when it is used
        def wait(self, gen: Any, *args: Any, **settings: Any) -> Any:
            return super().wait(self._within(gen), *args, **settings)

        def _within(self, gen: Any) -> Generator[Any, Any, Any]:
            """The driver's steps, one of which follows each event and each tenth of a second."""
            until = time.monotonic() + seconds
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if not ready and time.monotonic() > until:
                        self.pgconn.finish()
                        raise psycopg.OperationalError(f"no answer within {seconds:g} s")
                    wanted = gen.send(ready)
            except StopIteration as ended:
                return ended.value

    return PatientConnection
