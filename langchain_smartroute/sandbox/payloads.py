"""The JSON of plain answers and of stream chunks."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_smartroute.sandbox.chat_request import ChatRequest
    from langchain_smartroute.sandbox.completion import Completion

__all__ = ["Envelope", "StreamEvent", "plain_answer", "stream_events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Fields that every chunk of an answer repeats: `id` and `created` (Unix seconds)."""

    id: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One SSE event.

    Attributes:
        data: The JSON text.
        tokens: How many answer tokens it carries.
    """

    data: str
    tokens: int = 0


def plain_answer(
    request: ChatRequest, completion: Completion, envelope: Envelope
) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(completion.content) if not completion.calls else None,
        "refusal": None,
    }
    if completion.reasoning:
        message["reasoning_content"] = "".join(completion.reasoning)
    if completion.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": "".join(call.arguments)},
            }
            for call in completion.calls
        ]
    choice = {
        "message": message,
        "logprobs": _logprobs(completion.content, request.logprobs, doubt=completion.doubt),
        "finish_reason": completion.finish_reason,
    }
    return {
        **_head(request, envelope, kind="chat.completion"),
        "choices": [{"index": index, **choice} for index in range(request.n)],
        "usage": completion.usage,
    }


def stream_events(
    request: ChatRequest, completion: Completion, envelope: Envelope
) -> Iterator[StreamEvent]:
    """The chunks of a streamed answer, the usage chunk included if it was asked for."""
    head = _head(request, envelope, kind="chat.completion.chunk")
    for index in range(request.n):
        for delta, tokens, logprobs in _deltas(request, completion):
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": None}
            yield StreamEvent(data=_chunk(head, [choice]), tokens=tokens)
        end = {
            "index": index,
            "delta": {},
            "logprobs": None,
            "finish_reason": completion.finish_reason,
        }
        yield StreamEvent(data=_chunk(head, [end]))
    if request.include_usage:
        yield StreamEvent(data=_chunk({**head, "usage": completion.usage}, []))


def _head(request: ChatRequest, envelope: Envelope, *, kind: str) -> dict[str, Any]:
    return {
        "id": envelope.id,
        "object": kind,
        "created": envelope.created,
        "model": request.model,
        "system_fingerprint": "sandbox",
    }


def _chunk(head: dict[str, Any], choices: list[dict[str, Any]]) -> str:
    return json.dumps({**head, "choices": choices}, ensure_ascii=False)


def _deltas(
    request: ChatRequest, completion: Completion
) -> Iterator[tuple[dict[str, Any], int, dict[str, Any] | None]]:
    start = None if completion.calls else ""
    yield {"role": "assistant", "content": start, "refusal": None}, 0, None
    for token in completion.reasoning:
        yield {"reasoning_content": token}, 1, None
    for position, token in enumerate(completion.content):
        token_logprobs = _logprobs(
            (token,), request.logprobs, start=position, doubt=completion.doubt
        )
        yield {"content": token}, 1, token_logprobs
    for index, call in enumerate(completion.calls):
        function = {"name": call.name, "arguments": ""}
        opening = {"index": index, "id": call.id, "type": "function", "function": function}
        yield {"tool_calls": [opening]}, 0, None
        for piece in call.arguments:
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, 1, None


def _logprobs(
    tokens: tuple[str, ...], top: int | None, *, start: int = 0, doubt: float = 0.0
) -> dict[str, Any] | None:
    """Simulated log-probabilities, determined by the token, its position and the doubt."""
    if top is None:
        return None
    content = []
    for position, token in enumerate(tokens, start):
        value = -(zlib.crc32(f"{position} {token}".encode("utf-8", "replace")) % 500) / 1000 - doubt
        ranked = [_logprob(token, value)]
        ranked += [_logprob(f"{token}~{rank}", value - 2.0 * rank) for rank in range(1, top)]
        content.append({**_logprob(token, value), "top_logprobs": ranked[:top]})
    return {"content": content, "refusal": None}


def _logprob(token: str, value: float) -> dict[str, Any]:
    return {
        "token": token,
        "logprob": round(value, 6),
        "bytes": list(token.encode("utf-8", "replace")),
    }
