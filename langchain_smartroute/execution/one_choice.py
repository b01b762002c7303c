"""Reads one choice of a stream: a server may send more than was asked for.

Clients take each event's first choice, so that the texts of several became one.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["OneChoice"]

_NOT_THE_FIRST = re.compile(r'"index": ?[1-9]')
"""Also matches the numbers of tool calls, so the event is parsed then."""


class OneChoice:
    """The choice of a stream whose part came first."""

    def __init__(self) -> None:
        self._index: int | None = None

    def concerns(self, event: str) -> bool:
        """Whether an event has to be read for its choices."""
        if self._index or _NOT_THE_FIRST.search(event):
            return True
        if '"index"' in event:
            self._index = 0
        return False

    def mend(self, chunk: dict[str, Any]) -> bool:
        """Remove choices other than the first one that came; returns whether there were any."""
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not all(isinstance(c, dict) for c in choices):
            return False
        if self._index is None and choices:
            self._index = choices[0].get("index") or 0
        chunk["choices"] = [c for c in choices if (c.get("index") or 0) == self._index]
        return len(chunk["choices"]) < len(choices)
