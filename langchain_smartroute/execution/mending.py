"""Mends parts of answers that servers send in other types than OpenAI does."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from langchain_smartroute.execution.halves import without_halves

__all__ = ["keep_refusal", "mend_object", "repaired"]

_COUNTS = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
"""OpenAI's names of the two counts → those of Anthropic, which some gateways keep."""
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")
_DETAILS = ("completion_tokens_details", "prompt_tokens_details")


def repaired(answer: dict[str, Any], part: str) -> dict[str, Any]:
    """An answer or a chunk whose uncommon parts can be read.

    Args:
        answer: Parsed JSON; it is not changed.
        part: `message`, or `delta` in a chunk.

    Returns:
        It, with usage of whole numbers or none, with an empty delta where a stream ends without
        one, the assistant's role, and the arguments of tool calls as text.
    """
    answer = _with_readable_usage(answer)
    choices = answer.get("choices")
    if not isinstance(choices, list):
        return answer
    return {**answer, "choices": [_choice(choice, part) for choice in choices]}


def keep_refusal(beside: dict[str, Any], refusal: Any) -> None:
    """Note a refusal in `additional_kwargs`, as `ChatOpenAI` drops that of a stream."""
    if isinstance(refusal, str) and refusal:
        beside["refusal"] = refusal


def mend_object(answer: Any) -> None:
    """Do the same to an object of `openai`'s client, which it made of a plain answer or a stream.

    Of a stream the role is that of all chunks, joined.

    Args:
        answer: A chat completion; it is changed.
    """
    for choice in answer.choices or ():
        message = getattr(choice, "message", None)
        if message is None:
            continue
        if getattr(message, "role", None) != "assistant":
            message.role = "assistant"
        for call in getattr(message, "tool_calls", None) or ():
            function = getattr(call, "function", None)
            if function is not None:
                function.arguments = _written_once(function.arguments)
    usage = getattr(answer, "usage", None)
    if usage is None:
        return
    told = usage if isinstance(usage, dict) else usage.model_dump(warnings=False)
    sound = _usage(told)
    if sound != told:
        answer.usage = None if sound is None else type(usage).model_construct(**sound)


def _with_readable_usage(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without a usage, or parts of one, that cannot be read."""
    usage = answer.get("usage")
    if usage is None:
        return answer
    return {**answer, "usage": _usage(usage) if isinstance(usage, dict) else None}


def _usage(usage: dict[str, Any]) -> dict[str, Any] | None:
    """A usage of whole numbers; `None` if one of its two counts is none."""
    found = {**usage}
    for name, other in _COUNTS.items():
        count = usage.get(name)
        # Anthropic counts what it read from its cache beside the input.
        if count is None and not any(usage.get(part) for part in _CACHED):
            count = usage.get(other)
        if count is None:
            continue
        found[name] = _whole(count)
        if found[name] is None:
            return None
    if "total_tokens" in usage:
        found["total_tokens"] = _whole(usage["total_tokens"])
    for name in found.keys() & set(_DETAILS):
        details = usage[name]
        sound = isinstance(details, dict)
        found[name] = {k: _whole(count) for k, count in details.items()} if sound else None
    return found


def _whole(count: Any) -> int | None:
    """A count as a whole number, also where it is sent as a text; `None` if it is none."""
    try:
        number = float(count)
    except (TypeError, ValueError, OverflowError):
        return None
    sound = not isinstance(count, bool) and number >= 0 and number.is_integer()
    return int(number) if sound else None


def _choice(choice: Any, part: str) -> Any:
    if not isinstance(choice, dict):
        return choice
    content = choice.get(part)
    if part == "delta" and (content == [] or (content is None and choice.get("finish_reason"))):
        # In PHP an empty object is an empty list.
        return {**choice, part: {}}
    if not isinstance(content, dict):
        return choice
    content = {**without_halves(content), "role": "assistant"}
    calls = content.get("tool_calls")
    if isinstance(calls, list):
        content["tool_calls"] = [_call(call, part) for call in calls]
    return {**choice, part: content}


def _call(call: Any, part: str) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return call
    arguments = function.get("arguments")
    # A later part may well be a text in the arguments, which is JSON by chance.
    is_middle = part == "delta" and isinstance(arguments, str) and not function.get("name")
    written = arguments if is_middle else _written_once(arguments)
    if written == arguments:
        return call
    return {**call, "function": {**call["function"], "arguments": written}}


def _written_once(arguments: Any) -> Any:
    """Arguments as JSON, where a server sends them as an object or writes their JSON as one."""
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False)
    if isinstance(arguments, str) and arguments.startswith('"'):
        with suppress(ValueError):
            inner = json.loads(arguments)
            if isinstance(inner, str) and isinstance(json.loads(inner), dict):
                return inner
    return arguments
