"""Reads the results of candidates: messages, chunks, text and parsed objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.tool import invalid_tool_call

from langchain_smartroute.catalog import holds_anything
from langchain_smartroute.types import Caught

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "INFO_KEY",
    "arrived_of",
    "as_answer",
    "as_chunk",
    "chars_of",
    "foreign_error",
    "has_answer",
    "has_content",
    "is_finished",
    "is_last",
    "joined",
    "joined_part",
    "message_of",
    "strictly_read",
    "with_info",
]

_END_MARKS = ("finish_reason", "stop_reason", "done_reason")
"""Metadata keys of finish reasons: OpenAI-compatible providers, Anthropic, Ollama."""

_NO_ENDS = frozenset({"", "error", "network_error", "insufficient_system_resource", "abort"})
"""Finish reasons of servers that broke off: those of OpenRouter, Zhipu, DeepSeek and vLLM."""

_END_STATES = frozenset({"completed", "incomplete", "failed"})
"""Final states of an answer in OpenAI's Responses API."""

_THOUGHTS = frozenset({"text", "reasoning", "reasoning_content", "thinking", "redacted_thinking"})

INFO_KEY = "smartroute"
"""Key of the router's account in an answer's `response_metadata`."""


def as_answer(value: Any) -> Any:
    """Convert a runnable's plain text to a message; return anything else unchanged."""
    return AIMessage(content=value) if isinstance(value, str) else value


def as_chunk(value: Any) -> Any:
    """Convert a runnable's plain text to a message chunk; return anything else unchanged."""
    return AIMessageChunk(content=value) if isinstance(value, str) else value


def arrived_of(answer: Any) -> list[Any]:
    """The chunks of an answer that was too long; empty for any other."""
    return [] if answer is None else [answer]


def foreign_error(answer: Any) -> TypeError | None:
    """The error for a message that is not an assistant's, such as a user's; else `None`."""
    if not isinstance(answer, BaseMessage) or isinstance(answer, AIMessage):
        return None
    return TypeError(f"the candidate answered with a {type(answer).__name__}, not an AIMessage")


def message_of(answer: Any) -> AIMessage | None:
    """The model's message in an answer; `None` where there is only parsed output."""
    if isinstance(answer, AIMessage):
        return answer
    raw = answer.get("raw") if isinstance(answer, dict) else None
    return raw if isinstance(raw, AIMessage) else None


def has_content(answer: Any) -> bool:
    """Whether an answer or chunk has content: text, reasoning, a tool call, parsed output.

    A provider's first chunk often has only the role, which is not content.
    """
    if not isinstance(answer, BaseMessage):
        return True
    if answer.additional_kwargs.get("refusal"):
        # A refusal must reach the checks before the user.
        answer = answer.model_copy(update={"additional_kwargs": _unrefused(answer)})
    return holds_anything(answer)


def _unrefused(message: BaseMessage) -> dict[str, Any]:
    return {name: v for name, v in message.additional_kwargs.items() if name != "refusal"}


def has_answer(answer: Any) -> bool:
    """Whether a complete answer has text, a tool call or output; reasoning alone is not enough.

    Reasoning that used up the maximum output tokens leaves nothing for the user.
    """
    message = message_of(answer)
    if message is None:
        # For structured output by a tool call, a model that makes no call gives no object.
        return answer is not None
    if message.tool_calls or message.invalid_tool_calls or message.text:
        return True
    blocks = message.content if isinstance(message.content, list) else []
    kinds = {block.get("type") for block in blocks if isinstance(block, dict)}
    return bool(kinds - _THOUGHTS) or any(
        value for name, value in message.additional_kwargs.items() if name not in _THOUGHTS
    )


def is_last(chunk: Any) -> bool:
    """Whether no further chunk of the same message follows.

    A model that does not stream yields one complete message, which is its last.
    """
    message = message_of(chunk)
    if isinstance(message, AIMessageChunk):
        return message.chunk_position == "last"
    return message is not None


def is_finished(message: BaseMessage) -> bool:
    """Whether a message has a finish reason of an answer that its server completed."""
    fields = message.response_metadata
    return bool(fields) and (
        any(_is_end(fields.get(mark)) for mark in _END_MARKS) or fields.get("status") in _END_STATES
    )


def _is_end(reason: Any) -> bool:
    return reason is not None and not (isinstance(reason, str) and reason in _NO_ENDS)


def chars_of(answer: Any) -> int:
    """Number of characters of an answer or chunk: text, reasoning, arguments of tool calls."""
    message = message_of(answer)
    if message is None:
        return 0
    content = message.content
    count = len(content) if isinstance(content, str) else sum(map(_chars_of_block, content))
    if message.additional_kwargs:
        count += sum(len(v) for v in message.additional_kwargs.values() if isinstance(v, str))
    calls = getattr(message, "tool_call_chunks", None)
    if calls:
        count += sum(len(call["args"] or "") for call in calls)
    elif message.tool_calls:
        count += sum(len(str(call["args"])) for call in message.tool_calls)
    return count


def _chars_of_block(block: Any) -> int:
    if isinstance(block, str):
        return len(block)
    return sum(len(value) for value in block.values() if isinstance(value, str))


def strictly_read(message: AIMessage | None) -> AIMessage | None:
    """The message, with tool calls whose arguments do not parse marked as invalid.

    LangChain completes truncated arguments in streams, so tools would be called with incomplete
    ones.
    """
    if not isinstance(message, AIMessageChunk):
        return message
    broken = [call for call in message.tool_call_chunks if not _parses(call["args"])]
    if not broken:
        return message
    invalid = [invalid_tool_call(**{k: call[k] for k in ("name", "args", "id")}) for call in broken]
    indices = {call["index"] for call in broken}
    whole = [c for c in message.tool_call_chunks if c["index"] not in indices]
    kept = [c for c in message.tool_calls if c["id"] in {w["id"] for w in whole}]
    return AIMessage(
        content=message.content,
        tool_calls=kept,
        invalid_tool_calls=invalid,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        id=message.id,
    )


def _parses(arguments: str | None) -> bool:
    try:
        json.loads(arguments or "{}")
    except ValueError:
        return False
    return True


def joined(chunks: Sequence[Any]) -> Any:
    """The complete answer of a stream: messages are merged, and the last parsed output is taken."""
    if not chunks:
        return None
    first, *rest = chunks
    if all(isinstance(chunk, AIMessageChunk) for chunk in chunks):
        return add_ai_message_chunks(first, *rest) if rest else first
    if isinstance(first, dict) and "raw" in first:
        return _joined_raw(chunks)
    return chunks[-1]


def joined_part(chunks: Sequence[Any]) -> Any:
    """The answer of a failed stream: all of it, else what comes before the first odd chunk."""
    with Caught():
        return joined(chunks)
    part, fits, fails = None, 0, len(chunks)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        with Caught() as caught:
            part = joined(chunks[:middle])
        fits, fails = (fits, middle) if caught.error else (middle, fails)
    return part


def with_info(answer: Any, info: Mapping[str, Any]) -> Any:
    """A copy of an answer with the router's account; the original is not changed."""
    if isinstance(answer, AIMessage):
        metadata = {**answer.response_metadata, INFO_KEY: dict(info)}
        return answer.model_copy(update={"response_metadata": metadata})
    if isinstance(answer, dict) and isinstance(answer.get("raw"), AIMessage):
        # The type is kept, as streamed parts are dicts that can be added.
        return type(answer)({**answer, "raw": with_info(answer["raw"], info)})
    return answer


def _joined_raw(chunks: Sequence[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    raw = [chunk["raw"] for chunk in chunks if isinstance(chunk, dict) and "raw" in chunk]
    for chunk in chunks:
        if isinstance(chunk, dict):
            merged |= chunk
    return {**merged, "raw": joined(raw)}
