"""A pool of idle connections, limited in number and in time over all servers.

A process may call thousands of servers, each once. So the limit counts the connections to all
servers, and expired ones are closed by the next call to any server.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final, Generic, Protocol, TypeVar

from langchain_smartroute.types import new_lock, renewed_in_forks

__all__ = ["IdleConnection", "IdleConnections", "Origin"]

Origin = tuple[bytes, bytes, int]
"""Scheme, host and port of a server."""

MOST: Final = 100
SECONDS: Final = 5.0
"""Maximum number of idle connections, and seconds that each is kept."""


class IdleConnection(Protocol):
    """A connection that can be kept idle.

    Attributes:
        origin: Its server.
        kept_since: Time at which it became idle, on the monotonic clock.
    """

    origin: Origin
    kept_since: float

    def close(self) -> None:
        """Close it."""


Connection = TypeVar("Connection", bound=IdleConnection)


class IdleConnections(Generic[Connection]):
    """The idle connections of one client."""

    def __init__(self) -> None:
        self._is_closed = False
        self._reset()
        renewed_in_forks(self, IdleConnections._leave_to_parent)

    def __len__(self) -> int:
        return len(self._all)

    def _reset(self) -> None:
        """Start without connections."""
        self._lock = new_lock()
        # Ordered by time, here and per server.
        self._all: OrderedDict[Connection, None] = OrderedDict()
        self._of: dict[Origin, list[Connection]] = {}

    def _leave_to_parent(self) -> None:
        """Close what a forked process has inherited; its parent's own ends stay open."""
        inherited = list(self._all)
        self._reset()
        for connection in inherited:
            connection.close()

    def give(self, connection: Connection) -> None:
        """Keep a connection, or close it if the pool is closed."""
        with self._lock:
            connection.kept_since = time.monotonic()
            self._all[connection] = None
            self._of.setdefault(connection.origin, []).append(connection)
        self._close_surplus()

    def take(self, origin: Origin) -> Connection | None:
        """The latest connection to a server, which the server may have closed."""
        self._close_surplus()
        with self._lock:
            known = self._of.get(origin)
            connection = known.pop() if known else None
            if connection is not None:
                del self._all[connection]
                if not known:
                    del self._of[origin]
        return connection

    def close(self) -> None:
        """Close all connections, also those given later."""
        self._is_closed = True
        self._close_surplus()

    def _close_surplus(self) -> None:
        """Close connections that are over the limit or expired, outside of the lock."""
        with self._lock:
            surplus = self._removed_surplus(time.monotonic())
        for connection in surplus:
            connection.close()

    def _removed_surplus(self, now: float) -> list[Connection]:
        found: list[Connection] = []
        most = 0 if self._is_closed else MOST
        while self._all:
            oldest = next(iter(self._all))
            if len(self._all) <= most and now - oldest.kept_since <= SECONDS:
                break
            del self._all[oldest]
            known = self._of[oldest.origin]
            del known[0]
            if not known:
                del self._of[oldest.origin]
            found.append(oldest)
        return found
