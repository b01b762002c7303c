"""The tables of shared state in a database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_smartroute.state.database import Migration, sa
from langchain_smartroute.state.upserts import insert_in

__all__ = ["MIGRATIONS", "Statements", "counters", "leases", "statements_for", "values"]

_metadata = sa.MetaData()
values = sa.Table(
    "smartroute_values",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
)
counters = sa.Table(
    "smartroute_counters",
    _metadata,
    sa.Column("counter", sa.Text, primary_key=True),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
)
leases = sa.Table(
    "smartroute_leases",
    _metadata,
    sa.Column("lease", sa.Text, primary_key=True),
    sa.Column("counter", sa.Text, primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
)
sa.Index("smartroute_leases_of_counter", leases.c.counter, leases.c.expires_ms)


def _first_tables(connection: sa.Connection) -> None:
    _metadata.create_all(connection)


MIGRATIONS: tuple[Migration, ...] = (_first_tables,)
"""One for each version, starting from an empty database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """SQL statements on counters, compiled once.

    Attributes:
        claim: Reserves on a counter if it fits, atomically; returns a row if it does.
        settle: Changes the amounts spent and held on a counter; returns its state.
        forget: Deletes a lease; returns its counters and amounts.
        expire: Deletes the expired leases of a counter; returns their amounts.
    """

    claim: Any
    settle: Any
    forget: Any
    expire: Any


@lru_cache(maxsize=4)
def statements_for(dialect: str) -> Statements:
    """The statements in the SQL dialect of a database."""
    row: dict[str, Any] = {
        name: sa.bindparam(name) for name in ("counter", "spent", "held", "expires_ms")
    }
    new = insert_in(dialect, counters).values(row)
    held = counters.c.held + new.excluded.held
    claim = new.on_conflict_do_update(
        index_elements=[counters.c.counter],
        set_={"held": held, "expires_ms": new.excluded.expires_ms},
        where=counters.c.spent + held <= sa.bindparam("ceiling"),
    ).returning(counters.c.held)
    later = counters.c.expires_ms > new.excluded.expires_ms
    settle = new.on_conflict_do_update(
        index_elements=[counters.c.counter],
        set_={
            "spent": counters.c.spent + new.excluded.spent,
            "held": counters.c.held - sa.bindparam("freed"),
            "expires_ms": sa.case((later, counters.c.expires_ms), else_=new.excluded.expires_ms),
        },
    ).returning(counters.c.spent, counters.c.held)
    return Statements(
        claim=claim,
        settle=settle,
        forget=leases.delete()
        .where(leases.c.lease == sa.bindparam("lease"))
        .returning(leases.c.counter, leases.c.amount),
        expire=leases.delete()
        .where(
            leases.c.counter == sa.bindparam("counter"), leases.c.expires_ms <= sa.bindparam("now")
        )
        .returning(leases.c.amount),
    )
