"""Where the records of calls are kept: what any ledger does, and the one in memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.types import new_lock

__all__ = ["Ledger", "MemoryLedger"]


@runtime_checkable
class Ledger(Protocol):
    """An append-only store of records.

    A record is known by its `run_id`: given twice, it is kept once.

    Example:
        >>> from langchain_smartroute import MemoryLedger
        >>> isinstance(MemoryLedger(), Ledger)
        True
    """

    def add(self, record: CallRecord) -> None:
        """Take a record. Returns at once; a call never waits for it nor fails by it."""
        ...

    def records(self) -> Sequence[CallRecord]:
        """Every record, in the order in which they were taken."""
        ...


class MemoryLedger:
    """Keeps records in this process, the latest ones where there are too many.

    Args:
        max_records: The most to keep; the oldest are dropped, and counted in `dropped`.

    Example:
        >>> from langchain_smartroute import CostCallbackHandler, MemoryLedger
        >>> costs = CostCallbackHandler(ledger=MemoryLedger(max_records=1_000))
        >>> costs.ledger
        MemoryLedger(records=0)
    """

    def __init__(self, max_records: int = 1_000_000) -> None:
        self.max_records = max_records
        self.dropped = 0
        self._records: dict[str, CallRecord] = {}
        self._lock = new_lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(records={len(self._records)})"

    def add(self, record: CallRecord) -> None:
        """Take a record."""
        with self._lock:
            self._records.setdefault(record.run_id, record)
            surplus = len(self._records) - self.max_records
            for run_id in list(islice(self._records, max(surplus, 0))):
                del self._records[run_id]
                self.dropped += 1

    def records(self) -> tuple[CallRecord, ...]:
        """Every record that is kept, in the order in which they were taken."""
        with self._lock:
            return tuple(self._records.values())
