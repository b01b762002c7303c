"""Chat completions, as strict as the documentation of three providers that speak them.

They differ in what content may be, in which ids and parameters they take, and in what
becomes of `reasoning_content`.

Sources, read on 2026-11-27: OpenAI API reference, Create chat completion, and its error
for long ids; DeepSeek API docs, Create Chat Completion, Reasoning Model, Thinking Mode;
Z.AI API docs, Chat Completion.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

PATH = "/v1/chat/completions"
SHARED = {
    "model", "messages", "temperature", "top_p", "stop", "stream", "tools", "tool_choice",
    "response_format",
}  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """What one provider takes.

    `thoughts`: `unknown` (a field that is not known), `refused` (in any input), `wanted`
    (in each assistant message of a request with tools), `own` (only what it has said).
    """

    name: str
    parameters: frozenset[str]
    parts: frozenset[str]
    thoughts: str
    longest_id: int = 40
    most_stops: int = 16
    marks: frozenset[str] = frozenset()


OPENAI = Dialect(
    name="openai",
    parameters=frozenset(
        {
            *SHARED, "max_completion_tokens", "max_tokens", "stream_options", "store", "seed",
            "metadata", "user", "logprobs", "n", "parallel_tool_calls", "service_tier",
            "prompt_cache_key", "frequency_penalty", "presence_penalty", "verbosity",
        }
    ),
    parts=frozenset({"text", "image_url"}),
    thoughts="unknown",
    most_stops=4,
    marks=frozenset({"prompt_cache_breakpoint"}),
)  # fmt: skip
_DEEPSEEKS = frozenset(
    {
        *SHARED, "max_tokens", "stream_options", "logprobs", "thinking",
        # In no documentation, but langchain-deepseek sends it with every schema.
        "parallel_tool_calls",
    }
)  # fmt: skip
DEEPSEEK_CHAT = Dialect(
    name="deepseek", parameters=_DEEPSEEKS, parts=frozenset(), thoughts="refused"
)
DEEPSEEK_THINKING = Dialect(
    name="deepseek", parameters=_DEEPSEEKS, parts=frozenset(), thoughts="wanted"
)
ZHIPU = Dialect(
    name="zhipu",
    parameters=frozenset({*SHARED, "max_tokens", "stream_options", "thinking", "do_sample"}),
    parts=frozenset({"text", "image_url"}),
    thoughts="own",
    most_stops=1,
)


def faults(payload, dialect):
    """Everything that the API would answer 400 to."""
    found = [f"Unknown parameter: {key}" for key in payload.keys() - dialect.parameters]
    stops = payload.get("stop") or []
    if not isinstance(stops, str) and len(stops) > dialect.most_stops:
        found.append("stop: too many")
    messages = payload.get("messages") or []
    waiting = []
    for place, message in enumerate(messages):
        where = f"messages[{place}]"
        role = message["role"]
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                found.append(f"{where}: 'tool' must be a response to a preceding 'tool_calls'")
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            found.append(f"{where}: tool_call_ids without a response: {waiting}")
            waiting = []
        found += _message_faults(where, message, dialect)
        if role == "assistant":
            waiting = [call["id"] for call in message.get("tool_calls") or []]
            if len(set(waiting)) < len(waiting):
                found.append(f"{where}: Duplicate value for 'tool_call_id'")
    if waiting:
        found.append(f"tool_call_ids without a response: {waiting}")
    return found + _thought_faults(payload, dialect)


KEYS = {
    "system": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "refusal"},
    "tool": {"role", "content", "tool_call_id"},
}


def _message_faults(where, message, dialect):
    role, content = message["role"], message.get("content")
    if role not in KEYS:
        return [f"{where}.role: unknown"]
    allowed = KEYS[role] | ({"reasoning_content"} if dialect.thoughts != "unknown" else set())
    found = [f"Unknown parameter: {where}.{key}" for key in message.keys() - allowed]
    if content is None:
        if role != "assistant" or not message.get("tool_calls"):
            found.append(f"{where}.content: null")
    elif not isinstance(content, str):
        kinds = dialect.parts & ({"text"} if role != "user" else dialect.parts)
        for part in content:
            kind = part.get("type")
            if kind not in kinds:
                found.append(f"Invalid value: {where}.content: {kind!r}")
            elif part.keys() - {"type", kind, *dialect.marks}:
                found.append(f"Unknown parameter: {where}.content: {sorted(part)}")
        if not content:
            found.append(f"{where}.content: empty array")
    return found + _call_faults(where, message, dialect)


def _call_faults(where, message, dialect):
    found = []
    for call in message.get("tool_calls") or []:
        fits = 0 < len(call["id"]) <= dialect.longest_id
        if call.keys() != {"id", "type", "function"} or not fits:
            found.append(f"{where}.tool_calls: id {call.get('id')!r}")
        try:
            json.loads(call["function"]["arguments"])
        except ValueError:
            found.append(f"{where}.tool_calls: arguments are no JSON")
    return found


def _thought_faults(payload, dialect):
    said = [m for m in payload.get("messages") or [] if m["role"] == "assistant"]
    thoughts = [m["reasoning_content"] for m in said if m.get("reasoning_content")]
    foreign = [t for t in thoughts if not t.startswith(f"{dialect.name} thought")]
    found = [f"reasoning_content is someone else's: {foreign}"] if foreign else []
    if dialect.thoughts == "refused" and any("reasoning_content" in m for m in said):
        found.append("reasoning_content must not be in the input")
    tools = payload.get("tools") or any(m.get("tool_calls") for m in said)
    missing = any("reasoning_content" not in m for m in said)
    if dialect.thoughts == "wanted" and tools and missing:
        found.append("The `reasoning_content` in the thinking mode must be passed back to the API")
    return found


def answer(payload, number, dialect):
    """A thought, then calls of the first tool or a last word."""
    message = {"role": "assistant", "content": f"{dialect.name} says {number}"}
    if dialect.thoughts in ("wanted", "own"):
        message["reasoning_content"] = f"{dialect.name} thought {number}"
    reason = "stop"
    if payload.get("tools") and payload["messages"][-1]["role"] != "tool":
        reason = "tool_calls"
        message["content"] = None if dialect.name == "openai" else ""
        message["tool_calls"] = [
            {
                "id": call_id(dialect, number, place),
                "type": "function",
                "function": {
                    "name": payload["tools"][0]["function"]["name"],
                    "arguments": json.dumps({"city": letter}),
                },
            }
            for place, letter in enumerate("ab")
        ]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": payload["model"],
        "system_fingerprint": None,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
    }


def call_id(dialect, number, place):
    """An id in the style of the provider."""
    if dialect.name == "zhipu":
        # Counted anew in each turn, with marks that others do not take.
        return f"functions.weather:{place}"
    start = "call_" if dialect.name == "openai" else f"call_0{place}_"
    return f"{start}{number:016d}{place}"


def events(said):
    """The same in chunks."""
    choice = said["choices"][0]
    message = choice["message"]
    shared = {**said, "object": "chat.completion.chunk", "usage": None}
    deltas = [{"role": "assistant", "content": ""}]
    if message.get("reasoning_content"):
        deltas += [{"reasoning_content": part} for part in _halves(message["reasoning_content"])]
    if message["content"]:
        deltas += [{"content": part} for part in _halves(message["content"])]
    for index, call in enumerate(message.get("tool_calls") or []):
        function = call["function"]
        deltas.append(
            {"tool_calls": [{"index": index, **call, "function": {**function, "arguments": ""}}]}
        )
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in _halves(function["arguments"])
        ]
    for delta in deltas:
        yield {**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {
        **shared,
        "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}],
    }
    yield {**shared, "choices": [], "usage": said["usage"]}


def _halves(text):
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]
