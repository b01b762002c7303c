"""Reduces another model's answer to text and tool calls, which any model can read.

An answer may also hold reasoning, some of it signed or encrypted; calls and results of tools
that the provider ran itself; citations, ids in the provider's store, containers, audio. All of
this is specific to its provider. Others reject it with HTTP 400 (Anthropic an unsigned or
foreign signature, OpenAI's Responses API an unknown item), or are misled by it. So the message
is rebuilt from the parts that every provider supports.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.messages.tool import tool_call

__all__ = ["portable"]

_BESIDE = frozenset({"refusal", "name", "function_call"})
"""Keys of `additional_kwargs` that may stay; raw `tool_calls` stay only if not parsed."""

_BOUND = frozenset({"container", "output_version"})
_IMAGES = {"image": ("url", "base64", "data"), "image_url": ("image_url",)}
_CALLS = {"tool_use": ("id", "input"), "function_call": ("call_id", "arguments")}
"""Provider's block type for a call → its keys of id and arguments."""


def portable(message: AIMessage, *, answered: Container[str]) -> AIMessage:
    """Rebuild a message from its text and tool calls.

    Args:
        message: Another model's message; never changed.
        answered: Ids of the calls whose results are in the history. A call whose
            arguments could not be read is kept, without arguments, only if it is one
            of them: a result without its call is refused.

    Returns:
        The same message where there is nothing to change, else a copy. A message that
        held nothing but thoughts has empty text afterwards.
    """
    content: Any = message.content
    if not isinstance(content, str):
        content = _portable_content(content)
    calls = _calls_of(message, answered)
    changes: dict[str, Any] = {}
    if content is not message.content:
        changes["content"] = content
    if calls is not message.tool_calls or message.invalid_tool_calls:
        changes |= {"tool_calls": calls, "invalid_tool_calls": []}
    beside = message.additional_kwargs
    if beside and (kept := _portable_beside(beside, read=bool(calls))).keys() != beside.keys():
        changes["additional_kwargs"] = kept
    metadata = message.response_metadata
    if _is_bound(metadata):
        changes["response_metadata"] = {
            k: v
            for k, v in metadata.items()
            if k not in _BOUND and not (k == "id" and _is_stored(v))
        }
    return message.model_copy(update=changes) if changes else message


def _portable_content(content: Sequence[Any]) -> Any:
    blocks = [kept for block in content if (kept := _portable_block(block)) is not None]
    if not blocks:
        return ""
    same = len(blocks) == len(content)
    if same and all(new is old for new, old in zip(blocks, content, strict=True)):
        return content
    return blocks


def _portable_block(block: Any) -> Any:
    """The block in a form that every provider can read, or `None`."""
    if isinstance(block, str):
        return {"type": "text", "text": block} if block else None
    if not isinstance(block, dict):
        return None
    kind = block.get("type")
    if kind in ("text", "output_text", "refusal"):
        text = block.get("refusal" if kind == "refusal" else "text")
        if not isinstance(text, str) or not text:
            return None
        plain = {"type": "text", "text": text}
        return block if block == plain else plain
    if kind in _IMAGES and any(block.get(key) for key in (*_IMAGES[kind], "source")):
        return block
    return None


def _calls_of(message: AIMessage, answered: Container[str]) -> list[ToolCall]:
    """All tool calls of a message, also those only in its content and invalid ones."""
    calls = message.tool_calls
    known = {call["id"] for call in calls}
    found: list[ToolCall] = []
    if not isinstance(message.content, str):
        read = (_call_in(block) for block in message.content)
        found = [call for call in read if call is not None and call["id"] not in known]
        known |= {call["id"] for call in found}
    for invalid in message.invalid_tool_calls:
        name, id_ = invalid.get("name"), invalid.get("id")
        if name and id_ and id_ not in known and id_ in answered:
            found.append(tool_call(name=name, args={}, id=id_))
    return [*calls, *found] if found else calls


def _call_in(block: Any) -> ToolCall | None:
    """The call that a block in a provider's own form holds."""
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _CALLS or not block.get("name"):
        return None
    id_key, arguments_key = _CALLS[kind]
    arguments = block.get(arguments_key) or block.get("partial_json") or {}
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments = {}
    return tool_call(
        name=str(block["name"]),
        args=arguments if isinstance(arguments, dict) else {},
        id=block.get(id_key),
    )


def _portable_beside(beside: Mapping[str, Any], *, read: bool) -> dict[str, Any]:
    return {
        key: value
        for key, value in beside.items()
        if key in _BESIDE or (key == "tool_calls" and not read)
    }


def _is_bound(metadata: Mapping[str, Any]) -> bool:
    return not metadata.keys().isdisjoint(_BOUND) or _is_stored(metadata.get("id"))


def _is_stored(value: Any) -> bool:
    """Whether an id refers to an answer that OpenAI stores for later requests."""
    return isinstance(value, str) and value.startswith("resp_")
