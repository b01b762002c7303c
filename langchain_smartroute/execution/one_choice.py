"""Reads one choice of a stream: a server may send more than was asked for.

Clients take each event's first choice, so that the texts of several became one.
"""

from __future__ import annotations

import json
import re

__all__ = ["OneChoice"]

_NOT_THE_FIRST = re.compile(r'"index": ?[1-9]')
"""Also matches the numbers of tool calls, so the event is parsed then."""


class OneChoice:
    """The choice of a stream whose part came first."""

    def __init__(self) -> None:
        self._index: int | None = None

    def without_others(self, event: str) -> str | None:
        """An event without choices other than the first one that came.

        Args:
            event: Its data, a chunk of a completion.

        Returns:
            Other data; `None`: the event may stay as it is.
        """
        if not self._index and not _NOT_THE_FIRST.search(event):
            if '"index"' in event:
                self._index = 0
            return None
        try:
            data = json.loads(event)
        except ValueError:
            return None
        choices = data.get("choices") if isinstance(data, dict) else None
        if not isinstance(choices, list) or not all(isinstance(c, dict) for c in choices):
            return None
        if self._index is None and choices:
            self._index = choices[0].get("index") or 0
        kept = [c for c in choices if (c.get("index") or 0) == self._index]
        return None if len(kept) == len(choices) else json.dumps({**data, "choices": kept})
