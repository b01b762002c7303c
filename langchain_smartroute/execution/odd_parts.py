"""Mends the chunks of streams whose parts have other types than those of OpenAI.

A `ChatOpenAI` of the user's own reads the objects of `openai`'s client, which take them as they
are.
"""

from __future__ import annotations

import re
from typing import Any

from langchain_smartroute.execution.events import first_delta
from langchain_smartroute.execution.mending import repaired

__all__ = ["OddParts"]

_ODD = re.compile(
    r'_tokens"\s*:\s*(?!\s|\d{1,9}\s*[,}]|null\b)'
    r'|"(?:in|out)put_tokens"'
    r'|"usage"\s*:\s*(?!\s|\{|null\b)'
    r'|"role"\s*:\s*(?!\s|"assistant"|""|null\b)'
    r'|"arguments"\s*:\s*\{'
)
"""In JSON: counts that are none or have Anthropic's names, roles of others, arguments as an object.

Within a text the quotes would be escaped.
"""

_NAMES = ('_tokens"', '"role"', '"arguments"')
_UNTOLD = ('"usage":null', '"usage": null')


class OddParts:
    """The chunks of one stream."""

    def __init__(self) -> None:
        self._has_role = False

    def concerns(self, event: str) -> bool:
        """Whether an event may have such parts."""
        # Most have no such part at all, which is seen far sooner.
        has_any = any(name in event for name in _NAMES)
        has_any = has_any or ('"usage"' in event and not any(name in event for name in _UNTOLD))
        return has_any and _ODD.search(event) is not None

    def mend(self, chunk: dict[str, Any]) -> bool:
        """Bring a chunk into OpenAI's form; returns whether it was in another."""
        mended = repaired(chunk, "delta")
        self._say_role_once(first_delta(mended), first_delta(chunk) or {})
        changed = mended != chunk
        chunk.update(mended)
        return changed

    def _say_role_once(self, delta: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Leave the role out where it was not sent, or was before: the client joins it, too."""
        if delta is None or "role" not in delta:
            return
        if self._has_role or not sent.get("role"):
            del delta["role"]
        else:
            self._has_role = True
