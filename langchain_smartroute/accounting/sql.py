"""`SqlLedger`: records in SQLite or PostgreSQL, written in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from langchain_smartroute.accounting.amounts import picos
from langchain_smartroute.accounting.record import LOST, CallRecord
from langchain_smartroute.accounting.rollup import Rollup, add_to_rollup
from langchain_smartroute.accounting.rows import (
    CallRow,
    labels_of,
    microseconds,
    record_of,
    row_of,
)
from langchain_smartroute.accounting.schema import MIGRATIONS, calls, labels, repriced, store_sums
from langchain_smartroute.accounting.writer import BackgroundWriter, WriterStatus
from langchain_smartroute.catalog import PriceBook, cost_usd
from langchain_smartroute.state.database import Database, sa
from langchain_smartroute.state.upserts import upsert
from langchain_smartroute.types import new_lock

__all__ = ["SqlLedger"]

_ROOM = "ledger"
_CHUNK = 500
_MOST_UNMADE = 10_000
"""Maximum number of records to make later; what they are made of takes more memory than they."""


class SqlLedger:
    """Stores records in a database, without delaying or failing calls.

    Records wait in a bounded queue and are written in batches by a thread. `flush` waits until
    they are committed, and `on_stored` is called for each committed batch. Failed writes are
    retried. A record that does not fit into the queue is lost; `status` counts these, and one
    warning is logged.

    Args:
        url: `sqlite:///costs.db` or `postgresql://user:…@host/name`.
        max_waiting: Maximum number of waiting records.
        timeout_s: Seconds to wait for a lock or an answer of the database.
        on_stored: Called with the `run_id`s of each batch when it is committed.

    Raises:
        ConfigurationError: If the URL is invalid or SQLAlchemy is missing.

    Example:
        >>> import tempfile
        >>> from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, SqlLedger
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with tempfile.TemporaryDirectory() as folder, SandboxServer() as server:
        ...     ledger = SqlLedger(f"sqlite:///{folder}/costs.db")
        ...     router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        ...     costs = CostCallbackHandler(ledger=ledger)
        ...     metadata = {"user": "ann", "team": "search"}
        ...     _ = router.invoke("Hello!", {"callbacks": [costs], "metadata": metadata})
        ...     stored = ledger.flush()
        ...     keys = [record.keys for record in ledger.records()]
        ...     closed = ledger.close()
        >>> stored, keys
        (True, [{'team': 'search', 'user': 'ann'}])
    """

    def __init__(
        self,
        url: str,
        *,
        max_waiting: int = 100_000,
        timeout_s: float = 5.0,
        on_stored: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        self._database = Database(url, timeout_s=timeout_s)
        self._on_stored = on_stored
        self._opening = new_lock()
        self._is_open = False
        self._writer = BackgroundWriter(self._write, max_waiting=max_waiting)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._database!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Commit what waits and close the database."""
        self.close()

    @property
    def status(self) -> WriterStatus:
        """Number of records written, waiting and lost, and the current error."""
        return self._writer.status

    def open(self) -> None:
        """Open the database and migrate its tables now instead of on first use.

        Raises:
            StorageError: If it cannot be opened, or was written by a newer release.
        """
        with self._opening:
            if not self._is_open or self._database.was_replaced():
                self._database.prepare(_ROOM, MIGRATIONS)
                self._is_open = True

    def add(self, record: CallRecord) -> None:
        """Add a record; returns at once."""
        self._writer.put(record)

    def add_later(self, make: Callable[[], CallRecord]) -> None:
        """Add a record that the writing thread makes, unless it is far behind; returns at once."""
        is_own = getattr(self.add, "__func__", None) is _OWN_ADD
        if is_own and self._writer.waiting < _MOST_UNMADE:
            self._writer.put(make)
        else:
            self.add(make())

    def flush(self, timeout_s: float | None = 30.0) -> bool:
        """Wait until all records added before are committed.

        Returns:
            Whether they are; `False` if the time is up or a record was lost.
        """
        return self._writer.flush(timeout_s)

    def close(self, timeout_s: float | None = 30.0) -> bool:
        """Commit waiting records and close the database; the next use opens it again.

        Returns:
            Whether all records are committed.
        """
        stored = self._writer.close(timeout_s)
        self._database.close()
        return stored

    def records(self) -> Sequence[CallRecord]:
        """All committed records, oldest first; waits for pending ones.

        Raises:
            StorageError: If the database cannot be read.
        """
        self.flush()
        return list(self._records())

    def reprice(
        self,
        prices: PriceBook,
        *,
        since: datetime | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> int:
        """Store what calls would have cost at other prices, in addition to their cost.

        The original cost is kept, and reports use it. Prices are looked up by each call's
        alias, provider and time.

        Args:
            prices: The other prices.
            since: Start of the calls to reprice; `None`: all calls.
            now: Clock for the time of the repricing.

        Returns:
            Number of calls with a different cost.

        Raises:
            StorageError: If the database fails.
        """
        self.flush()
        marked = microseconds(now())
        changed = 0
        for records in _chunks(self._records(since)):
            rows = [row for record in records if (row := _repriced(record, prices)) is not None]
            marked_rows = [(*row, marked) for row in rows]
            with self._database.writing() as connection:
                changed += upsert(connection, repriced, marked_rows, (*_REPRICED, "repriced_us"))
        return changed

    def repricings(self) -> dict[str, list[tuple[int | None, str | None]]]:
        """`run_id` → its other costs (10⁻¹² USD), each with the source of its price.

        Raises:
            StorageError: If the database cannot be read.
        """
        self.open()
        found: dict[str, list[tuple[int | None, str | None]]] = {}
        query = sa.select(repriced.c.run_id, repriced.c.cost_pico, repriced.c.price_source)
        with self._database.reading() as connection:
            for run_id, cost, source in connection.execute(query.order_by(repriced.c.repriced_us)):
                found.setdefault(run_id, []).append((cost, source))
        return found

    def _write(self, items: Sequence[CallRecord | Callable[[], CallRecord]]) -> None:
        """Commit a batch, without records that are stored already."""
        self.open()
        records = (item if isinstance(item, CallRecord) else item() for item in items)
        by_id = {record.run_id: record for record in records}
        rows = {run_id: row_of(record) for run_id, record in by_id.items()}
        named = {run_id: list(labels_of(record)) for run_id, record in by_id.items()}
        with self._database.writing() as connection:
            new = _inserted(connection, rows)
            rollup = Rollup()
            add_to_rollup(rollup, ((rows[run_id], named[run_id]) for run_id in new))
            pairs = [(run_id, *label) for run_id in new for label in named[run_id]]
            upsert(connection, labels, pairs, ("run_id", "name", "value"))
            store_sums(connection, rollup)
        if self._on_stored is not None:
            self._on_stored(list(by_id))

    def _records(self, since: datetime | None = None) -> Iterator[CallRecord]:
        self.open()
        query = sa.select(calls).order_by(calls.c.started_us, calls.c.run_id)
        if since is not None:
            query = query.where(calls.c.started_us >= microseconds(since))
        with self._database.reading() as connection:
            for rows in connection.execute(query).mappings().partitions(_CHUNK):
                ids = [row["run_id"] for row in rows]
                named: dict[str, list[tuple[str, str]]] = {}
                wanted = sa.select(labels).where(labels.c.run_id.in_(ids))
                for run_id, *label in connection.execute(wanted.order_by(*labels.c)):
                    named.setdefault(run_id, []).append((label[0], label[1]))
                for row in rows:
                    yield record_of(dict(row), named.get(row["run_id"], ()))


_OWN_ADD = SqlLedger.add
"""Whoever overrides or replaces it is given each record."""


def _inserted(connection: sa.Connection, rows: dict[str, CallRow]) -> list[str]:
    """Insert new rows; returns their `run_id`s."""
    before = connection.begin_nested()
    if upsert(connection, calls, list(rows.values()), CallRow._fields) == len(rows):
        before.commit()
        return list(rows)
    before.rollback()
    found = sa.select(calls.c.run_id).where(calls.c.run_id.in_(list(rows)))
    known = set(connection.execute(found).scalars())
    new = [run_id for run_id in rows if run_id not in known]
    # If another writer inserts the same row concurrently, only that writer adds it to the sums.
    return [run_id for run_id in new if upsert(connection, calls, [rows[run_id]], CallRow._fields)]


_REPRICED = ("run_id", "cost_pico", "price_source", "price_date")


def _repriced(record: CallRecord, prices: PriceBook) -> tuple[Any, ...] | None:
    """The values of `_REPRICED` for a different cost of a call; `None`: it is the same."""
    if record.outcome == "cached" or record.unpriced == LOST:
        return None
    price = prices.find(record.alias, provider=record.provider, at=record.started_at)
    cost = cost_usd(record.usage, price)
    if price is None or cost is None or cost == record.cost_usd:
        return None
    return record.run_id, picos(cost), price.source, price.date.isoformat()


def _chunks(records: Iterator[CallRecord]) -> Iterator[list[CallRecord]]:
    chunk: list[CallRecord] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
