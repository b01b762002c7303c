"""Runs blocking calls that do not end by themselves in threads that can be abandoned.

Other providers' models have their own timeouts or none, and could block the caller's thread. An
abandoned call continues in its thread until it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.types import Caught, in_forked_process, new_lock

__all__ = ["Task", "finished_in_time", "started"]

_IDLE_S = 5.0
_lock = new_lock()
_idle: list[_Worker] = []


class Task:
    """A call and its result or error.

    Args:
        call: The function to call.
        too_late: Called when the call ends after it was abandoned.
    """

    def __init__(self, call: Callable[[], Any], too_late: Callable[[], Any] | None) -> None:
        self._call = call
        self._too_late = too_late
        self.is_left = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.answer: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        # The error is raised where the call was made.
        with Caught(everything=True) as caught:
            self.answer = self._call()
        self.error = caught.error
        with self._lock:
            self._ended.set()
            is_left = self.is_left
        if is_left and self._too_late is not None:
            self._too_late()

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self._ended.is_set()

    def wait(self, seconds: float | None) -> bool:
        """Wait; returns whether the call ended in time. If not, or interrupted, abandon it."""
        try:
            self._ended.wait(seconds)
        finally:
            self._leave()
        return not self.is_left

    def wait_within(self, bounds: AttemptBounds) -> bool:
        """Wait within an attempt's bounds, which arriving content may extend."""
        try:
            while not self._ended.wait(bounds.remaining_s) and not bounds.has_run_out:
                pass
        finally:
            self._leave()
        return not self.is_left

    def _leave(self) -> None:
        with self._lock:
            self.is_left = not self._ended.is_set()


class _Worker(threading.Thread):
    """Runs calls one after another, and ends after a while without any."""

    def __init__(self) -> None:
        super().__init__(name="smartroute-call", daemon=True)
        self._tasks: SimpleQueue[Task] = SimpleQueue()

    def give(self, task: Task) -> None:
        self._tasks.put(task)

    def run(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=_IDLE_S)
            except Empty:
                with _lock:
                    if self in _idle:
                        _idle.remove(self)
                        return
                continue
            task.run()
            del task
            with _lock:
                _idle.append(self)


def started(call: Callable[[], Any]) -> Task:
    """Start a call in another thread; it can be waited for or abandoned."""
    task = Task(call, None)
    _worker().give(task)
    return task


def finished_in_time(
    call: Callable[[], Any],
    bounds: AttemptBounds,
    *,
    left: Callable[[], None] | None = None,
    too_late: Callable[[], Any] | None = None,
) -> Any:
    """Make a call in another thread, and wait for it within an attempt's limits.

    Args:
        call: The function to call.
        bounds: Limits of the attempt.
        left: Called when the call is abandoned.
        too_late: Called when the call ends after it was abandoned.

    Raises:
        AttemptTimeoutError: If the time is up.
    """
    task = Task(call, too_late)
    _worker().give(task)
    try:
        task.wait_within(bounds)
    finally:
        if task.is_left and left is not None:
            left()
    if task.is_left:
        raise bounds.error()
    if task.error is not None:
        raise task.error
    return task.answer


def _worker() -> _Worker:
    with _lock:
        if _idle:
            return _idle.pop()
    worker = _Worker()
    worker.start()
    return worker


in_forked_process(_idle.clear)
