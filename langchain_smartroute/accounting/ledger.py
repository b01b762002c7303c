"""The ledger interface, and the ledger in memory."""

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

    Records are identified by `run_id`: one that is added twice is stored once.

    Example:
        >>> from langchain_smartroute import MemoryLedger
        >>> isinstance(MemoryLedger(), Ledger)
        True
    """

    def add(self, record: CallRecord) -> None:
        """Add a record. Returns at once and never raises, so that no call waits or fails."""
        ...

    def records(self) -> Sequence[CallRecord]:
        """All records, in the order in which they were added."""
        ...


class MemoryLedger:
    """Keeps the latest records in this process.

    Args:
        max_records: Maximum number of records; the oldest are dropped, and counted in `dropped`.

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
        """Add a record."""
        with self._lock:
            self._records.setdefault(record.run_id, record)
            surplus = len(self._records) - self.max_records
            if surplus > 0:
                for run_id in list(islice(self._records, surplus)):
                    del self._records[run_id]
                self.dropped += surplus

    def records(self) -> tuple[CallRecord, ...]:
        """All kept records, in the order in which they were added."""
        with self._lock:
            return tuple(self._records.values())
