"""The tables of shared state in a database."""

from __future__ import annotations

from langchain_smartroute.state.database import Migration, sa

__all__ = ["MIGRATIONS", "counters", "leases", "values"]

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
"""From an empty database on; one for each version."""
