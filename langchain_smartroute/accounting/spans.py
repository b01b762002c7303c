"""Exports requests as OpenTelemetry spans, with a child span per attempt.

Attributes follow the semantic conventions for generative AI (operation `chat`, span
kind CLIENT; read on 2026-11-27, opentelemetry-semantic-conventions 0.66b). They do not define
routers or cost: this package's attributes are named `smartroute.…`, with money as exact
strings. A request's span has no `gen_ai` attributes, so that a backend that sums usage counts
each attempt once. No span contains text of a prompt, an answer or an error.

An attempt's span is the current span while its candidate is called and while a chunk of its
stream is read, so that spans of an instrumented HTTP client are its children; it is not current
between two chunks, where the caller's own code runs. The outcome of an attempt is known at the
end of its request, so spans are closed then, with the end time of their attempt.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult

from langchain_smartroute import tracing
from langchain_smartroute.accounting.genai import (
    answer_attributes,
    attempt_attributes,
    decision_attributes,
    parameter_attributes,
    request_attributes,
    sum_of_usages,
    usage_attributes,
)
from langchain_smartroute.catalog import messages_in, usage_of
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Attempt, Usage, new_lock

try:
    from opentelemetry import trace
except ImportError as error:
    raise ConfigurationError(
        'spans need OpenTelemetry: pip install "langchain-smartroute[otel]"'
    ) from error

__all__ = ["OpenTelemetrySpans"]

_SCOPE = "langchain_smartroute"
_NS = 1_000_000_000


@dataclass(slots=True)
class _Try:
    """The span of one attempt, whether its request attributes are set, and its end time."""

    span: trace.Span
    asked: bool = False
    usage: Usage = field(default_factory=Usage)
    ended_ns: int | None = None


@dataclass(slots=True)
class _Request:
    """The span of one request, and its attempts' spans by index."""

    span: trace.Span
    run_id: UUID
    started_ns: int
    tries: dict[int, _Try] = field(default_factory=dict)


class OpenTelemetrySpans(BaseCallbackHandler):
    """Creates spans of a router's requests and attempts; attach it like any callback handler.

    A span's parent is the current span of the caller; inside another router's attempt, the span
    of that router's request.

    Args:
        tracer_provider: The tracer provider; `None`: the global one.

    Raises:
        ConfigurationError: If the package `opentelemetry-api` is missing.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.accounting.spans import OpenTelemetrySpans
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(
        ...         base_url=server.base_url, callbacks=[OpenTelemetrySpans()]
        ...     )
        ...     answer = router.invoke("Hello!")
    """

    # Run in the caller's thread and context, to find the current span.
    run_inline = True
    ignore_agent = True
    ignore_retriever = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(self, tracer_provider: trace.TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        self._lock = new_lock()
        self._requests: dict[str, _Request] = {}
        self._runs: dict[UUID, tuple[str, int]] = {}

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Start the span of a request."""
        found = metadata or {}
        decision_id = found.get(tracing.DECISION_KEY)
        if (
            decision_id is None
            or not tracing.is_request_run(found)
            or decision_id in self._requests
        ):
            return
        now = time.time_ns()
        span = self._tracer.start_span(
            f"route {found.get('smartroute_task')}",
            context=self._around(found),
            start_time=now,
            attributes=decision_attributes(found),
        )
        with self._lock:
            self._requests[decision_id] = _Request(span, run_id, now)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **details: Any,
    ) -> None:
        """Set the request attributes of an attempt by its first model run."""
        found = metadata or {}
        request = self._requests.get(found.get(tracing.DECISION_KEY, ""))
        if request is None or not tracing.is_attempt_run(found):
            return
        number = found[tracing.ATTEMPT_KEY]
        with self._lock:
            self._runs[run_id] = (found[tracing.DECISION_KEY], number)
            opened = request.tries.get(number)
            if opened is None or opened.asked:
                return
            opened.asked = True
        attributes = dict(parameter_attributes(found, details.get("invocation_params") or {}))
        _set(opened.span, attributes.items())
        opened.span.update_name(f"chat {attributes['gen_ai.request.model']}")

    def around_attempt(self, metadata: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """Make an attempt's span current, so that spans of its HTTP client are its children."""
        request = self._requests.get(metadata.get(tracing.DECISION_KEY, ""))
        if request is None or not tracing.is_attempt_run(metadata):
            return nullcontext()
        number = metadata[tracing.ATTEMPT_KEY]
        with self._lock:
            opened = request.tries.get(number)
            if opened is None:
                named = {"gen_ai.request.model": str(metadata.get(tracing.API_MODEL_KEY))}
                opened = self._open(request, metadata, named, time.time_ns())
                request.tries[number] = opened
        return trace.use_span(
            opened.span,
            end_on_exit=False,
            record_exception=False,
            set_status_on_exception=False,
        )

    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **details: Any,
    ) -> None:
        """The same with a text completion."""
        self.on_chat_model_start(serialized, prompts, run_id=run_id, metadata=metadata, **details)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """Set the response attributes of a model run."""
        found = self._try_of(run_id)
        if found is not None:
            found.ended_ns = time.time_ns()
            for message in messages_in(response):
                usage = usage_of(message)
                _set(found.span, answer_attributes(message))
                if usage is not None:
                    found.usage = sum_of_usages(found.usage, usage)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Record a failed model run, without the error's text, which may repeat the prompt."""
        found = self._try_of(run_id)
        if found is not None:
            found.ended_ns = time.time_ns()
            found.span.set_attribute("error.type", type(error).__qualname__)

    def on_settled(self, decision_id: str, attempts: Sequence[Attempt]) -> None:
        """End the spans of a request's attempts, whose outcomes are known now."""
        request = self._requests.get(decision_id)
        if request is None:
            return
        begun = request.started_ns
        for number, attempt in enumerate(attempts):
            ended = begun + int(attempt.latency_s * _NS)
            found = request.tries.pop(number, None)
            if found is None:
                # The attempt had no model run: it was refused before, or timed out.
                named = {"gen_ai.request.model": attempt.model}
                found = self._open(request, {}, named, begun)
            _close(found, attempt, number, ended_ns=found.ended_ns or ended)
            begun = found.ended_ns or ended
        _set(request.span, request_attributes(attempts))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """End the span of a request."""
        self._end(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the span of a failed request."""
        self._end(run_id, error)

    def _around(self, metadata: Mapping[str, Any]) -> Any:
        """The context of the outer router's request; `None`: the current context."""
        outer = self._requests.get(tracing.request_of(metadata) or "")
        return None if outer is None else trace.set_span_in_context(outer.span)

    def _open(
        self,
        request: _Request,
        metadata: Mapping[str, Any],
        attributes: dict[str, Any],
        start_ns: int,
    ) -> _Try:
        model = attributes["gen_ai.request.model"]
        attributes["gen_ai.operation.name"] = "chat"
        attributes["smartroute.model"] = metadata.get(tracing.MODEL_KEY) or model
        span = self._tracer.start_span(
            f"chat {model}",
            context=trace.set_span_in_context(request.span),
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=start_ns,
        )
        return _Try(span)

    def _try_of(self, run_id: UUID) -> _Try | None:
        with self._lock:
            decision_id, number = self._runs.pop(run_id, ("", 0))
        request = self._requests.get(decision_id)
        return None if request is None else request.tries.get(number)

    def _end(self, run_id: UUID, error: BaseException | None) -> None:
        with self._lock:
            found = [key for key, held in self._requests.items() if held.run_id == run_id]
            requests = [self._requests.pop(key) for key in found]
        for request in requests:
            if error is not None:
                _fail(request.span, type(error).__qualname__)
            request.span.end()


def _close(found: _Try, attempt: Attempt, number: int, *, ended_ns: int) -> None:
    span = found.span
    if found.usage.total_tokens:
        _set(span, usage_attributes(found.usage))
    _set(span, attempt_attributes(attempt, number))
    if attempt.outcome in ("failed", "cancelled"):
        _fail(span, None if attempt.status is None else str(attempt.status), attempt.outcome)
    span.end(end_time=ended_ns)


def _fail(span: trace.Span, kind: str | None, outcome: str = "") -> None:
    attributes: Any = getattr(span, "attributes", None) or {}
    if kind is not None or "error.type" not in attributes:
        span.set_attribute("error.type", kind or outcome)
    span.set_status(trace.StatusCode.ERROR)


def _set(span: trace.Span, attributes: Any) -> None:
    for name, value in attributes:
        span.set_attribute(name, value)
