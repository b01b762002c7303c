"""Mends the tool calls of streams, whose parts servers number and name in several ways.

OpenAI sends a call's id and name with its first part alone, and its number with all of them.
Parts are merged by number, their names and arguments by joining them. So the name is said twice
(`get_weatherget_weather`) where a server repeats it, and calls are lost or mixed where it gives no
numbers, or all of them the same. Arguments that each part repeats are read once
(`call_arguments`).
"""

from __future__ import annotations

import json
from typing import Any

from langchain_smartroute.execution.call_arguments import CallArguments
from langchain_smartroute.execution.events import first_choice, first_delta

__all__ = ["CallParts"]


class CallParts:
    """The parts of one stream's tool calls so far."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._current: dict[Any, _Call] = {}
        self._is_odd = False
        self._has_bare = False

    def concerns(self, event: str) -> bool:
        """Whether an event has to be read for its tool calls.

        Of ordinary servers few events per call: the first, which has a name and an id beside the
        chunk's own, and those that show whether the arguments are repeated.
        """
        if '"function"' not in event:
            return '"finish_reason"' in event and any(call.told.holds for call in self._calls)
        if self._is_odd or '"name"' in event or event.count('"id"') > 1:
            return True
        self._has_bare = True
        return any(call.told.is_open for call in self._calls)

    def mend(self, chunk: dict[str, Any]) -> bool:
        """Bring tool calls into OpenAI's form; returns whether they were in another."""
        changes = [self._read(call) for call in _calls_in(chunk)]
        return self._ended(chunk) or any(changes)

    def _ended(self, chunk: dict[str, Any]) -> bool:
        """Add what was kept back to the last chunk; returns whether there was anything."""
        choice = first_choice(chunk) or {}
        holding = [call for call in self._calls if call.told.holds]
        if not (holding and choice.get("finish_reason")):
            return False
        delta = choice["delta"] = choice.get("delta") or {}
        delta["tool_calls"] = [
            *(delta.get("tool_calls") or ()),
            *({"index": c.number, "function": {"arguments": c.told.rest()}} for c in holding),
        ]
        return True

    def _read(self, call: dict[str, Any]) -> bool:
        """Mend one part; returns whether it was changed."""
        index = call.get("index")
        number = index if isinstance(index, int) else None
        identity, name = call.get("id") or None, call["function"].get("name") or None
        found = self._found(number, identity, name)
        self._is_odd = self._is_odd or found.number != number
        call["index"] = found.number
        repeats = name is not None and name == found.name
        if repeats:
            del call["function"]["name"]
        elif name is not None:
            found.name += name
        # LangChain takes a part with another id for another call.
        renamed = found.identity is not None and identity is not None
        if renamed:
            call.pop("id", None)
        found.identity = found.identity or identity
        said = call["function"].get("arguments")
        added = found.told.added(said) if isinstance(said, str) else said
        if added != said:
            call["function"]["arguments"] = added
        found.arguments.append(str(added or ""))
        return repeats or renamed or added != said or found.number != number

    def _found(self, number: int | None, identity: Any, name: Any) -> _Call:
        """The call that a part belongs to."""
        begins = bool(identity or name)
        known = self._current.get(number)
        if number is None and begins:
            known = next((c for c in self._calls if identity and c.identity == identity), None)
        elif known is not None and identity and known.identity not in (None, identity):
            # Some servers give each part of one call a new id, and none a part without one.
            ends = self._has_bare or known.is_complete()
            known = None if name and ends else known
        if known is None:
            free = number is not None and all(call.number != number for call in self._calls)
            known = _Call(number if free and number is not None else len(self._calls))
            self._calls.append(known)
        self._current[number] = known
        return known


class _Call:
    def __init__(self, number: int) -> None:
        self.number = number
        self.identity: Any = None
        self.name = ""
        self.arguments: list[str] = []
        self.told = CallArguments()

    def is_complete(self) -> bool:
        """Whether its arguments are whole, so that another part belongs to another call."""
        last = next((part.rstrip() for part in reversed(self.arguments) if part.strip()), "}")
        if not last.endswith("}"):
            # Most parts end otherwise, which spares reading all of them again.
            return False
        try:
            json.loads("".join(self.arguments) or "{}")
        except ValueError:
            return False
        return True


def _calls_in(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of tool calls in a chunk's first choice."""
    calls = (first_delta(chunk) or {}).get("tool_calls")
    if not isinstance(calls, list):
        return []
    return [c for c in calls if isinstance(c, dict) and isinstance(c.get("function"), dict)]
