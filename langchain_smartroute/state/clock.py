"""The clock by which a database's rows expire."""

from __future__ import annotations

from collections.abc import Callable

from langchain_smartroute.state.database import sa

__all__ = ["StoreClock"]

_NOW_MS = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class StoreClock:
    """Milliseconds since 1970 that never decrease; follows the server's clock if there is one.

    Args:
        clock: Seconds since 1970 on this machine.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest_ms = 0
        self._ahead_ms = 0

    def set_by(self, connection: sa.Connection) -> None:
        """Synchronise with the server's clock, which all workers share; SQLite has none."""
        if connection.dialect.name == "postgresql":
            theirs = connection.exec_driver_sql(_NOW_MS).scalar_one()
            self._ahead_ms = theirs - int(self._clock() * 1000)

    def now_ms(self) -> int:
        """The current time; does not decrease if the clock jumps back."""
        self._latest_ms = max(self._latest_ms, int(self._clock() * 1000) + self._ahead_ms)
        return self._latest_ms

    def after(self, seconds: float) -> int:
        """The time a number of seconds from now."""
        return self.now_ms() + round(seconds * 1000)
