"""Calls that are given up together: those of a batch whose caller breaks it off.

Python waits for the threads of a batch before it passes a Ctrl-C on, and those for models
that may not answer for long: each for its own, then for the next one of its chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakSet

from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.types import new_lock

__all__ = ["Together", "begin_together", "given_up_together"]


class Together:
    """The attempts of several calls.

    Args:
        outer: Calls of which these are a part.
    """

    def __init__(self, outer: Together | None = None) -> None:
        self._outer = outer
        self._lock = new_lock()
        self._attempts: WeakSet[AttemptBounds] = WeakSet()
        self._is_left = False

    def add(self, bounds: AttemptBounds) -> None:
        """An attempt begins; it is given up at once if the others are."""
        if self._outer is not None:
            self._outer.add(bounds)
        with self._lock:
            self._attempts.add(bounds)
            is_left = self._is_left
        if is_left:
            bounds.leave()

    def leave(self) -> None:
        """Give all of them up, and what would follow them."""
        with self._lock:
            self._is_left = True
            attempts = list(self._attempts)
        for bounds in attempts:
            bounds.leave()


_together: ContextVar[Together | None] = ContextVar("smartroute_together", default=None)


def begin_together(bounds: AttemptBounds) -> None:
    """An attempt begins, perhaps one of many.

    Raises:
        asyncio.CancelledError: If those are given up.
    """
    calls = _together.get()
    if calls is not None:
        calls.add(bounds)
        bounds.stop_if_left()


@contextmanager
def given_up_together() -> Iterator[Together]:
    """Have the blocking calls that are begun within, in threads with its context, be one thing."""
    calls = Together(_together.get())
    token = _together.set(calls)
    try:
        yield calls
    finally:
        _together.reset(token)
