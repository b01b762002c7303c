"""Named ways in which a gateway misbehaves, and which request meets one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULT_KINDS", "Fault", "FaultKind", "FaultPlan"]

FaultKind = Literal[
    "status",
    "hang",
    "slow_first_token",
    "reset",
    "cut",
    "stall",
    "malformed_event",
    "no_done",
    "error_event",
    "empty",
    "empty_choices",
    "html",
    "no_usage",
]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to misbehave.

    The kinds, for a stream and (after the slash) for a plain answer:

    - `status`: an HTTP error `status` with `code`, `message`, `retry_after` or `body`.
    - `hang`: the request is read and never answered; closed after `seconds` (0: at stop).
    - `slow_first_token`: headers at once, the first token after `seconds`.
    - `reset`: a TCP reset before any header.
    - `cut`: the connection breaks after `after_tokens` tokens / in the middle of the body.
    - `stall`: silence for `seconds` (0: until stop) after `after_tokens` tokens / half the body.
    - `malformed_event`: invalid JSON after `after_tokens` tokens / as the body.
    - `no_done`: the stream ends without `data: [DONE]` / nothing.
    - `error_event`: an error event inside the stream after `after_tokens` tokens / an
      error body, both with HTTP 200.
    - `empty`: HTTP 200 and nothing else.
    - `empty_choices`: HTTP 200 with `choices: []`.
    - `html`: HTTP 200 with a web page.
    - `no_usage`: the answer without its usage.

    Attributes:
        kind: What goes wrong.
        status: HTTP status of `status`.
        times: How many requests are affected before the model is healthy; `None`: all.
        retry_after: Value of a `Retry-After` header of `status`.
        after_tokens: How many answer tokens pass before a stream breaks.
        seconds: How long `hang`, `stall` and `slow_first_token` last.
        code: The `code` of the error object.
        message: The `message` of the error object.
        body: An HTML body for `status` instead of the error object.

    Raises:
        ValueError: If the kind is unknown or a number is out of range.

    Example:
        >>> Fault(kind="status", status=503, times=2).times
        2
    """

    kind: FaultKind
    status: int = 500
    times: int | None = None
    retry_after: str | None = None
    after_tokens: int = 0
    seconds: float = 0.0
    code: str | None = None
    message: str = "The sandbox was told to fail."
    body: str | None = None

    def __post_init__(self) -> None:
        """Check the values once, here."""
        if self.kind not in FAULT_KINDS:
            raise ValueError(
                f"Unknown fault kind {self.kind!r}; valid kinds are {', '.join(FAULT_KINDS)}."
            )
        if not 400 <= self.status <= 599:  # noqa: PLR2004 - HTTP's own error range
            raise ValueError(f"Fault status must be an HTTP error (400 to 599), not {self.status}.")
        if self.after_tokens < 0 or self.seconds < 0 or (self.times or 0) < 0:
            raise ValueError("Fault times, after_tokens and seconds must not be negative.")


class FaultPlan:
    """Which model has which fault, and how often it still strikes. Thread-safe."""

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        self._initial = dict(faults)
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = dict(faults)
        self._struck: dict[str, int] = {}

    def set(self, model: str, fault: Fault | None) -> None:
        """Give a model a fault, counted from now, or make it healthy."""
        with self._lock:
            self._struck.pop(model, None)
            if fault is None:
                self._faults.pop(model, None)
            else:
                self._faults[model] = fault

    def take(self, model: str) -> Fault | None:
        """Return the fault that this request meets, and count it."""
        with self._lock:
            fault = self._faults.get(model)
            if fault is None:
                return None
            struck = self._struck.get(model, 0)
            if fault.times is not None and struck >= fault.times:
                return None
            self._struck[model] = struck + 1
            return fault

    def reset(self) -> None:
        """Go back to the faults given at construction, none of them used up."""
        with self._lock:
            self._faults = dict(self._initial)
            self._struck.clear()
