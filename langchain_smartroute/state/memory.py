"""Shared state within one process, for all its threads and event loops."""

from __future__ import annotations

import heapq
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

from langchain_smartroute.errors import StorageError
from langchain_smartroute.state.commands import (
    Command,
    Found,
    Get,
    Hold,
    Look,
    Put,
    Refusal,
    Settle,
    Standing,
    Stands,
    Swap,
)
from langchain_smartroute.types import new_lock

__all__ = ["MemoryState"]

T = TypeVar("T")


class MemoryState:
    """Shared state of the threads of one process.

    It is bounded: the least recently used values are evicted. Counters are never evicted, as
    limits would lose their sums, so a reservation on one counter too many is an error.

    Args:
        max_entries: Maximum number of values, and of counters.
        clock: Seconds on a clock that does not go backwards.

    Example:
        >>> from langchain_smartroute.state import Get, MemoryState, Put
        >>> state = MemoryState()
        >>> state.run(Put(key="conversation-1", value="gpt-4o", ttl_s=60))
        >>> state.run(Get(key="conversation-1"))
        'gpt-4o'
    """

    def __init__(
        self, *, max_entries: int = 100_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_entries = max_entries
        self._clock = clock
        self._latest = float("-inf")
        self._lock = new_lock()
        self._values: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._counters: dict[str, list[float | int]] = {}
        self._leases: dict[str, dict[str, int]] = {}
        self._expiries: list[tuple[float, str]] = []

    def run(self, command: Command[T]) -> T:
        """Execute a command."""
        with self._lock:
            # A clock that jumps back, such as an injected one, must not free anything early.
            self._latest = max(self._latest, self._clock())
            self._expire(self._latest)
            return cast("T", self._HANDLERS[type(command)](self, command))

    async def arun(self, command: Command[T]) -> T:
        """Execute a command; it takes microseconds."""
        return self.run(command)

    def _get(self, command: Get) -> str | None:
        entry = self._values.get(command.key)
        if entry is None:
            return None
        if entry[1] <= self._latest:
            del self._values[command.key]
            return None
        self._values.move_to_end(command.key)
        return entry[0]

    def _put(self, command: Put) -> None:
        self._values[command.key] = (command.value, self._latest + command.ttl_s)
        self._values.move_to_end(command.key)
        while len(self._values) > self._max_entries:
            self._values.popitem(last=False)

    def _swap(self, command: Swap) -> bool:
        if self._get(Get(key=command.key)) != command.expected:
            return False
        if command.value is None:
            self._values.pop(command.key, None)
        else:
            self._put(Put(key=command.key, value=command.value, ttl_s=command.ttl_s))
        return True

    def _look(self, command: Look) -> tuple[Found | None, ...]:
        values = ((key, self._get(Get(key=key))) for key in command.keys)
        return tuple(
            None
            if value is None
            else Found(value=value, left_s=self._values[key][1] - self._latest)
            for key, value in values
        )

    def _hold(self, command: Hold) -> Refusal | None:
        for number, claim in enumerate(command.claims):
            standing = self._standing(claim.counter)
            if standing.spent + standing.held + claim.amount > claim.ceiling:
                return Refusal(number=number, standing=standing)
        for claim in command.claims:
            lives_s = max(claim.ttl_s, command.lease_s)
            self._counter(claim.counter, lives_s)[1] += claim.amount
        self._leases[command.lease] = {c.counter: c.amount for c in command.claims}
        heapq.heappush(self._expiries, (self._latest + command.lease_s, command.lease))
        return None

    def _settle(self, command: Settle) -> tuple[Standing, ...]:
        counts = not command.again or command.lease in self._leases
        self._free(command.lease)
        for charge in command.charges if counts else ():
            self._counter(charge.counter, charge.ttl_s)[0] += charge.amount
        return tuple(self._standing(charge.counter) for charge in command.charges)

    def _stands(self, command: Stands) -> tuple[Standing, ...]:
        return tuple(self._standing(counter) for counter in command.counters)

    def _standing(self, counter: str) -> Standing:
        sums = self._counters.get(counter)
        if sums is None or sums[2] <= self._latest:
            return Standing()
        return Standing(spent=int(sums[0]), held=int(sums[1]))

    def _counter(self, name: str, ttl_s: float) -> list[float | int]:
        expires = self._latest + ttl_s
        sums = self._counters.get(name)
        if sums is None or sums[2] <= self._latest:
            self._make_room()
            sums = self._counters[name] = [0, 0, expires]
        sums[2] = max(sums[2], expires)
        return sums

    def _make_room(self) -> None:
        if len(self._counters) < self._max_entries:
            return
        expired = [name for name, sums in self._counters.items() if sums[2] <= self._latest]
        for name in expired:
            del self._counters[name]
        if not expired:
            raise StorageError(
                f"{self._max_entries:,} counters of spend limits are in use, which is the most"
                " that this process keeps; raise MemoryState(max_entries=…) or use Redis"
            )

    def _expire(self, now: float) -> None:
        while self._expiries and self._expiries[0][0] <= now:
            self._free(heapq.heappop(self._expiries)[1])

    def _free(self, lease: str) -> None:
        for counter, amount in self._leases.pop(lease, {}).items():
            if counter in self._counters:
                self._counters[counter][1] -= amount
        if len(self._expiries) > 2 * len(self._leases) + 1_000:
            # Most of them have been settled already.
            self._expiries = [entry for entry in self._expiries if entry[1] in self._leases]
            heapq.heapify(self._expiries)

    _HANDLERS: dict[type[Any], Callable[..., Any]] = {  # noqa: RUF012 - never changed
        Get: _get,
        Put: _put,
        Swap: _swap,
        Look: _look,
        Hold: _hold,
        Settle: _settle,
        Stands: _stands,
    }
