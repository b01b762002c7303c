"""Renames tool call ids of other models to ids that a provider accepts.

| provider | takes |
|---|---|
| Anthropic | `^[a-zA-Z0-9_-]+$`, each call of a request another one |
| OpenAI, chat completions | up to 40 characters |
| Mistral | nine letters and digits |

Other providers create ids that break these rules: Kimi's `functions.look:0`, with a colon and a
dot; `call_0` in every turn of some local servers; Gemini's behind a proxy, with a signature of
hundreds of characters. An id that has to change is replaced by a hash of the id and its index
among equal ones, which is the same in each later turn, so that prompt caches remain valid. A
model's own ids are not changed.

Sources, read on 2026-11-27: langchain-anthropic 1.7.10 (`_TOOL_CALL_ID_PATTERN`);
OpenAI's error "string too long. Expected a string with maximum length 40";
langchain-mistralai (`TOOL_CALL_ID_PATTERN`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

__all__ = ["with_known_call_ids"]

_ANY = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_MISTRAL = re.compile(r"[a-zA-Z0-9]{9}")


def with_known_call_ids(
    messages: Sequence[BaseMessage], *, own: Collection[int], provider: str
) -> list[BaseMessage]:
    """Rename tool calls of other models and their results where the provider requires it.

    Args:
        messages: The history; never changed.
        own: Indices of the messages that the model itself wrote.
        provider: The provider that will receive the history.

    Returns:
        The same message objects where nothing has to change, copies elsewhere.
    """
    pattern = _MISTRAL if provider in ("mistral", "mistralai") else _ANY
    taken = {call["id"] for place in own for call in _calls(messages[place])}
    current: dict[str, str] = {}
    renamed: list[BaseMessage] = []
    for place, message in enumerate(messages):
        new = message
        if isinstance(message, ToolMessage):
            id_ = current.get(message.tool_call_id, message.tool_call_id)
            if id_ != message.tool_call_id:
                new = message.model_copy(update={"tool_call_id": id_})
        elif isinstance(message, AIMessage) and message.tool_calls:
            if place in own:
                current |= {call["id"]: call["id"] for call in _calls(message)}
            else:
                names = _names(message, taken, pattern)
                current |= names
                new = _renamed(message, names)
        renamed.append(new)
    return renamed


def _names(message: AIMessage, taken: set[Any], pattern: re.Pattern[str]) -> dict[str, str]:
    """Id → the id to send, for the calls of one message; both end up in `taken`."""
    names: dict[str, str] = {}
    for call in _calls(message):
        old = new = call["id"]
        place = 0
        while new in taken or pattern.fullmatch(new) is None:
            digest = hashlib.sha256(f"{place}:{old}".encode()).hexdigest()
            new = digest[:9] if pattern is _MISTRAL else f"call_{digest[:24]}"
            place += 1
        taken.add(new)
        names[old] = new
    return names


def _renamed(message: AIMessage, names: dict[str, str]) -> AIMessage:
    if all(old == new for old, new in names.items()):
        return message
    calls = [{**call, "id": names.get(call["id"] or "", call["id"])} for call in message.tool_calls]
    return message.model_copy(update={"tool_calls": calls})


def _calls(message: Any) -> list[Any]:
    return [call for call in message.tool_calls if call["id"]] if message.tool_calls else []
