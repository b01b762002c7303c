"""Upserts: inserts with a rule for existing rows, in each database's dialect."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

# Importers of this module import `…database` first, which reports a missing extra.
from langchain_smartroute.state.database import sa

__all__ = ["insert_in", "insert_into", "upsert"]


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's insert construct with `on_conflict_…` methods."""
    return insert_in(connection.dialect.name, table)


def insert_in(dialect: str, table: sa.Table) -> Any:
    """The same, by the name of the dialect."""
    return insert_postgresql(table) if dialect == "postgresql" else insert_sqlite(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Sequence[Any]],
    columns: Sequence[str],
    *,
    adding: Sequence[str] = (),
) -> int:
    """Insert rows; in existing rows, add the named columns.

    Args:
        connection: A connection in a read-write transaction.
        table: The table.
        rows: The values of each row.
        columns: Names of the columns, in the order of the values.
        adding: Columns to add; empty: existing rows are not changed.

    Returns:
        Number of rows inserted or changed.
    """
    if not rows:
        return 0
    names = tuple(columns)
    statement, order = _upsert_in(connection.dialect.name, table, names, tuple(adding))
    if order is None:
        values: list[Any] = [dict(zip(names, row, strict=True)) for row in rows]
    else:
        values = list(map(itemgetter(*order), rows))
    return connection.exec_driver_sql(statement, values).rowcount


@lru_cache(maxsize=64)
def _upsert_in(
    dialect: str, table: sa.Table, names: tuple[str, ...], adding: tuple[str, ...]
) -> tuple[str, tuple[int, ...] | None]:
    """The SQL text of an upsert in the driver's form, with the places of its parameters.

    `None`: they are passed by name.

    Compiled once, as SQLAlchemy would process each row's parameters again, which takes longer
    than storing the row.
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
    return str(compiled), None if order is None else tuple(map(names.index, order))
