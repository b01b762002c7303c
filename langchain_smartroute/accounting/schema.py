"""The ledger's tables and their migrations.

`calls` holds each record once. `days` and `latencies` hold daily sums, so that a report reads
thousands of rows instead of millions; they are written in the same transaction. `labels` and
`repriced` hold further data of `calls`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langchain_smartroute.accounting.rollup import KEY, SUMS, Rollup, add_to_rollup
from langchain_smartroute.accounting.rows import CallRow
from langchain_smartroute.state.database import Migration, sa
from langchain_smartroute.state.upserts import upsert

__all__ = ["MIGRATIONS", "calls", "days", "labels", "latencies", "repriced", "store_sums"]

_metadata = sa.MetaData()
_CHUNK = 5_000


def _texts(*names: str, nullable: bool = True) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


calls = sa.Table(
    "smartroute_calls",
    _metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    *_texts("parent_run_id", "decision_id", "request_id", "alias", "model_name", "provider"),
    *_texts("task", "outcome", "purpose", "service_tier", "unpriced", "price_source"),
    *_texts("price_date", "prompt", "answer"),
    *_numbers("started_us", "day", "attempt", "escalated", "fell_back", "latency_us"),
    *_numbers("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *_numbers("cache_write_1h_tokens", "reasoning_tokens", "input_audio_tokens"),
    *_numbers("output_audio_tokens", "input_image_tokens", "output_image_tokens", "estimated"),
    *_numbers("cost_pico", nullable=True),
)

_UNKNOWN = calls.c.cost_pico.is_(None)
sa.Index(
    "smartroute_calls_unpriced",
    calls.c.day,
    calls.c.alias,
    calls.c.unpriced,
    sqlite_where=_UNKNOWN,
    postgresql_where=_UNKNOWN,
)

labels = sa.Table(
    "smartroute_labels",
    _metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
)

days = sa.Table(
    "smartroute_days",
    _metadata,
    sa.Column("day", sa.BigInteger, primary_key=True),
    *(sa.Column(name, sa.Text, primary_key=True) for name in KEY[1:]),
    *_numbers(*SUMS),
)

latencies = sa.Table(
    "smartroute_latencies",
    _metadata,
    sa.Column("day", sa.BigInteger, primary_key=True),
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("bucket", sa.BigInteger, primary_key=True),
    *_numbers("calls"),
)

repriced = sa.Table(
    "smartroute_repriced",
    _metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("repriced_us", sa.BigInteger, primary_key=True),
    *_numbers("cost_pico", nullable=True),
    *_texts("price_source", "price_date"),
)


def store_sums(connection: sa.Connection, rollup: Rollup) -> None:
    """Add sums of records to the stored daily sums."""
    # Always in the same order, so that two writers cannot deadlock.
    rows = [(*key, *sums) for key, sums in sorted(rollup.days.items())]
    upsert(connection, days, rows, (*KEY, *SUMS), adding=SUMS)
    counts = [(*key, count) for key, count in sorted(rollup.latencies.items())]
    upsert(connection, latencies, counts, ("day", "alias", "bucket", "calls"), adding=("calls",))


def _records_alone(connection: sa.Connection) -> None:
    """Version 1: records, their labels, and repricings."""
    _metadata.create_all(connection, [calls, labels, repriced])


def _sums_of_days(connection: sa.Connection) -> None:
    """Version 2: daily sums, computed for existing records."""
    _metadata.create_all(connection, [days, latencies])
    for rows in _chunks(connection):
        ids = [row.run_id for row in rows]
        named: dict[str, list[tuple[str, str]]] = {}
        found = connection.execute(sa.select(labels).where(labels.c.run_id.in_(ids)))
        for run_id, name, value in found:
            named.setdefault(run_id, []).append((name, value))
        rollup = Rollup()
        add_to_rollup(rollup, ((row, named.get(row.run_id, ())) for row in rows))
        store_sums(connection, rollup)


def _chunks(connection: sa.Connection) -> Iterator[Sequence[CallRow]]:
    last = ""
    while True:
        query = sa.select(calls).where(calls.c.run_id > last).order_by(calls.c.run_id)
        found = connection.execute(query.limit(_CHUNK)).mappings()
        rows = [CallRow(**row) for row in found]
        if not rows:
            return
        last = rows[-1].run_id
        yield rows


MIGRATIONS: tuple[Migration, ...] = (_records_alone, _sums_of_days)
"""One for each version, starting from an empty database."""
