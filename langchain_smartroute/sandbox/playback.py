"""Plans an answer as a list of send, wait and break steps, with its fault included.

Planning is pure and happens here; `wire` only executes the steps.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.api_error import ApiError
from langchain_smartroute.sandbox.tokens import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from langchain_smartroute.sandbox.faults import Fault
    from langchain_smartroute.sandbox.models import SandboxModel
    from langchain_smartroute.sandbox.payloads import StreamEvent

__all__ = [
    "Break",
    "Send",
    "Step",
    "Wait",
    "fault_error",
    "plain_steps",
    "stream_steps",
    "web_page",
]

_BROKEN_JSON = '{"id": "chatcmpl-broken", "choices": [{"index": 0, "del'
_EMPTY_DELTA = json.dumps(
    {
        "id": "chatcmpl-heartbeat",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "sandbox",
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}],
    }
)
_NO_CHOICES = '"choices": []}'
_PAGE = "<!doctype html><title>Gateway</title><h1>Please log in</h1>"


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes of the body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing for some seconds; infinity: until the server stops."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Break:
    """Drop the connection in the middle of the body."""


Step = Send | Wait | Break


def stream_steps(
    events: Iterable[StreamEvent], *, model: SandboxModel, fault: Fault | None
) -> Iterator[Step]:
    """Plan a stream, in the order in which a client receives it."""
    kind = fault.kind if fault else ""
    if kind == "empty":
        return iter(())
    if kind == "duplicate":
        events = _duplicated(list(events))
    steps = _played(events, model=model, fault=fault)
    return _torn(steps, fault) if fault and kind in _TORN else steps


_TORN = frozenset({"drip", "split"})
_STRIKES = frozenset(
    {
        "slow_first_token",
        "heartbeat",
        "stall",
        "cut",
        "truncate",
        "malformed_event",
        "error_event",
    }
)
_BEFORE_ANY_TOKEN = frozenset({"slow_first_token", "heartbeat"})
_FATAL = frozenset({"cut", "truncate", "error_event"})
_UNDONE = frozenset({"no_done", "hold_open"})


def _played(
    events: Iterable[StreamEvent], *, model: SandboxModel, fault: Fault | None
) -> Iterator[Step]:
    kind = fault.kind if fault else ""
    sent = 0
    strikes = fault is not None and kind in _STRIKES
    for event in events:
        if fault and strikes and _is_due(event, sent, fault):
            strikes = False
            yield from _strike(fault)
            if kind in _FATAL:
                return
        if model.tokens_per_s and event.tokens:
            yield Wait(event.tokens / model.tokens_per_s)
        data = _without(event.data, kind)
        if data:
            yield _event(data)
        sent += event.tokens
    if fault and kind == "hold_open":
        yield Wait(fault.seconds or math.inf)
    if kind not in _UNDONE:
        yield _event("[DONE]")


def _is_due(event: StreamEvent, sent: int, fault: Fault) -> bool:
    """Whether the fault occurs before this event: at its token, or at a shorter stream's end."""
    if fault.kind in _BEFORE_ANY_TOKEN:
        return event.tokens > 0
    ends = '"finish_reason": null' not in event.data
    return ends or (event.tokens > 0 and sent >= fault.after_tokens)


def _strike(fault: Fault) -> Iterator[Step]:
    if fault.kind == "cut":
        yield Break()
    elif fault.kind == "malformed_event":
        yield _event(_BROKEN_JSON)
    elif fault.kind == "error_event":
        yield _event(json.dumps(fault_error(fault)))
    elif fault.kind == "stall":
        yield Wait(fault.seconds or math.inf)
    elif fault.kind == "slow_first_token":
        yield Wait(fault.seconds)
    elif fault.kind == "heartbeat":
        yield from _heartbeats(fault, b": still here\n\n", _event(_EMPTY_DELTA).data)


def _heartbeats(fault: Fault, *signs: bytes) -> Iterator[Step]:
    """The keep-alive signals, finite or endless."""
    for number in range(fault.amount) if fault.amount else itertools.count():
        yield Wait(fault.seconds)
        yield Send(signs[number % len(signs)])


def _event(data: str) -> Send:
    return Send(f"data: {data}\n\n".encode("utf-8", "replace"))


def _without(data: str, kind: str) -> str:
    """The event without the fields that the fault removes; an empty text if nothing is left."""
    if kind == "empty_choices":
        return json.dumps({**json.loads(data), "choices": []}, ensure_ascii=False)
    if kind == "no_usage" and data.endswith(_NO_CHOICES):
        return ""
    return data


def _duplicated(events: Sequence[StreamEvent]) -> Iterator[StreamEvent]:
    """The events with cumulative usage in each, and the final ones twice."""
    usage: dict[str, Any] | None = json.loads(events[-1].data).get("usage")
    sent = 0
    for event in events:
        sent += event.tokens
        chunk = json.loads(event.data)
        if usage is not None:
            total = usage["prompt_tokens"] + sent
            chunk["usage"] = {**usage, "completion_tokens": sent, "total_tokens": total}
        changed = replace(event, data=json.dumps(chunk, ensure_ascii=False))
        yield changed
        if '"finish_reason": null' not in event.data:
            yield changed


def _torn(steps: Iterable[Step], fault: Fault) -> Iterator[Step]:
    """The same bytes, sent one at a time."""
    for step in steps:
        if not isinstance(step, Send):
            yield step
            continue
        for byte in step.data:
            if fault.kind == "drip":
                yield Wait(fault.seconds)
            yield Send(bytes([byte]))


def plain_steps(
    answer: dict[str, Any], *, fault: Fault | None
) -> tuple[int | None, Iterable[Step]]:
    """Plan an answer that is not streamed.

    Returns:
        The announced length of the body (`None`: not announced), and the steps.
    """
    kind = fault.kind if fault else ""
    body = _plain_body(answer, fault)
    half = len(body) // 2
    steps: list[Step] = [Send(body)]
    if kind == "cut":
        steps = [Send(body[:half]), Break()]
    elif kind == "stall" and fault:
        steps = [Send(body[:half]), Wait(fault.seconds or math.inf), Send(body[half:])]
    elif kind == "slow_first_token" and fault:
        steps = [Wait(fault.seconds), Send(body)]
    elif kind == "heartbeat" and fault:
        return None, itertools.chain(_heartbeats(fault, b"\n"), steps)
    elif kind in _TORN and fault:
        return len(body), _torn(steps, fault)
    return len(body), steps


def _plain_body(answer: dict[str, Any], fault: Fault | None) -> bytes:
    kind = fault.kind if fault else ""
    if kind == "empty":
        return b""
    if kind == "malformed_event":
        return _BROKEN_JSON.encode()
    if kind == "empty_choices":
        answer = {**answer, "choices": []}
    elif kind == "no_usage":
        answer = {key: value for key, value in answer.items() if key != "usage"}
    elif kind == "truncate" and fault:
        answer = _truncated(answer, fault.after_tokens)
    elif kind == "error_event" and fault:
        answer = fault_error(fault)
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


def _truncated(answer: dict[str, Any], tokens: int) -> dict[str, Any]:
    """A plain answer without finish reason, as if the model had been interrupted."""

    def first(text: str) -> str:
        return "".join(pieces(text)[:tokens])

    choices = []
    for choice in answer["choices"]:
        message = dict(choice["message"])
        if message["content"] is not None:
            message["content"] = first(message["content"])
        for call in message.get("tool_calls", ()):
            call["function"]["arguments"] = first(call["function"]["arguments"])
        choices.append({**choice, "message": message, "finish_reason": None})
    return {**answer, "choices": choices}


def fault_error(fault: Fault) -> dict[str, Any]:
    """The error object of a fault."""
    kind = "server_error" if fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
    if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "requests"
    error = ApiError(
        fault.status, fault.message, type=kind or "invalid_request_error", code=fault.code
    )
    return error.payload()


def web_page() -> bytes:
    """The web page of a captive portal or a login wall."""
    return _PAGE.encode()
