"""Reads the daily sums of a ledger."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date

from langchain_smartroute.accounting.rollup import KEY, SUMS, Rollup
from langchain_smartroute.accounting.schema import MIGRATIONS, calls, days, latencies
from langchain_smartroute.state.database import Database, sa

__all__ = ["read_sums", "read_unknown"]

_EPOCH = date(1970, 1, 1)


def read_sums(
    url: str, *, since: date | None = None, label: str = "", timeout_s: float = 30.0
) -> Rollup:
    """Read the sums of a ledger's calls; nothing is written.

    Args:
        url: The ledger's database.
        since: First day, UTC; `None`: from the beginning.
        label: Key to group by, such as `user`; empty: none.
        timeout_s: Seconds to wait for the database.

    Raises:
        StorageError: If it cannot be read, or does not hold a ledger that this release supports.
    """
    first = 0 if since is None else (since - _EPOCH).days
    rollup = Rollup()
    with closing(Database(url, timeout_s=timeout_s, read_only=True)) as database:
        database.prepare("ledger", MIGRATIONS)
        with database.reading() as connection:
            query = sa.select(*(days.c[name] for name in (*KEY, *SUMS)))
            for row in connection.execute(query.where(days.c.day >= first, days.c.label == label)):
                rollup.days[tuple(row[: len(KEY)])] = [int(n) for n in row[len(KEY) :]]
            spread = sa.select(latencies).where(latencies.c.day >= first)
            for day, alias, bucket, count in connection.execute(spread):
                rollup.latencies[day, alias, bucket] = int(count)
    return rollup


def read_unknown(
    url: str, *, since: date | None = None, timeout_s: float = 30.0
) -> Counter[tuple[str, str]]:
    """(Alias, reason) → number of calls of unknown cost.

    Raises:
        StorageError: As for `read_sums`.
    """
    first = 0 if since is None else (since - _EPOCH).days
    query = (
        sa.select(calls.c.alias, calls.c.unpriced, sa.func.count())
        .where(calls.c.cost_pico.is_(None), calls.c.day >= first)
        .group_by(calls.c.alias, calls.c.unpriced)
    )
    reader = Database(url, timeout_s=timeout_s, read_only=True)
    with closing(reader) as database, database.reading() as connection:
        return Counter(
            {(alias or "", why or "not told"): n for alias, why, n in connection.execute(query)}
        )
