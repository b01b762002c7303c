"""Recognises the common forms of answers and chunks, which are read as plain JSON.

All others are mended, and read by the objects of `openai`'s client.
"""

from __future__ import annotations

from typing import Any

__all__ = ["is_common_answer", "is_common_chunk"]

_COUNTS = ("prompt_tokens", "completion_tokens")
_PLAIN = frozenset({int, type(None)})
_DETAILS = ("completion_tokens_details", "prompt_tokens_details")
_ROLES = ("assistant", None, "")
"""Roles of a delta, of which most have none."""
_UNCOMMON = ("audio", "function_call")
"""Parts of a message that `ChatOpenAI` reads from the client's objects."""


def is_common_chunk(chunk: Any) -> bool:
    """Whether a chunk has the common form."""
    if not isinstance(chunk, dict) or "type" in chunk or not _is_common_usage(chunk.get("usage")):
        return False
    choices = chunk.get("choices")
    return isinstance(choices, list) and all(map(_is_common_delta, choices))


def _is_common_delta(choice: Any) -> bool:
    if not isinstance(choice, dict) or choice.get("logprobs") is not None:
        return False
    delta = choice.get("delta")
    if not isinstance(delta, dict) or delta.get("role") not in _ROLES:
        return False
    if delta.get("function_call") is not None:
        return False
    return _are_common_calls(delta.get("tool_calls"), {"index", "function"}, set())


def is_common_answer(answer: dict[str, Any]) -> bool:
    """Whether a plain answer has the common form."""
    choices = answer.get("choices")
    return (
        "error" not in answer
        and isinstance(choices, list)
        and all(map(_is_common_choice, choices))
        and _is_common_usage(answer.get("usage"))
    )


def _is_common_choice(choice: Any) -> bool:
    if not isinstance(choice, dict) or choice.get("logprobs") is not None:
        return False
    message = choice.get("message")
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return False
    if "parsed" in message or any(message.get(name) is not None for name in _UNCOMMON):
        return False
    calls = message.get("tool_calls")
    return _are_common_calls(calls, {"id", "type", "function"}, {"name", "arguments"})


def _are_common_calls(calls: Any, fields: set[str], parts: set[str]) -> bool:
    """Whether all tool calls have these fields, and their functions these parts."""
    return calls is None or (
        isinstance(calls, list)
        and all(
            isinstance(call, dict)
            and fields <= call.keys()
            and isinstance(call["function"], dict)
            and parts <= call["function"].keys()
            and _are_common_arguments(call["function"].get("arguments"), whole=bool(parts))
            and call.get("type", "function") == "function"
            for call in calls
        )
    )


def _are_common_arguments(arguments: Any, *, whole: bool) -> bool:
    """Whether arguments are a text, and if they are whole, not a text within one."""
    if not isinstance(arguments, str):
        return arguments is None
    return not (whole and arguments.startswith('"'))


def _is_common_usage(usage: Any) -> bool:
    """Whether its counts are whole numbers, which the client's objects also make of texts."""
    if usage is None:
        return True
    if not isinstance(usage, dict) or not usage:
        return False
    parts = [usage.get(name) for name in _DETAILS]
    if not all(isinstance(part, dict | None) for part in parts):
        return False
    for name in _COUNTS:
        count = usage.get(name)
        if type(count) is not int or count < 0:
            return False
    counts = [usage.get("total_tokens")]
    counts += [count for part in parts if part for count in part.values()]
    return all(type(count) in _PLAIN for count in counts)
