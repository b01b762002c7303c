"""Handles one request: parses, validates, answers and records it."""

from __future__ import annotations

import hmac
import json
import math
import time
import uuid
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.api_error import ApiError
from langchain_smartroute.sandbox.chat_request import parse_request
from langchain_smartroute.sandbox.completion import complete, distorted
from langchain_smartroute.sandbox.payloads import Envelope, plain_answer, stream_events
from langchain_smartroute.sandbox.playback import fault_error, plain_steps, stream_steps, web_page
from langchain_smartroute.sandbox.validation import validate
from langchain_smartroute.sandbox.wire import Disconnected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.sandbox.chat_request import ChatRequest
    from langchain_smartroute.sandbox.faults import Fault
    from langchain_smartroute.sandbox.models import SandboxModel
    from langchain_smartroute.sandbox.state import SandboxState
    from langchain_smartroute.sandbox.wire import Wire

__all__ = ["Exchange"]

_JSON = {"Content-Type": "application/json"}
_SSE = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}


class Exchange:
    """Answers one request on a connection and updates its record.

    Args:
        state: State shared by the sandbox's connections.
        wire: The connection to answer on.
        record: Number of the request's record in the log.
    """

    def __init__(self, state: SandboxState, wire: Wire, record: int) -> None:
        self._state = state
        self._wire = wire
        self._record = record

    def run(self, method: str, path: str, *, key: str, raw: bytes) -> None:
        """Answer the request.

        Raises:
            Disconnected: If the connection has ended.
        """
        try:
            self._route(f"{method} {path}", key=key, raw=raw)
        except ApiError as error:
            self._answer(error.status, error.payload())

    def refuse(self, error: ApiError) -> None:
        """Answer a request that could not be parsed."""
        self._answer(error.status, error.payload())

    def _route(self, what: str, *, key: str, raw: bytes) -> None:
        if what == "GET /health":
            self._answer(200, {"status": "ok"})
            return
        self._authorise(key)
        if what == "GET /v1/models":
            self._answer(200, self._model_list())
        elif what == "POST /v1/chat/completions":
            self._chat(_json_object(raw))
        else:
            raise ApiError(404, f"Invalid URL ({what})", code="unknown_url")

    def _authorise(self, key: str) -> None:
        expected = self._state.api_key
        if expected is None or hmac.compare_digest(key.encode(), expected.encode()):
            return
        raise ApiError(
            401,
            "Incorrect API key provided. This sandbox was started with another one.",
            code="invalid_api_key",
        )

    def _model_list(self) -> dict[str, Any]:
        names = self._state.models or {}
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in names
        ]
        return {"object": "list", "data": data}

    def _chat(self, body: dict[str, Any]) -> None:
        name = body.get("model")
        stream = body.get("stream") is True
        known = name if isinstance(name, str) else None
        self._state.log.change(self._record, model=known, stream=stream, body=body)
        if not isinstance(name, str) or not name:
            raise ApiError(400, "you must provide a model parameter", param="model")
        model = self._state.find(name)
        if model is None:
            raise ApiError(
                404,
                f"The model `{name}` does not exist or you do not have access to it.",
                code="model_not_found",
            )
        fault = self._state.faults.take(name)
        if fault is not None:
            self._state.log.change(self._record, fault=fault.kind)
            if self._fail_early(fault):
                return
        request = parse_request(body)
        validate(request, model)
        if fault and fault.kind == "reject_prefill" and request.messages[-1].role == "assistant":
            raise ApiError(400, "The last message must not be one of the assistant.")
        self._wire.wait(model.latency_s)
        self._play(request, model, fault)

    def _fail_early(self, fault: Fault) -> bool:
        """Apply a fault that replaces the answer; returns whether the fault was of that kind."""
        if fault.kind == "status":
            headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            if fault.body is not None:
                self._answer_bytes(fault.status, {**_HTML, **headers}, fault.body.encode())
            else:
                self._answer(fault.status, fault_error(fault), headers)
        elif fault.kind == "redirect":
            self._answer(307, {}, {"Location": fault.location or ""})
        elif fault.kind == "html":
            self._answer_bytes(200, _HTML, web_page())
        elif fault.kind == "reset":
            self._wire.reset()
        elif fault.kind == "hang":
            self._wire.wait(fault.seconds or math.inf)
            raise Disconnected(by_client=False)
        else:
            return False
        return True

    def _play(self, request: ChatRequest, model: SandboxModel, fault: Fault | None) -> None:
        cached = self._state.cache.read(model.name, request.messages)
        completion = complete(request, model, cached_tokens=cached)
        if fault is not None:
            completion = distorted(completion, fault)
        envelope = Envelope(id=f"chatcmpl-{uuid.uuid4().hex}", created=int(time.time()))
        self._state.log.change(self._record, status=200)
        if request.stream:
            events = stream_events(request, completion, envelope)
            self._wire.play(_SSE, stream_steps(events, model=model, fault=fault))
        else:
            answer = plain_answer(request, completion, envelope)
            length, steps = plain_steps(answer, fault=fault)
            self._wire.play(_JSON, steps, length=length)

    def _answer(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        self._answer_bytes(status, {**_JSON, **(headers or {})}, json.dumps(body).encode())

    def _answer_bytes(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._state.log.change(self._record, status=status)
        self._wire.answer(status, headers, body)


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ApiError(
            400, "We could not parse the JSON body of your request. It is not valid JSON."
        ) from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body of a request must be a JSON object.")
    return body
