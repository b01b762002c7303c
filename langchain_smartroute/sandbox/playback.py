"""An answer as a list of steps on the wire, with its fault already in it.

Deciding what is sent when is pure, and done here; `wire` only carries it out.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_PAGE = "<!doctype html><title>Gateway</title><h1>Please log in</h1>"


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes of the body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay silent for some seconds; infinity is until the server stops."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Break:
    """Drop the connection in the middle of the body."""


Step = Send | Wait | Break


def stream_steps(
    events: Iterable[StreamEvent], *, model: SandboxModel, fault: Fault | None
) -> Iterator[Step]:
    """Play a stream, in the order in which a client sees it."""
    kind = fault.kind if fault else ""
    if kind == "empty":
        return
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
    if kind != "no_done":
        yield _event("[DONE]")


_STRIKES = frozenset({"slow_first_token", "stall", "cut", "malformed_event", "error_event"})
_FATAL = frozenset({"cut", "error_event"})


def _is_due(event: StreamEvent, sent: int, fault: Fault) -> bool:
    """Whether the fault strikes before this event: at its token, or at the end of a shorter one."""
    if fault.kind == "slow_first_token":
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
    else:
        yield Wait(fault.seconds)


def _event(data: str) -> Send:
    return Send(f"data: {data}\n\n".encode("utf-8", "replace"))


def _without(data: str, kind: str) -> str:
    """The event without what the fault takes away; an empty text if nothing is left."""
    if kind == "empty_choices":
        return json.dumps({**json.loads(data), "choices": []}, ensure_ascii=False)
    if kind == "no_usage" and data.endswith('"choices": []}'):
        return ""
    return data


def plain_steps(answer: dict[str, Any], *, fault: Fault | None) -> tuple[int, list[Step]]:
    """Play an answer that is not streamed.

    Returns:
        The length of the body that is announced, and the steps.
    """
    kind = fault.kind if fault else ""
    if kind == "empty_choices":
        answer = {**answer, "choices": []}
    elif kind == "no_usage":
        answer = {key: value for key, value in answer.items() if key != "usage"}
    elif kind == "error_event" and fault:
        answer = fault_error(fault)
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
    if kind == "empty":
        body = b""
    elif kind == "malformed_event":
        body = _BROKEN_JSON.encode()
    half = len(body) // 2
    if kind == "cut":
        return len(body), [Send(body[:half]), Break()]
    if kind == "stall" and fault:
        return len(body), [Send(body[:half]), Wait(fault.seconds or math.inf), Send(body[half:])]
    if kind == "slow_first_token" and fault:
        return len(body), [Wait(fault.seconds), Send(body)]
    return len(body), [Send(body)]


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
    """What a captive portal or a login wall answers."""
    return _PAGE.encode()
