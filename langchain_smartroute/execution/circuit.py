"""The state machine of one circuit: closed, open, half-open.

It has no clock and no lock; `breaker` provides both.

```
            share of failures reached,
            key refused, model unknown
  closed ─────────────────────────────▶ open
    ▲                                    │ open_s later
    │ the probe succeeds                 ▼
    └──────────────────────────────── half-open ──▶ open again, if the probe fails
                                      (one probe at a time)
```

Attempts that were running when the failures began, and still are, count as undecided: errors
come sooner than answers, so the first of many concurrent calls to end may be the few that fail.

Consecutive failures open it too, however many answers came before them: an outage need not
fill the window first. There must be `_IN_A_ROW` times as many as `min_calls`, and their share
must be reached even if every running attempt were answered.

Each arrow starts a new turn. An attempt counts for the turn in which it was admitted: one that
started before the circuit opened, and ends after it has closed again, is ignored.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from langchain_smartroute.errors import ConfigurationError

__all__ = ["BreakerSettings", "BreakerState", "CandidateHealth", "Circuit"]

_IN_A_ROW = 4

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """Settings of a circuit breaker.

    Attributes:
        window_s: Length of the sliding window in which failures are counted, in seconds.
        min_calls: Minimum number of attempts that have ended within the window.
        failure_share: Share of failed attempts from which on it opens, of those that have ended
            and those that were already running when the failures began.
        open_s: Seconds that it stays open before a probe is admitted.
        probe_s: Seconds after which a probe that has not ended is abandoned.

    Raises:
        ConfigurationError: If a number is out of range.
    """

    window_s: float = 60.0
    min_calls: int = 5
    failure_share: float = 0.5
    open_s: float = 10.0
    probe_s: float = 60.0

    def __post_init__(self) -> None:
        """Check the values once, here."""
        faults = [
            f"breaker.{name} = {value!r}: must be above zero"
            for name in ("window_s", "open_s", "probe_s")
            if not (value := getattr(self, name)) > 0
        ]
        if self.min_calls < 1:
            faults.append(f"breaker.min_calls = {self.min_calls!r}: must be at least 1")
        if not 0 < self.failure_share <= 1:
            faults.append(
                f"breaker.failure_share = {self.failure_share!r}: must be above 0 and at most 1"
            )
        if faults:
            raise ConfigurationError(*faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateHealth:
    """The state of a candidate's circuit breaker.

    Attributes:
        state: `closed`: requests call it; `open`: they do not; `half_open`: the next request
            probes it.
        calls: Attempts that ended within the window.
        failures: Number of those that failed.
        reason: Why it is not closed; empty if it is.
        retry_in_s: Seconds until the next probe; zero if it may be made now.

    Example:
        >>> CandidateHealth(state="closed", calls=3, failures=1).state
        'closed'
    """

    state: BreakerState
    calls: int = 0
    failures: int = 0
    reason: str = ""
    retry_in_s: float = 0.0


class Circuit:
    """The state of one model at one endpoint, or of one endpoint and key.

    Attributes:
        turn: Incremented whenever it opens or closes.
        reason: Why it opened last.

    Args:
        settings: When it opens, and for how long.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self.turn = 0
        self.reason = ""
        self._settings = settings
        self._ended: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._in_a_row = 0
        self._failing_since: float | None = None
        self._under_way: WeakKeyDictionary[object, float] = WeakKeyDictionary()
        self._opened_at: float | None = None
        self._probe: tuple[object, float] | None = None

    def health(self, now: float) -> CandidateHealth:
        """Its state at a time."""
        self._forget(now)
        wait = 0.0
        state: BreakerState = "closed"
        if self._opened_at is not None:
            probe_until = self._probe[1] if self._probe else 0.0
            wait = max(0.0, self._opened_at + self._settings.open_s - now, probe_until - now)
            state = "open" if wait else "half_open"
        return CandidateHealth(
            state=state,
            calls=len(self._ended),
            failures=self._failures,
            reason="" if state == "closed" else self.reason,
            retry_in_s=wait,
        )

    def is_closed(self) -> bool:
        """Whether it is closed."""
        return self._opened_at is None

    def left_s(self, now: float) -> float | None:
        """Seconds until it is half-open, zero if it is already; `None` if it is closed."""
        if self._opened_at is None:
            return None
        return max(0.0, self._opened_at + self._settings.open_s - now)

    def begun(self, ticket: object, now: float) -> None:
        """Note the start of an attempt, by a weak reference, in case it never reports its end."""
        self._under_way[ticket] = now

    def over(self, ticket: object) -> None:
        """Note that an attempt is no longer running."""
        self._under_way.pop(ticket, None)

    def start_probe(self, ticket: object, now: float) -> None:
        """Admit one attempt as a probe."""
        if self._probe is None or self._probe[1] <= now:
            self._probe = (ticket, now + self._settings.probe_s)

    def succeeded(self, turn: int, now: float) -> None:
        """Note an answer; if the attempt was admitted in the current turn, the circuit closes."""
        if turn != self.turn:
            return
        if not self.is_closed():
            self.mended()
        self._note(now, well=True)

    def failed(self, turn: int, now: float, *, reason: str) -> None:
        """Note an error; if it was a probe's, the circuit opens again."""
        if turn != self.turn:
            return
        self._note(now, well=False)
        calls = len(self._ended)
        if self._is_due(calls, now) or not self.is_closed():
            share = f"{self._failures} of its last {calls} attempts failed"
            self.open(turn, now, reason=f"{share}, the latest with {reason}")

    def open(self, turn: int, now: float, *, reason: str) -> None:
        """Open the circuit."""
        if turn == self.turn:
            self._opened_at, self.reason, self._probe = now, reason, None
            self._begin_turn()

    def opened_elsewhere(self, now: float, *, left_s: float, reason: str) -> None:
        """Open the circuit for the time given by another worker."""
        self.open(self.turn, now + left_s - self._settings.open_s, reason=reason)

    def mended(self) -> None:
        """Close the circuit and clear the window."""
        if self._opened_at is not None:
            self._opened_at = self._probe = None
            self._ended.clear()
            self._failures = 0
            self._begin_turn()

    def _begin_turn(self) -> None:
        """Running attempts belong to the previous turn."""
        self.turn += 1
        self._failing_since = None
        self._in_a_row = 0
        self._under_way.clear()

    def _is_due(self, calls: int, now: float) -> bool:
        """Whether so many of its attempts have failed that it opens."""
        least, share = self._settings.min_calls, self._settings.failure_share
        if calls < least:
            return False
        if self._failures >= share * (calls + self._undecided(now)):
            return True
        row = self._in_a_row
        return row >= _IN_A_ROW * least and row >= share * (row + len(self._under_way))

    def _undecided(self, now: float) -> int:
        """Number of attempts that were running when the failures began, and still are.

        An attempt that is older than the window is ignored, like those that ended before it.
        """
        since = now if self._failing_since is None else self._failing_since
        oldest = now - self._settings.window_s
        return sum(oldest < begun <= since for begun in self._under_way.values())

    def release(self, ticket: object) -> bool:
        """Note the end of an attempt; returns whether it was the probe, which frees its place."""
        if self._probe is None or self._probe[0] is not ticket:
            return False
        self._probe = None
        return True

    def _note(self, now: float, *, well: bool) -> None:
        self._forget(now)
        self._ended.append((now, well))
        self._failures += not well
        self._in_a_row = 0 if well else self._in_a_row + 1
        if well:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = now

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now - self._settings.window_s:
            self._failures -= not self._ended.popleft()[1]
