"""Ollama's own chat API, as strict as its documentation.

Source, read on 2026-11-27: Ollama API documentation, "Generate a chat completion". An
answer comes in lines of JSON, each with a piece of the message; the last one says why it
ended and counts tokens. Arguments of tool calls are objects, not text.
"""

from __future__ import annotations

PATH = "/api/chat"
KNOWN = {
    "model", "messages", "tools", "think", "format", "options", "stream", "keep_alive",
    "logprobs", "top_logprobs",
}  # fmt: skip
KEYS = {"role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id"}
ROLES = {"system", "user", "assistant", "tool"}
SHARED = {"created_at": "2026-11-27T12:00:00.000000Z"}


def faults(payload):
    """Everything that the API would refuse."""
    found = [f"unknown field {key!r}" for key in sorted(payload.keys() - KNOWN)]
    if not payload.get("model"):
        found.append("model is required")
    for place, message in enumerate(payload.get("messages") or []):
        where = f"messages[{place}]"
        found += [f"{where}: unknown field {key!r}" for key in sorted(message.keys() - KEYS)]
        if message.get("role") not in ROLES:
            found.append(f"{where}: invalid role: {message.get('role')}")
        if not isinstance(message.get("content", ""), str):
            found.append(f"{where}: json: cannot unmarshal into field content of type string")
        for call in message.get("tool_calls") or []:
            if not isinstance(call["function"].get("arguments"), dict):
                found.append(f"{where}: json: cannot unmarshal arguments")
    return found


def answer(payload, number):
    """A call of the first tool, or words."""
    message = {"role": "assistant", "content": f"ollama says {number}"}
    if payload.get("tools") and payload["messages"][-1]["role"] != "tool":
        name = payload["tools"][0]["function"]["name"]
        call = {"function": {"name": name, "arguments": {"city": "a"}}}
        message = {"role": "assistant", "content": "", "tool_calls": [call]}
    counts = {"prompt_eval_count": 20, "eval_count": 5}
    times = dict.fromkeys(
        ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"), 1000
    )
    end = {"done": True, "done_reason": "stop", **times, **counts}
    return {"model": payload["model"], **SHARED, "message": message, **end}


def events(said):
    """The same in lines."""
    shared = {"model": said["model"], **SHARED, "done": False}
    message = said["message"]
    middle = len(message["content"]) // 2
    for part in filter(None, (message["content"][:middle], message["content"][middle:])):
        yield {**shared, "message": {"role": "assistant", "content": part}}
    if message.get("tool_calls"):
        yield {**shared, "message": message}
    yield {**said, "message": {"role": "assistant", "content": ""}}


def refusal(found):
    """As Ollama says it."""
    return {"error": "; ".join(found)}
