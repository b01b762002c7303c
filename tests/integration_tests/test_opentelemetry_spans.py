"""The real OpenTelemetry SDK: one span a request, one an attempt, in memory and over OTLP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from receivers import Receiver

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.accounting.spans import OpenTelemetrySpans
from langchain_smartroute.sandbox import Fault, SandboxModel, SandboxServer
from langchain_smartroute.testing import ScriptedChatModel

MODES = ["invoke", "ainvoke", "stream", "astream"]
SECRET = "the word that nobody may see"


@pytest.fixture
def kept():
    return InMemorySpanExporter()


@pytest.fixture
def provider(kept):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield provider
    provider.shutdown()


@pytest.fixture
def sandbox():
    names = ("glm-4-flash", "deepseek-chat", "deepseek-v4-pro", "gpt-4o", "gpt-4o-mini", "glm-5.1")
    with SandboxServer(models=[SandboxModel(name=name) for name in names]) as server:
        yield server


def router_on(sandbox, provider, **settings):
    spans = OpenTelemetrySpans(provider)
    return SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, callbacks=[spans], api_key="sk-hidden", **settings
    )


async def called(router, question, config, mode):
    if mode == "invoke":
        router.invoke(question, config)
    elif mode == "ainvoke":
        await router.ainvoke(question, config)
    elif mode == "stream":
        list(router.stream(question, config))
    else:
        [chunk async for chunk in router.astream(question, config)]


def attempts_in(kept):
    return [span for span in kept.get_finished_spans() if span.kind is SpanKind.CLIENT]


@pytest.mark.parametrize("mode", MODES)
async def test_each_attempt_has_one_span_below_that_of_its_request(sandbox, provider, kept, mode):
    router = router_on(sandbox, provider, temperature=0.5)
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=500, times=2))
    costs = CostCallbackHandler()
    tracer = provider.get_tracer("test")
    config = {"callbacks": [costs], "metadata": {"thread_id": "t1"}}
    with tracer.start_as_current_span("the caller's"):
        await called(router, f"Hello! {SECRET}", config, mode)
    *attempts, request, caller = kept.get_finished_spans()
    assert request.parent.span_id == caller.context.span_id
    assert {span.parent.span_id for span in attempts} == {request.context.span_id}
    assert [span.attributes["smartroute.outcome"] for span in attempts] == [
        "failed",
        "failed",
        "accepted",
    ]
    assert [span.attributes["smartroute.attempt"] for span in attempts] == [0, 1, 2]
    failed, accepted = attempts[0], attempts[2]
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes["error.type"] == "500"
    assert accepted.name == f"chat {accepted.attributes['gen_ai.request.model']}"
    record = costs.records[-1]
    assert accepted.attributes["gen_ai.operation.name"] == "chat"
    assert accepted.attributes["gen_ai.usage.input_tokens"] == record.usage.input_tokens
    assert accepted.attributes["gen_ai.usage.output_tokens"] == record.usage.output_tokens
    assert accepted.attributes["gen_ai.response.model"] == record.model_name
    assert accepted.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert accepted.attributes["gen_ai.conversation.id"] == "t1"
    assert accepted.attributes["gen_ai.request.temperature"] == 0.5
    assert failed.attributes["gen_ai.provider.name"] == "deepseek"
    assert request.attributes["smartroute.route"] == "deepseek-chat"
    assert not [name for name in request.attributes if name.startswith("gen_ai")]
    assert all(a.end_time <= request.end_time for a in attempts)
    assert all(a.start_time >= request.start_time for a in attempts)


@pytest.mark.parametrize("mode", MODES)
async def test_spans_add_up_to_the_ledger_to_the_last_digit(sandbox, provider, kept, mode):
    router = router_on(sandbox, provider)
    costs = CostCallbackHandler()
    for question in ("Hello!", "Classify this review: lovely", "Write a Python function"):
        await called(router, question, {"callbacks": [costs]}, mode)
    told = [Decimal(span.attributes["smartroute.cost_usd"]) for span in attempts_in(kept)]
    assert sum(told) == costs.stats().actual_cost_usd > 0
    requests = [s for s in kept.get_finished_spans() if s.kind is SpanKind.INTERNAL]
    assert sum(Decimal(s.attributes["smartroute.cost_usd"]) for s in requests) == sum(told)


async def test_a_rejected_attempt_is_not_an_error_but_a_failed_request_is(sandbox, provider, kept):
    def never(messages, answer):
        return "never: good enough"

    router = router_on(sandbox, provider, checks=[never], stream_policy="buffer")
    router.invoke("Hello!")
    outcomes = [span.attributes["smartroute.outcome"] for span in attempts_in(kept)]
    assert "rejected" in outcomes
    rejected = attempts_in(kept)[outcomes.index("rejected")]
    assert rejected.status.status_code is StatusCode.UNSET
    assert rejected.attributes["smartroute.rejected_by"] == "never"
    kept.clear()
    for name in ("deepseek-chat", "glm-5.1", "gpt-4o", "deepseek-v4-pro", "gpt-4o-mini"):
        sandbox.set_fault(name, Fault(kind="status", status=401, times=None))
    with pytest.raises(Exception, match="401"):
        router.invoke("Hello!")
    request = kept.get_finished_spans()[-1]
    assert request.status.status_code is StatusCode.ERROR
    assert request.attributes["error.type"]


def test_an_attempt_without_a_model_run_has_its_span_too(sandbox, provider, kept):
    from langchain_core.runnables import RunnableLambda

    def broken(messages):
        raise ConnectionError(SECRET)

    router = SmartRouterRunnable.from_models(
        {"dead": RunnableLambda(broken), "alive": RunnableLambda(lambda _: "hello")},
        routes={"general": "dead"},
        callbacks=[OpenTelemetrySpans(provider)],
        checks=[],
    )
    router.invoke("Hello!")
    dead, *_, alive = attempts_in(kept)
    assert dead.attributes["smartroute.outcome"] == "failed"
    assert alive.attributes["gen_ai.request.model"] == "alive"
    assert SECRET not in str([span.to_json() for span in kept.get_finished_spans()])


async def test_over_otlp_there_is_no_word_of_the_prompt_and_no_key(sandbox):
    with Receiver().running() as receiver:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(endpoint=f"{receiver.url}/v1/traces")
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        router = router_on(sandbox, provider)
        sandbox.set_fault("deepseek-chat", Fault(kind="status", status=400, message=SECRET))
        with pytest.raises(Exception, match="nobody"):
            router.invoke(f"Hello! {SECRET}")
        await router.ainvoke(f"Write a Python function. {SECRET}")
        provider.shutdown()
        names = []
        for path, _, body in receiver.received:
            assert path == "/v1/traces"
            assert SECRET.encode() not in body
            assert b"sk-hidden" not in body
            request = ExportTraceServiceRequest.FromString(body)
            names += [
                s.name for r in request.resource_spans for c in r.scope_spans for s in c.spans
            ]
        assert {"chat deepseek-chat", "route general", "route code"} <= set(names)


class Asking(ScriptedChatModel):
    """A model that makes a span of its own, as an instrumented HTTP client does."""

    tracer: Any

    def _generate(self, *args, **kwargs):
        with self.tracer.start_as_current_span("POST"):
            return super()._generate(*args, **kwargs)

    def _stream(self, *args, **kwargs):
        for chunk in super()._stream(*args, **kwargs):
            with self.tracer.start_as_current_span("POST"):
                pass
            yield chunk


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("mode", MODES)
async def test_spans_of_a_models_client_are_below_the_span_of_its_attempt(
    provider, kept, mode, bounded, monkeypatch
):
    tracer = provider.get_tracer("test")
    monkeypatch.setattr("langchain_smartroute.runnable.making.build.is_bounded", lambda _: bounded)
    router = SmartRouterRunnable.from_models(
        {
            "weak": Asking(tracer=tracer, script=[ConnectionError("gone")]),
            "strong": Asking(tracer=tracer, script=["one two three"]),
        },
        fallbacks={"weak": ["strong"]},
        default="weak",
        callbacks=[OpenTelemetrySpans(provider)],
    )
    with tracer.start_as_current_span("the caller's") as caller:
        if mode == "stream":
            for _ in router.stream("Hello!"):
                assert trace.get_current_span() is caller
        elif mode == "astream":
            async for _ in router.astream("Hello!"):
                assert trace.get_current_span() is caller
        else:
            await called(router, "Hello!", {}, mode)
        assert trace.get_current_span() is caller
    attempts = {span.context.span_id: span for span in attempts_in(kept)}
    assert len(attempts) == 2
    inside = [span for span in kept.get_finished_spans() if span.name == "POST"]
    assert inside
    assert {span.parent.span_id for span in inside} <= set(attempts)
    answered = {span.attributes["smartroute.outcome"] for span in attempts.values()}
    assert answered == {"failed", "accepted"}
    last = attempts[inside[-1].parent.span_id]
    assert last.attributes["smartroute.outcome"] == "accepted"


def test_an_attempt_of_several_model_runs_has_one_span_named_by_the_first(provider, kept):
    first = ScriptedChatModel(model_name="one", script=["draft"])
    second = ScriptedChatModel(model_name="two", script=["final"])
    both = first | (lambda message: message.text) | second
    spans = OpenTelemetrySpans(provider)
    router = SmartRouterRunnable.from_models({"both": both}, callbacks=[spans])
    assert router.invoke("Hello!").text == "final"
    (span,) = attempts_in(kept)
    assert span.name == "chat one"
    assert span.attributes["gen_ai.response.model"] == "two"
    assert span.attributes["gen_ai.usage.input_tokens"] == 20
    # What belongs to no request of its own has no span to be below.
    with spans.around_attempt({"smartroute_decision_id": "unknown", "smartroute_attempt": 0}):
        assert not trace.get_current_span().is_recording()


def test_a_router_inside_a_router_has_its_spans_below_that_ones(sandbox, provider, kept):
    spans = OpenTelemetrySpans(provider)
    inner = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)
    outer = SmartRouterRunnable.from_models({"inner": inner}, callbacks=[spans, spans])
    outer.invoke("Hello!")
    routes = [span for span in kept.get_finished_spans() if span.kind is SpanKind.INTERNAL]
    below, above = routes
    assert below.parent.span_id == above.context.span_id
    assert below.attributes["smartroute.cost_usd"] == above.attributes["smartroute.cost_usd"]
    assert [span.attributes["smartroute.model"] for span in attempts_in(kept)] == [
        "deepseek-chat",
        "inner",
    ]


def test_runs_outside_a_router_have_no_spans(provider, kept):
    from langchain_core.language_models import FakeListLLM

    from langchain_smartroute.testing import ScriptedChatModel

    config = {"callbacks": [OpenTelemetrySpans(provider)]}
    ScriptedChatModel().invoke("hi", config)
    FakeListLLM(responses=["ok"]).invoke("hi", config)
    assert kept.get_finished_spans() == ()
