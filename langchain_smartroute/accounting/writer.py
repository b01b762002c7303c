"""Writes items in the background, in batches, without blocking the caller."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from langchain_smartroute.errors import SmartRouteError
from langchain_smartroute.types import Caught, renewed_in_forks

__all__ = ["BackgroundWriter", "WriterStatus"]

T = TypeVar("T")
_log = logging.getLogger(__name__)
_LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterStatus:
    """Progress of a writer.

    Attributes:
        written: Number of stored items.
        waiting: Number of waiting items.
        lost: Number of lost items: the queue was full, or the store refused them.
        error: Why writing fails at present; `None`: it works.
    """

    written: int
    waiting: int
    lost: int
    error: str | None = None


class BackgroundWriter(Generic[T]):
    """Passes items to a function in batches, in its own thread.

    A failed batch is retried until it is written, with increasing pauses, while new items wait
    in a bounded queue. A batch that the store refuses for its content is written item by item.

    Args:
        write: Stores a batch durably, or raises a `SmartRouteError`. It may receive an item
            that it has stored before.
        max_waiting: Maximum number of waiting items; further ones are lost, and counted.
        batch: Maximum number of items in a batch.
        linger_s: Seconds to gather a batch.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], None],
        *,
        max_waiting: int = 100_000,
        batch: int = 1_000,
        linger_s: float = 1.0,
    ) -> None:
        self._write = write
        self._max_waiting = max_waiting
        self._batch = batch
        self._linger_s = linger_s
        self._reset()
        _exits.add(self)
        renewed_in_forks(self, BackgroundWriter._reset)

    def _reset(self) -> None:
        """Start without items and thread, which in a forked process belong to the parent."""
        self._waiting: deque[T] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._accepted_count = self._handled_count = self._stored_count = self._lost = 0
        self._error: str | None = None
        self._hurry = self._closed = False

    @property
    def status(self) -> WriterStatus:
        """The current progress."""
        with self._changed:
            return WriterStatus(
                written=self._stored_count,
                waiting=self.waiting,
                lost=self._lost,
                error=self._error,
            )

    @property
    def waiting(self) -> int:
        """Number of waiting items, without a lock."""
        return len(self._waiting)

    def put(self, item: T) -> None:
        """Add an item; returns at once."""
        with self._lock:
            if self.waiting >= self._max_waiting:
                self._lose(1, "no room to wait")
                return
            self._waiting.append(item)
            self._accepted_count += 1
            if self._thread is None:
                self._closed = False
                self._thread = threading.Thread(
                    target=self._run, name="smartroute-writer", daemon=True
                )
                self._thread.start()
                _finish_with_process()
            elif len(self._waiting) == 1:
                self._changed.notify_all()

    def flush(self, timeout_s: float | None = 30.0) -> bool:
        """Wait until all items added before are stored.

        Returns:
            Whether they are; `False` if the time is up or an item was lost.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            target, lost = self._accepted_count, self._lost
            self._hurry = True
            self._changed.notify_all()
            while self._handled_count < target:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._changed.wait(left)
            return self._lost == lost

    def close(self, timeout_s: float | None = 30.0) -> bool:
        """Store waiting items and end the thread; the next item starts a new one.

        Returns:
            Whether all items are stored.
        """
        stored = self.flush(timeout_s)
        with self._changed:
            self._closed = True
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None and stored:
            thread.join(timeout_s)
        return stored

    def _run(self) -> None:
        pause_s = self._linger_s
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed and (not self._waiting or self._error is not None):
                    return
                if not self._hurry and not self._closed and len(self._waiting) < self._batch:
                    self._changed.wait(self._linger_s)
                batch = list(islice(self._waiting, self._batch))
            if self._stored(batch):
                pause_s = self._linger_s
            else:
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                with self._changed:
                    self._changed.wait(pause_s)

    def _stored(self, batch: Sequence[T]) -> bool:
        # The thread survives any error, as otherwise all later items would be lost.
        with Caught() as caught:
            self._write(batch)
        error = caught.error
        if isinstance(error, SmartRouteError):
            self._stand_still(str(error))
            return False
        if error is not None and len(batch) > 1:
            # Refused for its content: the rest of a batch is written without what is refused.
            return all(self._stored([item]) for item in batch)
        if error is not None:
            with self._changed:
                self._lose(1, f"{type(error).__name__}: {error}")
        self._advance(len(batch), refused=0 if error is None else 1)
        return True

    def _advance(self, count: int, *, refused: int = 0) -> None:
        with self._changed:
            for _ in range(count):
                self._waiting.popleft()
            self._handled_count += count
            self._stored_count += count - refused
            self._error = None
            self._hurry = self._hurry and bool(self._waiting)
            self._changed.notify_all()

    def _stand_still(self, why: str) -> None:
        with self._changed:
            is_first = self._error is None
            self._error = why
        if is_first:
            _log.warning("the ledger cannot be written to, records wait: %s", why)

    def _lose(self, count: int, why: str) -> None:
        if not self._lost:
            _log.warning("the ledger loses records, which are counted: %s", why)
        self._lost += count


_exits: weakref.WeakSet[BackgroundWriter[Any]] = weakref.WeakSet()
_finishing: set[int] = set()
"""Ids of processes, this one and its parents, for which the function below has run."""


def _finish_with_process() -> None:
    """Register `_at_exit` in children of `multiprocessing`, which do not run `atexit` functions."""
    util: Any = sys.modules.get("multiprocessing.util")
    if util is None or os.getpid() in _finishing:
        return
    _finishing.add(os.getpid())
    if sys.modules["multiprocessing.process"].parent_process() is not None:
        util.Finalize(None, _at_exit, exitpriority=0)


def _at_exit() -> None:
    """At a regular exit of the process, wait a few seconds for waiting items."""
    for writer in list(_exits):
        if writer.status.waiting:
            stored = writer.close(timeout_s=_LONGEST_PAUSE_S)
            if not stored and (left := writer.status).waiting:
                _log.warning(
                    "%d records could not be written and end with their process: %s",
                    left.waiting,
                    left.error or "no time left",
                )


atexit.register(_at_exit)
