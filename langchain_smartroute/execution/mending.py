"""Mends parts of answers that servers send in other types than OpenAI does."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["repaired"]

_DETAILS = ("completion_tokens_details", "prompt_tokens_details")


def repaired(answer: dict[str, Any], part: str) -> dict[str, Any]:
    """An answer or a chunk whose uncommon parts can be read.

    Args:
        answer: Parsed JSON; it is not changed.
        part: `message`, or `delta` in a chunk.

    Returns:
        It, without usage of the wrong type, with an empty delta where a stream ends without one,
        and with the arguments of tool calls as text.
    """
    answer = _with_readable_usage(answer)
    choices = answer.get("choices")
    if not isinstance(choices, list):
        return answer
    return {**answer, "choices": [_choice(choice, part) for choice in choices]}


def _with_readable_usage(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without a usage, or parts of one, of the wrong type."""
    usage = answer.get("usage")
    if isinstance(usage, dict):
        parts = {name: None for name in _DETAILS if not isinstance(usage.get(name), dict | None)}
        return {**answer, "usage": {**usage, **parts}} if parts else answer
    return answer if usage is None else {**answer, "usage": None}


def _choice(choice: Any, part: str) -> Any:
    if not isinstance(choice, dict):
        return choice
    value = choice.get(part)
    if value is None and part == "delta" and choice.get("finish_reason"):
        return {**choice, part: {}}
    calls = value.get("tool_calls") if isinstance(value, dict) else None
    if not isinstance(calls, list):
        return choice
    return {**choice, part: {**choice[part], "tool_calls": [_call(call) for call in calls]}}


def _call(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if not isinstance(arguments, dict):
        return call
    written = json.dumps(arguments, ensure_ascii=False)
    return {**call, "function": {**call["function"], "arguments": written}}
