"""The time that a database's rows expire by."""

from __future__ import annotations

from collections.abc import Callable

from langchain_smartroute.state.database import sa

__all__ = ["StoreClock"]

_NOW_MS = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class StoreClock:
    """Milliseconds since 1970 that never go back: the server's, where there is one.

    Args:
        clock: Seconds since 1970 on this machine.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest_ms = 0
        self._ahead_ms = 0

    def set_by(self, connection: sa.Connection) -> None:
        """Go by the server's clock, which all workers have in common; SQLite has none."""
        if connection.dialect.name == "postgresql":
            theirs = connection.exec_driver_sql(_NOW_MS).scalar_one()
            self._ahead_ms = theirs - int(self._clock() * 1000)

    def now_ms(self) -> int:
        """The time; should the clock jump back, nothing is freed early."""
        self._latest_ms = max(self._latest_ms, int(self._clock() * 1000) + self._ahead_ms)
        return self._latest_ms

    def after(self, seconds: float) -> int:
        """The time in so many seconds."""
        return self.now_ms() + round(seconds * 1000)
