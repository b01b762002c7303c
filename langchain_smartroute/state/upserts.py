"""Inserts that know what to do where a row is there already, in each database's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

# Whoever imports this has imported that first, which says which extra is missing.
from langchain_smartroute.state.database import sa

__all__ = ["insert_in", "insert_into", "upsert"]


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """The database's own kind of insert, which knows what to do where a row is there already."""
    return insert_in(connection.dialect.name, table)


def insert_in(dialect: str, table: sa.Table) -> Any:
    """The same, by the name of the database's dialect."""
    return insert_postgresql(table) if dialect == "postgresql" else insert_sqlite(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    adding: Sequence[str] = (),
) -> int:
    """Insert rows; of those that are there already, the named numbers are added up.

    Args:
        connection: A transaction that writes.
        table: Where to.
        rows: All with the same columns.
        adding: What to add up; empty: rows that are there stay as they are.

    Returns:
        How many rows were inserted or changed.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    statement, ordered = _upsert_in(connection.dialect.name, table, names, tuple(adding))
    if ordered is None:
        return connection.exec_driver_sql(statement, [dict(row) for row in rows]).rowcount
    read = itemgetter(*ordered)
    return connection.exec_driver_sql(statement, [tuple(read(row)) for row in rows]).rowcount


@lru_cache(maxsize=64)
def _upsert_in(
    dialect: str, table: sa.Table, names: tuple[str, ...], adding: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    """An upsert in the words of a database's driver, with the order of its parameters.

    Written out once: SQLAlchemy would work each row's parameters out anew, which costs
    more than storing it.
    """
    statement = insert_in(dialect, table)
    key = list(table.primary_key.columns)
    if adding:
        changes = {name: table.c[name] + statement.excluded[name] for name in adding}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    url = "postgresql+psycopg://" if dialect == "postgresql" else "sqlite://"
    compiled = statement.compile(dialect=sa.make_url(url).get_dialect()(), column_keys=list(names))
    order = compiled.positiontup
    return str(compiled), None if order is None else tuple(order)
