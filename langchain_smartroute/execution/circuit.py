"""One circuit: when it opens, when it lets a probe through, when it closes again.

A state machine without a clock or a lock; `breaker` has both.

```
            share of failures reached,
            key refused, model unknown
  closed ─────────────────────────────▶ open
    ▲                                    │ open_s later
    │ the probe succeeds                 ▼
    └──────────────────────────────── half-open ──▶ open again, if the probe fails
                                      (one probe at a time)
```

What was under way when the failures began, and still is, counts as undecided: errors come
sooner than answers, so that the first to end of many calls may be the few that fail.

Each arrow begins a new turn. An attempt speaks for the turn that it was let through in:
what began before the circuit opened, and ends when it has closed again, says nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from langchain_smartroute.errors import ConfigurationError

__all__ = ["BreakerSettings", "BreakerState", "CandidateHealth", "Circuit"]

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When a circuit opens, and for how long.

    Attributes:
        window_s: Over how many past seconds failures are counted.
        min_calls: How many attempts must have ended within them at least.
        failure_share: The share of failed ones from which on it opens, of those that have
            ended and those that were under way already when the failures began.
        open_s: How many seconds it stays open before one probe is let through.
        probe_s: After how many seconds a probe that never ended is given up.

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
        state: `closed`: requests call it; `open`: they leave it alone; `half_open`: the
            next request probes it.
        calls: Attempts that ended within the window.
        failures: Those of them that failed.
        reason: Why it is not closed, else empty.
        retry_in_s: Seconds until it is tried again; zero when it may be now.

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
    """What is known of one model at one endpoint, or of one endpoint and key.

    Attributes:
        turn: Rises whenever it opens or closes.
        reason: Why it has opened, the last time.

    Args:
        settings: When it opens, and for how long.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self.turn = 0
        self.reason = ""
        self._settings = settings
        self._ended: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._failing_since: float | None = None
        self._under_way: WeakKeyDictionary[object, float] = WeakKeyDictionary()
        self._opened_at: float | None = None
        self._probe: tuple[object, float] | None = None

    def health(self, now: float) -> CandidateHealth:
        """How it stands at a time."""
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
        """Whether attempts pass freely."""
        return self._opened_at is None

    def left_s(self, now: float) -> float | None:
        """Seconds until it is half-open, zero if it is already; `None` where it is closed."""
        if self._opened_at is None:
            return None
        return max(0.0, self._opened_at + self._settings.open_s - now)

    def begun(self, ticket: object, now: float) -> None:
        """An attempt begins; one that is lost before it says how it ended is forgotten."""
        self._under_way[ticket] = now

    def over(self, ticket: object) -> None:
        """An attempt is under way no more, however it ended."""
        self._under_way.pop(ticket, None)

    def start_probe(self, ticket: object, now: float) -> None:
        """Let one attempt through to see how the candidate does."""
        if self._probe is None or self._probe[1] <= now:
            self._probe = (ticket, now + self._settings.probe_s)

    def succeeded(self, turn: int, now: float) -> None:
        """An attempt ended with an answer; if it was let through since, the circuit closes."""
        if turn != self.turn:
            return
        if not self.is_closed():
            self.mended()
        self._note(now, well=True)

    def failed(self, turn: int, now: float, *, reason: str) -> None:
        """An attempt ended with an error; one let through since it opened opens it again."""
        if turn != self.turn:
            return
        self._note(now, well=False)
        calls = len(self._ended)
        many = calls >= self._settings.min_calls
        undecided = self._undecided(now) if many else 0
        due = many and self._failures >= self._settings.failure_share * (calls + undecided)
        if due or not self.is_closed():
            share = f"{self._failures} of its last {calls} attempts failed"
            self.open(turn, now, reason=f"{share}, the latest with {reason}")

    def open(self, turn: int, now: float, *, reason: str) -> None:
        """Leave the candidate alone from now on."""
        if turn == self.turn:
            self._opened_at, self.reason, self._probe = now, reason, None
            self._begin_turn()

    def opened_elsewhere(self, now: float, *, left_s: float, reason: str) -> None:
        """Leave the candidate alone for as long as another worker says."""
        self.open(self.turn, now + left_s - self._settings.open_s, reason=reason)

    def mended(self) -> None:
        """The candidate has recovered: what it did before says nothing any more."""
        if self._opened_at is not None:
            self._opened_at = self._probe = None
            self._ended.clear()
            self._failures = 0
            self._begin_turn()

    def _begin_turn(self) -> None:
        """What is under way spoke for the turn before."""
        self.turn += 1
        self._failing_since = None
        self._under_way.clear()

    def _undecided(self, now: float) -> int:
        """How many attempts were under way when the failures began, and still are.

        One that is older than the window says no more than what ended before it.
        """
        since = now if self._failing_since is None else self._failing_since
        oldest = now - self._settings.window_s
        return sum(oldest < begun <= since for begun in self._under_way.values())

    def release(self, ticket: object) -> bool:
        """An attempt ended; if it was the probe, the next one may be. Gives whether it was."""
        if self._probe is None or self._probe[0] is not ticket:
            return False
        self._probe = None
        return True

    def _note(self, now: float, *, well: bool) -> None:
        self._forget(now)
        self._ended.append((now, well))
        self._failures += not well
        if well:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = now

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][0] <= now - self._settings.window_s:
            self._failures -= not self._ended.popleft()[1]
