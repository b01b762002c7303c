"""Puts letters together of which a server sends halves, or replaces the halves.

JSON writes an emoji as two codes (surrogates). Servers that cut their text between them send a
half, which no encoding can write: neither a ledger nor the next request.
"""

from __future__ import annotations

import re
from typing import Any

from langchain_smartroute.execution.events import first_delta

__all__ = ["Halves", "without_halves"]

_TEXTS = ("content", "reasoning_content", "reasoning")
_CODE = re.compile(r"\\u[dD][89a-fA-F]")
"""A code that is half of a letter, in JSON."""


class Halves:
    """The first halves of letters at the end of a stream's texts so far."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def concerns(self, event: str) -> bool:
        """Whether an event has to be read for its texts."""
        return bool(self._kept or _CODE.search(event))

    def mend(self, chunk: dict[str, Any]) -> bool:
        """Make texts whole letters; returns whether there may have been halves."""
        delta = first_delta(chunk)
        if delta is None:
            return False
        for name in _TEXTS:
            text = delta.get(name)
            if isinstance(text, str) and text:
                text = self._kept.pop(name, "") + text
                if "\ud800" <= text[-1] <= "\udbff":
                    self._kept[name], text = text[-1], text[:-1]
                delta[name] = _whole(text)
        return True


def without_halves(message: dict[str, Any]) -> dict[str, Any]:
    """A plain answer's message whose texts are whole letters; it is not changed."""
    halved = [name for name in _TEXTS if _has_half(message.get(name))]
    return {**message, **{name: _whole(message[name]) for name in halved}} if halved else message


def _has_half(text: Any) -> bool:
    if not isinstance(text, str) or text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
