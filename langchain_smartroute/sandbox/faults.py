"""Named faults of a gateway, and the plan of which requests are affected."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FAULT_KINDS", "Fault", "FaultKind", "FaultPlan"]

FaultKind = Literal[
    "status",
    "redirect",
    "hang",
    "slow_first_token",
    "heartbeat",
    "drip",
    "split",
    "reset",
    "cut",
    "truncate",
    "stall",
    "malformed_event",
    "no_done",
    "hold_open",
    "error_event",
    "empty",
    "empty_choices",
    "html",
    "huge",
    "duplicate",
    "no_usage",
    "bad_usage",
    "reject_prefill",
]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a gateway fails.

    The kinds, for a stream and (after the slash) for a plain answer:

    - `status`: an HTTP error `status` with `code`, `message`, `retry_after` or `body`.
    - `redirect`: HTTP 307 to `location`.
    - `hang`: the request is read and never answered; closed after `seconds` (0: at stop).
    - `slow_first_token`: headers at once, the first token after `seconds`.
    - `heartbeat`: `amount` keep-alive signals (0: endless), `seconds` apart, before the first
      token: comments and empty deltas / before the answer: blank lines.
    - `drip`: the body byte by byte, `seconds` apart.
    - `split`: the body byte by byte, without delay: multi-byte characters are split.
    - `reset`: a TCP reset before any header.
    - `cut`: the connection breaks after `after_tokens` tokens / in the middle of the body.
    - `truncate`: a proper end after `after_tokens` tokens, but without finish reason,
      usage and `[DONE]` / a shortened answer whose finish reason is `null`.
    - `stall`: silence for `seconds` (0: until stop) after `after_tokens` tokens / half the body.
    - `malformed_event`: invalid JSON after `after_tokens` tokens / as the body.
    - `no_done`: the stream ends without `data: [DONE]` / nothing.
    - `hold_open`: as `no_done`, and the connection stays open for `seconds` (0: until
      stop) / nothing.
    - `error_event`: an error event inside the stream after `after_tokens` tokens / an
      error body, both with HTTP 200.
    - `empty`: HTTP 200 and nothing else.
    - `empty_choices`: HTTP 200 with `choices: []`.
    - `html`: HTTP 200 with a web page.
    - `huge`: an answer of `amount` characters.
    - `duplicate`: finish reason and usage come twice, and every chunk carries the usage
      so far / nothing.
    - `no_usage`: the answer without its usage.
    - `bad_usage`: a usage whose counts are all `amount`.
    - `reject_prefill`: HTTP 400 to messages that end with one of the assistant; all
      others are answered well.

    Attributes:
        kind: The kind of fault, from the list above.
        status: HTTP status of `status`.
        after: How many requests are answered well before the first is affected.
        times: How many requests are affected before the model recovers; `None`: all.
        for_s: For how many seconds after the first affected request others are affected;
            `None`: no limit.
        retry_after: Value of a `Retry-After` header of `status`.
        after_tokens: How many answer tokens pass before a stream breaks.
        seconds: Duration of `hang`, `stall`, `hold_open` and `slow_first_token`, and interval
            between two signals of `heartbeat` and two bytes of `drip`.
        amount: The characters of `huge`, the tokens of `bad_usage`, the signals of `heartbeat`.
        code: The `code` of the error object.
        message: The `message` of the error object.
        body: An HTML body for `status` instead of the error object.
        location: Target URL of `redirect`.

    Raises:
        ValueError: If the kind is unknown, a number is out of range, or a redirect has no location.

    Example:
        >>> Fault(kind="status", status=503, times=2).times
        2
    """

    kind: FaultKind
    status: int = 500
    after: int = 0
    times: int | None = None
    for_s: float | None = None
    retry_after: str | None = None
    after_tokens: int = 0
    seconds: float = 0.0
    amount: int = 0
    code: str | None = None
    message: str = "The sandbox was told to fail."
    body: str | None = None
    location: str | None = None

    def __post_init__(self) -> None:
        """Check the values once, here."""
        if self.kind not in FAULT_KINDS:
            raise ValueError(
                f"Unknown fault kind {self.kind!r}; valid kinds are {', '.join(FAULT_KINDS)}."
            )
        if not 400 <= self.status <= 599:  # noqa: PLR2004 - HTTP's own error range
            raise ValueError(f"Fault status must be an HTTP error (400 to 599), not {self.status}.")
        for name in ("after", "times", "for_s", "after_tokens", "seconds"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"Fault {name} must not be negative.")
        if self.amount < 0 and self.kind != "bad_usage":
            raise ValueError("Fault amount must not be negative but for bad_usage.")
        if self.kind == "redirect" and not self.location:
            raise ValueError("A redirect must have a location.")


class FaultPlan:
    """The fault of each model, and how often it will still occur. Thread-safe.

    Args:
        faults: Model name → its fault.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, faults: Mapping[str, Fault], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._initial = dict(faults)
        self._clock = clock
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = dict(faults)
        self._met: dict[str, int] = {}
        self._began: dict[str, float] = {}

    def set(self, model: str, fault: Fault | None) -> None:
        """Set a model's fault, counted from now; `None` removes it."""
        with self._lock:
            self._met.pop(model, None)
            self._began.pop(model, None)
            if fault is None:
                self._faults.pop(model, None)
            else:
                self._faults[model] = fault

    def take(self, model: str) -> Fault | None:
        """Return the fault for this request, if any, and count the request."""
        with self._lock:
            fault = self._faults.get(model)
            if fault is None:
                return None
            struck = self._met.get(model, 0) - fault.after
            self._met[model] = self._met.get(model, 0) + 1
            if struck < 0 or (fault.times is not None and struck >= fault.times):
                return None
            if fault.for_s is not None:
                now = self._clock()
                if now - self._began.setdefault(model, now) >= fault.for_s:
                    return None
            return fault

    def reset(self) -> None:
        """Restore the faults given at construction, with all counts at zero."""
        with self._lock:
            self._faults = dict(self._initial)
            self._met.clear()
            self._began.clear()
