"""Parses the wait that a provider asks for in response headers."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["asked_wait_s"]


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
            wait = _seconds_to(text) - now
        if not math.isnan(wait):
            return max(0.0, wait)
    return None


def _seconds_to(date: str) -> float:
    """An HTTP date on the clock of `time.time`; NaN if it is not one."""
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return math.nan
