"""Cancels the blocking calls of a batch together, when its caller breaks it off.

Python waits for the threads of a batch before it passes a Ctrl-C on. Without cancellation these
wait for their models, for the pauses between attempts, and for the next models of their chains.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from weakref import WeakSet

from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.types import new_lock

__all__ = ["Together", "begin_together", "given_up_together", "pause_together"]


class Together:
    """The attempts of several calls.

    Args:
        outer: Calls of which these are a part.
    """

    def __init__(self, outer: Together | None = None) -> None:
        self._lock = new_lock()
        self._attempts: WeakSet[AttemptBounds] = WeakSet()
        self._inner: WeakSet[Together] = WeakSet()
        self._left = Event()
        if outer is not None:
            outer.enclose(self)

    def enclose(self, inner: Together) -> None:
        """Cancel other calls with these."""
        with self._lock:
            self._inner.add(inner)
        if self._left.is_set():
            inner.leave()

    def add(self, bounds: AttemptBounds) -> None:
        """Register an attempt; it is cancelled at once if the calls have been."""
        with self._lock:
            self._attempts.add(bounds)
        if self._left.is_set():
            bounds.leave()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the calls are cancelled."""
        self._left.wait(seconds)

    def leave(self) -> None:
        """Cancel the calls, with all attempts that would follow."""
        self._left.set()
        with self._lock:
            attempts, inner = list(self._attempts), list(self._inner)
        for bounds in attempts:
            bounds.leave()
        for calls in inner:
            calls.leave()


_together: ContextVar[Together | None] = ContextVar("smartroute_together", default=None)


def begin_together(bounds: AttemptBounds) -> None:
    """Register an attempt with the calls that it belongs to, if any.

    Raises:
        asyncio.CancelledError: If they have been cancelled.
    """
    calls = _together.get()
    if calls is not None:
        calls.add(bounds)
        bounds.stop_if_left()


def pause_together(seconds: float) -> None:
    """Wait between two attempts, but no longer than until their calls are cancelled."""
    calls = _together.get()
    if calls is None:
        time.sleep(seconds)
    else:
        calls.pause(seconds)


@contextmanager
def given_up_together() -> Iterator[Together]:
    """Collect the blocking calls that begin within, in this context or threads that copy it."""
    calls = Together(_together.get())
    token = _together.set(calls)
    try:
        yield calls
    finally:
        _together.reset(token)
