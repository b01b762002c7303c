"""Shared state in a database: SQLite for the processes of one machine, PostgreSQL for more."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast

from langchain_smartroute.state.clock import StoreClock
from langchain_smartroute.state.commands import (
    Claim,
    Command,
    Found,
    Get,
    Hold,
    Look,
    Put,
    Refusal,
    Settle,
    Standing,
    Stands,
    Swap,
)
from langchain_smartroute.state.database import Database, sa
from langchain_smartroute.state.postgresql import held_at_once, settled_at_once
from langchain_smartroute.state.tables import MIGRATIONS, counters, leases, statements_for, values
from langchain_smartroute.state.threads import CommandThreads
from langchain_smartroute.state.upserts import insert_into
from langchain_smartroute.types import new_lock

__all__ = ["SqlState"]

T = TypeVar("T")

_SWEEP_S = 60.0
_NOT_POSSIBLE: Final = object()


class _RefusedError(Exception):
    """Rolls back the transaction of a reservation that does not fit."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class SqlState:
    """Shared state of workers in a database.

    Args:
        url: `sqlite:///state.db` or `postgresql://user:…@host/name`.
        timeout_s: Seconds to wait for a lock or an answer.
        clock: Seconds since 1970; leases and values expire by it in SQLite, and by the server's
            clock in PostgreSQL.

    Raises:
        ConfigurationError: If the URL is invalid or SQLAlchemy is missing.

    Example:
        >>> import tempfile
        >>> from langchain_smartroute.state import Get, Put
        >>> from langchain_smartroute.state.sql import SqlState
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     state = SqlState(f"sqlite:///{folder}/state.db")
        ...     state.run(Put(key="conversation-1", value="gpt-4o", ttl_s=60))
        ...     found = state.run(Get(key="conversation-1"))
        ...     state.close()
        >>> found
        'gpt-4o'
    """

    def __init__(
        self, url: str, *, timeout_s: float = 1.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = Database(url, timeout_s=timeout_s, durable=False)
        self._clock = StoreClock(clock)
        self._swept_s = time.monotonic()
        self._opening = new_lock()
        self._is_open = False
        self._threads = CommandThreads()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._database!r})"

    def run(self, command: Command[T]) -> T:
        """Execute a command in one transaction."""
        self._open()
        if self._database.dialect == "postgresql":
            result = self._in_one_statement(command)
            if result is not _NOT_POSSIBLE:
                return cast("T", result)
        handler = self._HANDLERS[type(command)]
        try:
            with self._database.writing() as connection:
                return cast("T", handler(self, connection, command))
        except _RefusedError as error:
            return cast("T", error.refusal)

    async def arun(self, command: Command[T]) -> T:
        """Execute a command in a thread."""
        # Reservations are only cancelled with their loop, which waits for its own threads too.
        reserves = isinstance(command, Hold | Settle)
        return await self._threads.run(partial(self.run, command), to_its_end=reserves)

    def close(self) -> None:
        """Close its connections; it is opened again when used."""
        self._threads.close()
        self._database.close()

    def _open(self) -> None:
        if self._is_open and not self._database.was_replaced():
            return
        with self._opening:
            if not self._is_open or self._database.was_replaced():
                self._database.prepare("state", MIGRATIONS)
                with self._database.reading() as connection:
                    self._clock.set_by(connection)
                self._is_open = True

    def _in_one_statement(self, command: Command[Any]) -> Any:
        """The result of a command on one counter by a single statement; `_NOT_SO`: impossible."""
        if isinstance(command, Hold) and len(command.claims) == 1:
            with self._database.at_once() as connection:
                if held_at_once(connection, command, now_ms=self._clock.now_ms()):
                    return None
        if isinstance(command, Settle) and len(command.charges) == 1 and not command.again:
            with self._database.at_once() as connection:
                standing, has_lease = settled_at_once(
                    connection, command, now_ms=self._clock.now_ms()
                )
                self._sweep(connection)
            if has_lease:
                self.run(Settle(lease=command.lease, charges=()))
            return (standing,)
        return _NOT_POSSIBLE

    def _get(self, connection: sa.Connection, command: Get | Swap) -> str | None:
        query = sa.select(values.c.value).where(
            values.c.key == command.key, values.c.expires_ms > self._clock.now_ms()
        )
        if connection.dialect.name == "postgresql" and not isinstance(command, Get):
            # Serialises changes of one key, including its first one.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_hash(command.key))))
        value: str | None = connection.execute(query).scalar()
        return value

    def _put(self, connection: sa.Connection, command: Put) -> None:
        row = {
            "key": command.key,
            "value": command.value,
            "expires_ms": self._clock.after(command.ttl_s),
        }
        statement = insert_into(connection, values).values(row)
        changes = {name: statement.excluded[name] for name in ("value", "expires_ms")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=[values.c.key], set_=changes)
        )
        self._sweep(connection)

    def _swap(self, connection: sa.Connection, command: Swap) -> bool:
        if self._get(connection, command) != command.expected:
            return False
        if command.value is None:
            connection.execute(values.delete().where(values.c.key == command.key))
        else:
            put = Put(key=command.key, value=command.value, ttl_s=command.ttl_s)
            self._put(connection, put)
        return True

    def _look(self, connection: sa.Connection, command: Look) -> tuple[Found | None, ...]:
        now = self._clock.now_ms()
        query = sa.select(values.c.key, values.c.value, values.c.expires_ms).where(
            values.c.key.in_(command.keys), values.c.expires_ms > now
        )
        entries = {
            key: Found(value=value, left_s=(expires_ms - now) / 1000)
            for key, value, expires_ms in connection.execute(query)
        }
        return tuple(entries.get(key) for key in command.keys)

    def _hold(self, connection: sa.Connection, command: Hold) -> Refusal | None:
        expires_ms = self._clock.after(command.lease_s)
        # Always in the same order, so that two reservations cannot deadlock.
        for number, claim in sorted(enumerate(command.claims), key=lambda c: c[1].counter):
            lives_s = max(claim.ttl_s, command.lease_s)
            if self._claim(connection, claim, lives_s=lives_s):
                continue
            freed = self._free_expired(connection, claim.counter)
            if not freed or not self._claim(connection, claim, lives_s=lives_s):
                standing = _standing(connection, claim.counter)
                raise _RefusedError(Refusal(number=number, standing=standing))
        rows = [
            {
                "lease": command.lease,
                "counter": claim.counter,
                "amount": claim.amount,
                "expires_ms": expires_ms,
            }
            for claim in command.claims
        ]
        if rows:
            connection.execute(leases.insert(), rows)
        return None

    def _claim(self, connection: sa.Connection, claim: Claim, *, lives_s: float) -> bool:
        """Reserve on one counter if it fits, atomically in one statement."""
        if claim.amount > claim.ceiling:
            return False
        parameters = {
            "counter": claim.counter,
            "spent": 0,
            "held": claim.amount,
            "expires_ms": self._clock.after(lives_s),
            "ceiling": claim.ceiling,
        }
        statement = statements_for(connection.dialect.name).claim
        return connection.execute(statement, parameters).one_or_none() is not None

    def _free_expired(self, connection: sa.Connection, counter: str) -> int:
        """Free the amounts of expired leases; returns their sum."""
        statement = statements_for(connection.dialect.name).expire
        parameters = {"counter": counter, "now": self._clock.now_ms()}
        amount: int = sum(connection.execute(statement, parameters).scalars())
        if amount:
            row = counters.update().where(counters.c.counter == counter)
            connection.execute(row.values(held=counters.c.held - amount))
        return amount

    def _settle(self, connection: sa.Connection, command: Settle) -> tuple[Standing, ...]:
        statements = statements_for(connection.dialect.name)
        released = connection.execute(statements.forget, {"lease": command.lease})
        held: dict[str, int] = {row.counter: row.amount for row in released}
        if command.again and not held:
            return tuple(_standing(connection, charge.counter) for charge in command.charges)
        charges = {charge.counter: charge for charge in command.charges}
        standings: dict[str, Standing] = {}
        for counter in sorted(held.keys() | charges.keys()):
            charge = charges.get(counter)
            parameters = {
                "counter": counter,
                "spent": charge.amount if charge else 0,
                "held": 0,
                "freed": held.get(counter, 0),
                "expires_ms": self._clock.after(charge.ttl_s if charge else 0),
            }
            spent, still_held = connection.execute(statements.settle, parameters).one()
            standings[counter] = Standing(spent=spent, held=still_held)
        self._sweep(connection)
        return tuple(standings[charge.counter] for charge in command.charges)

    def _stands(self, connection: sa.Connection, command: Stands) -> tuple[Standing, ...]:
        for counter in sorted(set(command.counters)):
            self._free_expired(connection, counter)
        return tuple(_standing(connection, counter) for counter in command.counters)

    def _sweep(self, connection: sa.Connection) -> None:
        """Delete expired rows from time to time."""
        if time.monotonic() - self._swept_s < _SWEEP_S:
            return
        self._swept_s = time.monotonic()
        self._clock.set_by(connection)
        now = self._clock.now_ms()
        connection.execute(values.delete().where(values.c.expires_ms <= now))
        unused = sa.and_(counters.c.expires_ms <= now, counters.c.held == 0)
        connection.execute(counters.delete().where(unused))

    _HANDLERS: dict[type[Any], Callable[..., Any]] = {  # noqa: RUF012 - never changed
        Get: _get,
        Put: _put,
        Swap: _swap,
        Look: _look,
        Hold: _hold,
        Settle: _settle,
        Stands: _stands,
    }


def _standing(connection: sa.Connection, counter: str) -> Standing:
    query = sa.select(counters.c.spent, counters.c.held).where(counters.c.counter == counter)
    row = connection.execute(query).one_or_none()
    return Standing() if row is None else Standing(spent=row.spent, held=row.held)


def _hash(key: str) -> int:
    """Key of an advisory lock, the same in every process."""
    return int.from_bytes(key.encode("utf-8", "replace")[-7:], "big") ^ (len(key) << 40)
