"""Shares circuits between workers by shared state.

An open circuit is one value in the state: its turn and reason. The value expires
`_REMEMBERED_S` after the end of the open time, during which the circuit is half-open; closing
removes it. Only durations are stored, so clocks need not agree.

While calls are made, a background thread writes the changes of this process and reads those of
others every `_EVERY_S`. Calls do not wait for it, with one exception: a probe of a half-open
circuit first waits, for `_PATIENCE_S` at most, to learn whether another worker is probing.
While the state is unavailable, each worker works by itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from langchain_smartroute.errors import StorageError
from langchain_smartroute.execution.circuit import Circuit
from langchain_smartroute.state import Found, Look, SharedState, Swap
from langchain_smartroute.types import renewed_in_forks

__all__ = ["CircuitSharing"]

_log = logging.getLogger(__name__)

_EVERY_S = 1.0
_PATIENCE_S = 0.02
_REMEMBERED_S = 3600.0
_IDLE_S = 60.0
_LONGEST_PAUSE_S = 10.0


@dataclass(slots=True, kw_only=True)
class _Shared:
    """One circuit and its value in the state.

    Attributes:
        circuit: The circuit in this process.
        key: Its key in the state.
        seen: Its last known value there; `None`: no value, as it is closed.
        is_news: Whether a change of this process has not been written yet.
        probe_until: Until when this process has the right to probe, on its clock.
        gives_back: Whether the right to probe has to be given back.
        ask_again: Earliest time of the next request for the right to probe.
        asked: Set when that request has been answered; `None`: no call is waiting.
    """

    circuit: Circuit
    key: str
    seen: str | None = None
    is_news: bool = False
    probe_until: float = 0.0
    gives_back: bool = False
    ask_again: float = 0.0
    asked: threading.Event | None = None


class CircuitSharing:
    """Synchronises the circuits of one process with those of others.

    Args:
        state: The shared state.
        probe_s: Seconds after which a probe that has not ended is abandoned.
        lock: Guards the circuits.
        clock: A monotonic clock in seconds, that of the circuits.
    """

    def __init__(
        self,
        state: SharedState,
        *,
        probe_s: float,
        lock: threading.Lock,
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._probe_s = probe_s
        self._lock = lock
        self._clock = clock
        self._circuits: dict[Circuit, _Shared] = {}
        self._error: str | None = None
        self._reset()
        renewed_in_forks(self, CircuitSharing._reset)

    def _reset(self) -> None:
        """Start without a thread, which in a forked process belongs to the parent."""
        self._me = uuid4().hex
        self.wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._touched = 0.0
        for shared in self._circuits.values():
            shared.probe_until, shared.asked = 0.0, None

    def add(self, circuit: Circuit, name: str) -> None:
        """Share a circuit by a name common to all processes; the caller holds the lock."""
        key = f"circuit|{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}"
        self._circuits[circuit] = _Shared(circuit=circuit, key=key)

    def touch(self) -> None:
        """Note that a call is made, so that the state is read."""
        self._touched = time.monotonic()
        if self._thread is None:
            self._start()

    def changed(self, circuit: Circuit) -> None:
        """Share that a circuit has opened or closed here; the caller holds the lock."""
        shared = self._circuits[circuit]
        shared.is_news, shared.ask_again = True, 0.0
        self.released(circuit)

    def released(self, circuit: Circuit) -> None:
        """Note the end of this process's probe; the caller holds the lock."""
        shared = self._circuits[circuit]
        shared.gives_back = shared.probe_until > 0
        shared.probe_until = 0.0
        self.wake.set()

    def may_probe(self, circuit: Circuit) -> bool:
        """Whether this worker may make the next probe of a half-open circuit.

        It waits a moment for the answer. A later answer counts for the next call.
        """
        with self._lock:
            shared = self._circuits[circuit]
            if self._has_right(shared):
                return True
            if self._clock() < shared.ask_again:
                return False
            if shared.asked is None:
                shared.asked = threading.Event()
            answered = shared.asked
        self.wake.set()
        answered.wait(_PATIENCE_S)
        with self._lock:
            return self._has_right(shared)

    def _has_right(self, shared: _Shared) -> bool:
        return self._error is not None or self._clock() < shared.probe_until

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_run, args=[weakref.ref(self)], name="smartroute-circuits", daemon=True
                )
                self._thread.start()

    @property
    def is_alone(self) -> bool:
        """Whether the state is unavailable."""
        return self._error is not None

    def ends(self) -> bool:
        """Whether there were no calls for a while, so that the thread may end."""
        with self._lock:
            if time.monotonic() - self._touched < _IDLE_S:
                return False
            self._thread = None
        return True

    def stopped(self, why: str) -> None:
        """Note an unexpected end of the thread; the next call starts a new one."""
        self.stand_alone(why)
        self._thread = None

    def step(self) -> None:
        """Write and read once."""
        self.wake.clear()
        try:
            for shared in list(self._circuits.values()):
                self._write_changes(shared)
            self._apply_changes()
        except StorageError as error:
            self.stand_alone(str(error))
            return
        if self._error is not None:
            self._error = None
            _log.info("breakers are shared again")

    def stand_alone(self, why: str) -> None:
        """Continue without the state for now."""
        is_first, self._error = self._error is None, why
        with self._lock:
            for shared in self._circuits.values():
                if shared.asked is not None:
                    shared.asked.set()
                    shared.asked = None
        if is_first:
            _log.warning("breakers are this process' own for now: %s", why)

    def _write_changes(self, shared: _Shared) -> None:
        """Write the changes of a circuit to the state, and request or return the right to probe."""
        if shared.is_news:
            with self._lock:
                shared.is_news = False
                left_s, reason = shared.circuit.left_s(self._clock()), shared.circuit.reason
                value = json.dumps([self._me, shared.circuit.turn, reason])
            if not self._replaced(shared, None if left_s is None else value, left_s=left_s or 0.0):
                _log.debug("another worker was quicker to say how a circuit stands")
        if shared.gives_back:
            self._state.run(self._probe(shared, mine=True))
            shared.gives_back = False
        if shared.asked is not None:
            started = self._clock()
            won = self._state.run(self._probe(shared, mine=False))
            with self._lock:
                shared.probe_until = started + self._probe_s if won else 0.0
                shared.ask_again = started + _EVERY_S
                answered, shared.asked = shared.asked, None
            answered.set()

    def _replaced(self, shared: _Shared, value: str | None, *, left_s: float) -> bool:
        """Replace the last known value, or a lost one."""
        try:
            for expected in dict.fromkeys((shared.seen, None)):
                swap = Swap(
                    key=shared.key, expected=expected, value=value, ttl_s=left_s + _REMEMBERED_S
                )
                if self._state.run(swap):
                    shared.seen = value
                    return True
        except StorageError:
            shared.is_news = True
            raise
        return False

    def _probe(self, shared: _Shared, *, mine: bool) -> Swap:
        """Acquire or return the right to probe, which one worker has at a time."""
        expected, value = (self._me, None) if mine else (None, self._me)
        return Swap(key=f"{shared.key}|probe", expected=expected, value=value, ttl_s=self._probe_s)

    def _apply_changes(self) -> None:
        """Apply the changes of other workers."""
        circuits = list(self._circuits.values())
        if not circuits:
            return
        values = self._state.run(Look(keys=tuple(shared.key for shared in circuits)))
        with self._lock:
            for shared, value in zip(circuits, values, strict=True):
                if not shared.is_news:
                    self._follow(shared, value)

    def _follow(self, shared: _Shared, stored: Found | None) -> None:
        value = stored.value if stored is not None else None
        if value == shared.seen:
            return
        shared.seen = value
        if stored is None:
            shared.circuit.mended()
        else:
            left_s = max(0.0, stored.left_s - _REMEMBERED_S)
            shared.circuit.opened_elsewhere(self._clock(), left_s=left_s, reason=_reason(stored))


def _run(reference: weakref.ref[CircuitSharing]) -> None:
    """Repeat steps until there are no more calls, or the breaker was garbage collected."""
    pause_s = _EVERY_S
    while True:
        sharing = reference()
        if sharing is None or sharing.ends():
            return
        try:
            sharing.step()
        except BaseException as error:
            sharing.stopped(f"{type(error).__name__}: {error}")
            raise
        wake, failed = sharing.wake, sharing.is_alone
        del sharing
        if failed:
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        else:
            wake.wait(_EVERY_S)
            pause_s = _EVERY_S


def _reason(stored: Found) -> str:
    """Another worker's reason for an open circuit; the worker may run another release."""
    try:
        _, _, reason = json.loads(stored.value)
    except (ValueError, TypeError):
        return "another worker found it failing"
    return str(reason)
