"""Records of the requests that the sandbox received."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RequestLog", "RequestRecord"]

_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request that the sandbox received.

    Attributes:
        method: `GET` or `POST`.
        path: The request's path.
        model: The requested model, or `None`.
        stream: Whether a stream was requested.
        status: The HTTP status sent, or `None` if none was sent yet or ever.
        body: The parsed JSON body; empty if there was none. Not shown in the repr.
        headers: The headers without the key, names in lower case.
        fault: The kind of fault that affected it, or `None`.
        disconnected: Whether the client disconnected before its answer was complete.
        at_s: Time of arrival, in seconds of `time.monotonic`.

    Example:
        >>> RequestRecord(method="GET", path="/v1/models", status=200).stream
        False
    """

    method: str
    path: str
    model: str | None = None
    stream: bool = False
    status: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str | None = None
    disconnected: bool = False
    at_s: float = field(default=0.0, compare=False)


class RequestLog:
    """The latest 10,000 records, in the order of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[int, RequestRecord] = {}
        self._ids = itertools.count()

    def open(self, record: RequestRecord) -> int:
        """Add a record; returns the number to change it by."""
        with self._lock:
            number = next(self._ids)
            self._records[number] = record
            if len(self._records) > _KEPT:
                del self._records[next(iter(self._records))]
            return number

    def change(self, number: int, **changes: Any) -> None:
        """Change fields of a record, unless it has been dropped since."""
        with self._lock:
            if number in self._records:
                self._records[number] = replace(self._records[number], **changes)

    def snapshot(self) -> tuple[RequestRecord, ...]:
        """All records kept, oldest first."""
        with self._lock:
            return tuple(self._records.values())

    def clear(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()
