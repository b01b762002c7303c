"""Reads the arguments of a streamed tool call once where each part repeats all that came before.

A client joins the parts: `{"a` and `{"a": 1}` become `{"a{"a": 1}`, which is no JSON. But a part
of a nested object may begin like the whole, such as `{"a":` and `{"a":1}` and `}`. So the parts
are taken for repetitions only where each begins with the one before it, and joined they cannot be
JSON. What may still be either is kept back, at most until a chunk with a finish reason.
"""

from __future__ import annotations

import json

__all__ = ["CallArguments"]

_NEAR_THE_END = 12
"""Characters at the end of a text in which a fault of JSON may be that more is to come."""


class CallArguments:
    """The arguments of one call so far.

    Attributes:
        is_open: Whether the next part may show that the parts repeat each other.
        holds: Whether something is kept back.
    """

    def __init__(self) -> None:
        self.is_open = True
        self._repeats = False
        self._joined = self._given = self._last = ""

    @property
    def holds(self) -> bool:
        """Whether something is kept back."""
        return self._joined != self._given

    def added(self, part: str) -> str:
        """What a part adds to the arguments; may be kept back until later."""
        if self._repeats:
            return self._increment(part)
        if not self.is_open or not part:
            return part
        last, self._last = self._last, part
        self._joined += part
        if not last.strip():
            return self._given_now()
        if not part.startswith(last) or _is_json(self._joined):
            self.is_open = False
            return self._given_now()
        if _cannot_go_on(self._joined):
            return self._as_repeated()
        return ""

    def rest(self) -> str:
        """What was kept back, at the end of the stream."""
        return self._as_repeated() if _is_json(self._last) else self._given_now()

    def _given_now(self) -> str:
        """All that was kept back, joined."""
        added = self._joined[len(self._given) :]
        self._given = self._joined
        return added

    def _as_repeated(self) -> str:
        """What the last part adds to what was given, which it repeats."""
        self._repeats = True
        added = self._last.lstrip()[len(self._given.lstrip()) :]
        self._joined = self._given = self._last
        return added

    def _increment(self, part: str) -> str:
        last = self._last
        if not part:
            return ""
        self._last = part
        return part.removeprefix(last)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _cannot_go_on(text: str) -> bool:
    """Whether a text is not the beginning of any JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        is_open = error.msg.startswith("Unterminated string")
        return not is_open and error.pos < len(text) - _NEAR_THE_END
    except ValueError:
        return False
    return False
