"""Errors inside answers with status 200, as gateways send them, in the one form of OpenAI.

A gateway that has begun its answer, or that forwards another's, can no longer say an error by
its status. The forms: vLLM's `{"object": "error", "message": …}`, one-api's
`{"success": false, "message": …}`, FastAPI's `detail`, MiniMax's `base_resp`, Bedrock's
`{"Output": {"__type": …}}`, and texts or lists in the place of OpenAI's object. The client of
`openai` passes them on as chunks without content, so that half an answer looked complete.
"""

from __future__ import annotations

from typing import Any

__all__ = ["error_in", "streamed_form"]

_CONTENT = ("choices", "usage", "chunk")
"""Fields of an answer or chunk, which is no error if it has one of them."""
_TEXTS = ("message", "msg", "detail", "Message", "status_msg")


def error_in(answer: Any) -> dict[str, Any] | None:
    """The error that an answer or a chunk of one consists of.

    Args:
        answer: Parsed JSON.

    Returns:
        OpenAI's form, with `message`, and `code` and `type` where told; `None` for all that may
        be a part of an answer.
    """
    if not isinstance(answer, dict):
        return None
    found = _first(answer.get("error"))
    if found is None and not any(answer.get(name) for name in _CONTENT):
        found = _beside(answer)
    if not isinstance(found, dict):
        return None if found is None else {"message": str(found)}
    texts = (found.get(name) for name in _TEXTS)
    message = next((t for t in texts if isinstance(t, str) and t), None) or str(found)
    return {**found, "message": message}


def _first(errors: Any) -> Any:
    """The first of several errors; `None`: there is none."""
    return next(iter(errors), None) if isinstance(errors, list) else errors or None


def _beside(answer: dict[str, Any]) -> Any:
    """An error in other fields of an answer without content."""
    inner = answer.get("base_resp")
    if isinstance(inner, dict):
        code = inner.get("status_code")
        return {**inner, "code": code} if code else None
    output = answer.get("Output")
    fields = output if isinstance(output, dict) else answer
    if "__type" in fields:
        # A class of AWS, such as `com.amazon.coral.service#ThrottlingException`.
        kind = str(fields["__type"]).rpartition("#")[2]
        return {"type": kind, "message": fields.get("message") or fields.get("Message") or kind}
    if answer.get("object") == "error" or answer.get("success") is False:
        return answer
    if answer.get("errors"):
        return _first(answer["errors"])
    # An event of another type may say that its request waits in a queue.
    named = "error" in str(answer.get("type") or "error").lower()
    return answer if named and any(answer.get(name) for name in _TEXTS[:4]) else None


def streamed_form(answer: Any) -> dict[str, Any] | None:
    """A whole answer as a stream's only chunk, from a server that does not stream.

    Args:
        answer: Parsed JSON.

    Returns:
        The chunk, or the error in it; `None` for all else.
    """
    error = error_in(answer)
    if error is not None:
        return {"error": error}
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not all(map(_is_choice, choices)):
        return None
    return {**answer, "object": "chat.completion.chunk", "choices": [_delta(c) for c in choices]}


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, dict) and isinstance(choice.get("message"), dict)


def _delta(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice whose message is a delta; its tool calls are numbered."""
    rest, delta = {**choice}, {**choice["message"]}
    del rest["message"]
    calls = delta.get("tool_calls")
    if isinstance(calls, list):
        delta["tool_calls"] = [
            {"index": number, **call} if isinstance(call, dict) else call
            for number, call in enumerate(calls)
        ]
    return {**rest, "delta": delta}
