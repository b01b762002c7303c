"""The lock of an SQLite file, waited for so that each of several processes gets its turn.

SQLite's own wait sleeps longer and longer between its tries, up to a tenth of a second.
Of eight processes that write all the time one may so find the file locked fifteen times
in a row, though each of the others held it for a fraction of a millisecond.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

__all__ = ["patiently"]

_LEAST_S, _MOST_S = 0.0002, 0.003
_chance = random.Random()  # noqa: S311 - no secret; a thread must not disturb who has set a seed


def patiently(
    attempt: Callable[[], object],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Try to get the lock, with short sleeps of random length, until time is up.

    Args:
        attempt: Asks for it without waiting.
        seconds: How long to try.
        clock: Seconds that only rise.
        sleep: Waits for so many seconds.

    Raises:
        sqlite3.OperationalError: As `attempt` did, or SQLAlchemy's in its place: for the lock
            when time is up, else at once.
    """
    until = clock() + seconds
    while True:
        try:
            attempt()
        except (sqlite3.OperationalError, OperationalError) as error:
            if not _is_lock(error) or clock() >= until:
                raise
        else:
            return
        sleep(_chance.uniform(_LEAST_S, _MOST_S))


def _is_lock(error: Exception) -> bool:
    """Whether somebody else has the lock, as SQLite says, or SQLAlchemy of it."""
    return "database is locked" in str(getattr(error, "orig", error))
