"""Settlements that could not be executed, which are retried before later calls and at the end.

The answer to one may have been lost after it was executed. So it is retried as such: it counts
only if its reservation is still there.
"""

from __future__ import annotations

import atexit
import logging
import time
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from langchain_smartroute.state import Settle, SharedState
from langchain_smartroute.types import Caught, renewed_in_forks

__all__ = ["Unsettled"]

_log = logging.getLogger(__name__)

_MOST = 10_000
_AT_ONCE = 20


class Unsettled:
    """The settlements of one process that wait for the state.

    Args:
        state: The shared state.
    """

    def __init__(self, state: SharedState) -> None:
        self._state = state
        self._waiting: deque[tuple[Settle, float]] = deque(maxlen=_MOST)
        _exits.add(self)
        # Those of a parent process are settled there.
        renewed_in_forks(self, Unsettled._leave_to_parent)

    def __len__(self) -> int:
        return len(self._waiting)

    def _leave_to_parent(self) -> None:
        self._waiting.clear()

    def put(self, settle: Settle, held_until: float = 0.0) -> None:
        """Add a settlement.

        Args:
            settle: The settlement.
            held_until: Time on the monotonic clock until which its reservation exists.
        """
        self._waiting.append((settle, held_until))

    def due(self, most: int = _AT_ONCE) -> Iterator[tuple[Settle, float]]:
        """Remove settlements, oldest first, to retry them: each with what `put` was given.

        Args:
            most: How many.
        """
        for _ in range(min(len(self._waiting), most)):
            try:
                settle, held_until = self._waiting.popleft()
            except IndexError:
                return
            # Later its reservation may have expired, which does not say that it is settled.
            yield replace(settle, again=time.monotonic() < held_until), held_until

    def retry(self, most: int = _AT_ONCE) -> None:
        """Execute settlements; one that fails waits again.

        Args:
            most: How many.

        Raises:
            StorageError: If the state does not answer.
        """
        for settle, held_until in self.due(most):
            try:
                self._state.run(settle)
            except BaseException:
                self.put(settle, held_until)
                raise

    def at_exit(self) -> None:
        """Execute all, as other processes wait for what they reserve."""
        with Caught() as caught:
            self.retry(_MOST)
        if caught.error is not None:
            _log.warning(
                "%d settlements of spend limits end with their process: %s",
                len(self),
                caught.error,
            )


_exits: weakref.WeakSet[Unsettled] = weakref.WeakSet()


def _at_exit() -> None:
    for unsettled in list(_exits):
        unsettled.at_exit()


atexit.register(_at_exit)
