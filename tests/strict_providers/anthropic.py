"""Anthropic's Messages API, as strict as its documentation.

Sources, read on 2026-11-27: Anthropic API reference, Messages; Tool use; Extended
thinking; Prompt caching; Errors.
"""

from __future__ import annotations

import re

from strict_providers.signing import signature

PATH = "/v1/messages"
NAME = "anthropic"
TOP = {
    "model", "messages", "max_tokens", "system", "temperature", "top_k", "top_p", "tools",
    "tool_choice", "thinking", "stop_sequences", "stream", "metadata", "service_tier",
    "output_config", "cache_control",
}  # fmt: skip
ID = re.compile(r"^[a-zA-Z0-9_-]+$")
BLOCKS = {
    "text": {"type", "text", "cache_control", "citations"},
    "image": {"type", "source", "cache_control"},
    "document": {"type", "source", "title", "context", "citations", "cache_control"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
}
ROLES = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
}


def faults(payload):
    """Everything that the API would answer 400 to."""
    found = [f"{key}: Extra inputs are not permitted" for key in payload.keys() - TOP]
    if not isinstance(payload.get("max_tokens"), int):
        found.append("max_tokens: Field required")
    messages = payload.get("messages") or []
    if not messages or messages[0]["role"] != "user":
        found.append("messages: first message must use the user role")
    system = payload.get("system")
    found += [] if system is None else _content_faults("system", system, {"text"})
    for place, message in enumerate(messages):
        where = f"messages.{place}"
        found += [f"{where}.{key}: extra" for key in message.keys() - {"role", "content"}]
        if message["role"] not in ROLES:
            found.append(f"{where}.role: Input should be 'user' or 'assistant'")
            continue
        found += _content_faults(where, message["content"], ROLES[message["role"]])
    marks = str(payload).count("'cache_control'")
    if marks > 4:
        found.append("A maximum of 4 blocks with cache_control may be provided")
    return found + _tool_faults(payload) + _pair_faults(messages) + _thinking_faults(payload)


def _content_faults(where, content, kinds):
    if isinstance(content, str):
        return [] if content.strip() else [f"{where}: text content must be non-empty"]
    if not content:
        return [f"{where}: all messages must have non-empty content"]
    found = []
    for number, block in enumerate(content):
        at = f"{where}.content.{number}"
        kind = block.get("type")
        if kind not in kinds:
            found.append(f"{at}: Input tag {kind!r} is not one of {sorted(kinds)}")
            continue
        found += [
            f"{at}.{key}: Extra inputs are not permitted" for key in block.keys() - BLOCKS[kind]
        ]
        if kind == "text" and not block["text"].strip():
            found.append(f"{at}: text content blocks must be non-empty")
        if kind == "thinking" and block.get("signature") != signature(NAME, block["thinking"]):
            found.append(f"{at}: Invalid `signature` in `thinking` block")
        if kind == "redacted_thinking" and not block["data"].startswith(f"{NAME}:"):
            found.append(f"{at}: Invalid `data` in `redacted_thinking` block")
        if kind == "tool_use" and not (ID.match(block["id"]) and isinstance(block["input"], dict)):
            found.append(f"{at}: String should match pattern, input should be an object")
        if kind == "tool_result" and not isinstance(block.get("content", ""), str):
            inner = block["content"]
            found += _content_faults(at, inner, {"text", "image", "document"}) if inner else []
    return found


def _blocks(message, kind):
    content = message["content"]
    return [] if isinstance(content, str) else [b for b in content if b.get("type") == kind]


def _pair_faults(messages):
    """Each call is answered in the next message, before anything else; ids are unique."""
    found, seen = [], set()
    for place, message in enumerate(messages):
        calls = [block["id"] for block in _blocks(message, "tool_use")]
        if len(set(calls)) < len(calls) or seen & set(calls):
            found.append(f"messages.{place}: `tool_use` ids must be unique")
        seen |= set(calls)
        following = messages[place + 1] if place + 1 < len(messages) else {"content": ""}
        results = {block["tool_use_id"] for block in _blocks(following, "tool_result")}
        if set(calls) - results:
            found.append(f"messages.{place}: `tool_use` ids without `tool_result` blocks")
        before = _blocks(messages[place - 1], "tool_use") if place else []
        known = {block["id"] for block in before}
        own = [block["tool_use_id"] for block in _blocks(message, "tool_result")]
        if set(own) - known or len(set(own)) < len(own):
            found.append(f"messages.{place}: unexpected `tool_use_id` in `tool_result` blocks")
        if own and message["content"][0]["type"] != "tool_result":
            found.append(f"messages.{place}: tool_result blocks must come first")
    return found


def _tool_faults(payload):
    found = []
    for tool in payload.get("tools") or []:
        if tool.keys() - {"name", "description", "input_schema", "cache_control", "strict"}:
            found.append("tools: Extra inputs are not permitted")
        if tool.get("input_schema", {}).get("type") != "object":
            found.append("tools.input_schema.type: Field required")
    return found


def _thinking_faults(payload):
    thinking = payload.get("thinking") or {}
    if thinking.get("type") != "enabled":
        return []
    found = []
    if not 1024 <= thinking.get("budget_tokens", 0) < payload["max_tokens"]:
        found.append("thinking.enabled.budget_tokens: out of range")
    if payload.get("temperature") not in (None, 1) or payload.get("top_k"):
        found.append("`temperature` may only be set to 1 when thinking is enabled")
    if (payload.get("tool_choice") or {}).get("type") in ("any", "tool"):
        found.append("Thinking may not be enabled when tool_choice forces tool use")
    for message in reversed(payload["messages"]):
        if message["role"] == "user" and not _blocks(message, "tool_result"):
            break
        if message["role"] == "assistant":
            content = message["content"]
            first = "text" if isinstance(content, str) else content[0]["type"]
            if first not in ("thinking", "redacted_thinking"):
                found.append(f"Expected `thinking` or `redacted_thinking`, but found `{first}`")
    return found


def answer(payload, number):
    """A thought where it is asked for, then calls of the first tool or a last word."""
    blocks = []
    if (payload.get("thinking") or {}).get("type") == "enabled":
        thought = f"thought {number}"
        blocks.append(
            {"type": "thinking", "thinking": thought, "signature": signature(NAME, thought)}
        )
        if number % 2:
            blocks.append({"type": "redacted_thinking", "data": f"{NAME}:{number}"})
    blocks.append({"type": "text", "text": f"claude says {number}"})
    reason = "end_turn"
    if payload.get("tools") and not _blocks(payload["messages"][-1], "tool_result"):
        reason = "tool_use"
        blocks += [
            {
                "type": "tool_use",
                "id": f"toolu_{number:04d}{letter}",
                "name": payload["tools"][0]["name"],
                "input": {"city": letter},
            }
            for letter in "ab"
        ]
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": payload["model"],
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 5},
    }


def events(said):
    """The same as server-sent events."""
    head = {
        **said,
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 20, "output_tokens": 0},
    }
    yield "message_start", {"message": head}
    for index, block in enumerate(said["content"]):
        for name, body in _block_events(block):
            yield name, {"index": index, **body}
    ends = {"stop_reason": said["stop_reason"], "stop_sequence": None}
    # Cumulative, as documented.
    yield "message_delta", {"delta": ends, "usage": {"input_tokens": 20, "output_tokens": 5}}
    yield "message_stop", {}


def _block_events(block):
    kind = block["type"]
    empty = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
        "redacted_thinking": {},
    }[kind]
    yield "content_block_start", {"content_block": {**block, **empty}}
    deltas = {
        "text": [{"type": "text_delta", "text": block.get("text")}],
        "thinking": [
            {"type": "thinking_delta", "thinking": block.get("thinking")},
            {"type": "signature_delta", "signature": block.get("signature")},
        ],
        "tool_use": [
            {"type": "input_json_delta", "partial_json": '{"city": "'},
            {
                "type": "input_json_delta",
                "partial_json": f'{(block.get("input") or {}).get("city")}"}}',
            },
        ],
        "redacted_thinking": [],
    }[kind]
    for delta in deltas:
        yield "content_block_delta", {"delta": delta}
    yield "content_block_stop", {}


def refusal(found):
    return {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "; ".join(found)},
    }
