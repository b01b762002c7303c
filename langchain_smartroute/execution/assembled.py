"""Puts a stream together that came in the place of a plain answer.

Some servers always stream, whatever they are asked for.
"""

from __future__ import annotations

import json
from typing import Any

from langchain_smartroute.execution.done import EventDecoder
from langchain_smartroute.execution.events import first_choice
from langchain_smartroute.execution.unsaid import StreamEnd

__all__ = ["assembled"]

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def assembled(text: str) -> dict[str, Any] | None:
    """The plain answer that a stream's events make up.

    Args:
        text: The whole stream.

    Returns:
        The answer, without a field `finish_reason` if only `[DONE]` says that it is whole; with
        an `error` if there is one; `None`: the text has no events of a chat completion.
    """
    end = StreamEnd()
    with end.listening():
        chunks = _chunks(text, EventDecoder())
    if not chunks:
        return None
    error = next((chunk["error"] for chunk in chunks if chunk.get("error")), None)
    usages = [chunk["usage"] for chunk in chunks if isinstance(chunk.get("usage"), dict)]
    usage = usages[-1] if usages else None
    choices = [choice for chunk in chunks if (choice := first_choice(chunk)) is not None]
    if error is not None:
        return {"error": error, "choices": choices, "usage": usage}
    reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    whole: dict[str, Any] = {"index": 0, "message": _message(choices)}
    if reasons or not end.is_done:
        whole["finish_reason"] = reasons[0] if reasons else None
    return {**chunks[0], "object": "chat.completion", "choices": [whole], "usage": usage}


def _chunks(text: str, decoder: EventDecoder) -> list[dict[str, Any]]:
    found = []
    for event in decoder.iter_bytes(iter([text.encode("utf-8", "replace")])):
        try:
            data = json.loads(event.data)
        except ValueError:
            continue
        if isinstance(data, dict) and (data.get("error") or "choices" in data):
            found.append(data)
    return found


def _message(choices: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls: dict[Any, dict[str, Any]] = {}
    for choice in choices:
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            continue
        for name in _TEXTS:
            if isinstance(delta.get(name), str):
                message[name] = (message.get(name) or "") + delta[name]
        parts = delta.get("tool_calls")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and isinstance(part.get("function"), dict):
                _add(calls.setdefault(part.get("index"), _call()), part)
    if calls:
        message["tool_calls"] = list(calls.values())
    return message


def _call() -> dict[str, Any]:
    return {"id": None, "type": "function", "function": {"name": "", "arguments": ""}}


def _add(call: dict[str, Any], part: dict[str, Any]) -> None:
    call["id"] = call["id"] or part.get("id")
    for name, text in call["function"].items():
        call["function"][name] = text + (part["function"].get(name) or "")
