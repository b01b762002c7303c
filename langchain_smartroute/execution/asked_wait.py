"""Parses the wait that a provider asks for in response headers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["asked_wait_s", "reset_wait_s"]

_UNITS: Final = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "s": 1, "m": 60, "h": 3600}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|s|m|h)")
"""A part of a duration such as `6m0s`, in Go's notation."""

_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e12
"""Numbers from which on a number is a time, in seconds or milliseconds since 1970."""


def asked_wait_s(headers: Mapping[str, Any], *, now: float) -> float | None:
    """The seconds that a provider asks for: in seconds, in milliseconds, or until a date.

    Args:
        headers: Headers of its answer.
        now: On the clock of `time.time`.

    Returns:
        Zero or more; `None` if there is no such header, or it has an unknown form.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name)
        if not isinstance(text, str):
            continue
        try:
            wait = float(text) * unit
        except ValueError:
            wait = _wait_s(text, now=now)
        if not math.isnan(wait):
            return max(0.0, wait)
    return None


def reset_wait_s(headers: Mapping[str, Any], *, now: float) -> float | None:
    """The seconds until rate limits that refused a request are reset.

    The headers are named differently by each provider: `x-ratelimit-reset-requests` by OpenAI,
    `anthropic-ratelimit-requests-reset` by Anthropic, `x-ratelimit-reset` by OpenRouter.

    Args:
        headers: Headers of the refusal.
        now: On the clock of `time.time`.

    Returns:
        The longest wait, zero or more: of the limits of which nothing remains, else of those
        that leave open what remains. `None` if there is none.
    """
    exhausted: list[float] = []
    unknown: list[float] = []
    for name, text in _resets(headers):
        wait = _reset_s(text, now=now)
        if math.isnan(wait):
            continue
        remaining = headers.get(name.replace("reset", "remaining"))
        if not isinstance(remaining, str):
            unknown.append(wait)
        elif _is_zero(remaining):
            exhausted.append(wait)
    waits = exhausted or unknown
    return max(0.0, *waits) if waits else None


def _resets(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, text in headers.items():
        lowered = str(name).lower()
        if "ratelimit" in lowered and "reset" in lowered and isinstance(text, str):
            yield lowered, text


def _is_zero(remaining: str) -> bool:
    try:
        return float(remaining) <= 0
    except ValueError:
        return False


def _reset_s(text: str, *, now: float) -> float:
    """Seconds until a reset; NaN for an unknown form."""
    try:
        wait = float(text)
    except ValueError:
        return _wait_s(text, now=now)
    if wait >= _EPOCH_MS:
        return wait / 1000 - now
    return wait - now if wait >= _EPOCH_S else wait


def _wait_s(text: str, *, now: float) -> float:
    """Seconds of a duration, or until a date of HTTP's or of ISO 8601; NaN if it is neither."""
    text = text.strip()
    if text and not _PART.sub("", text):
        return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            continue
    return math.nan
