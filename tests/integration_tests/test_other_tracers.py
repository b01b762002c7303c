"""OpenInference's instrumentation and Langfuse's handler beside ours: totals stay right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

QUESTIONS = ("Hello!", "Classify this review: lovely", "Write a Python function")
LLM_TOKENS = ("llm.token_count.prompt", "llm.token_count.completion")


@pytest.fixture
def sandbox():
    with SandboxServer(models=sandbox_models(Catalog.load("default"))) as server:
        yield server


@pytest.fixture
def router(sandbox):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=500, times=2))
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)


@pytest.fixture
def kept():
    return InMemorySpanExporter()


@pytest.fixture
def provider(kept):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield provider
    provider.shutdown()


async def asked_each_way(router, config):
    for question in QUESTIONS:
        router.invoke(question, config)
        await router.ainvoke(question, config)
        list(router.stream(question, config))
        [chunk async for chunk in router.astream(question, config)]


async def test_openinference_counts_each_token_once(router, provider, kept):
    openinference = pytest.importorskip("openinference.instrumentation.langchain")
    instrumentor = openinference.LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
    costs = CostCallbackHandler()
    try:
        await asked_each_way(router, {"callbacks": [costs]})
    finally:
        instrumentor.uninstrument()
    spans = kept.get_finished_spans()
    models = [s for s in spans if s.attributes["openinference.span.kind"] == "LLM"]
    others = [s for s in spans if s not in models]
    assert len(models) == len(costs.records) == 14
    told = sum(span.attributes.get(name, 0) for span in models for name in LLM_TOKENS)
    assert told == costs.stats().total_tokens > 0
    assert not [s for s in others for name in LLM_TOKENS if name in s.attributes]
    requests = [json.loads(s.attributes["metadata"]) for s in others if "metadata" in s.attributes]
    total = sum(Decimal(found["smartroute_cost"]) for found in requests)
    assert total == costs.stats().actual_cost_usd


LANGFUSE = """
import asyncio, json, sys
from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langfuse import Langfuse
from langfuse.langchain import CallbackHandler
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

kept, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
client = Langfuse(
    public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", tracer_provider=provider
)
costs = CostCallbackHandler()
config = {"callbacks": [costs, CallbackHandler(public_key="pk")]}


async def ask(router):
    for question in ("Hello!", "Classify this review: lovely"):
        router.invoke(question, config)
        await router.ainvoke(question, config)
        list(router.stream(question, config))
        [chunk async for chunk in router.astream(question, config)]


with SandboxServer(models=sandbox_models(Catalog.load("default"))) as server:
    server.set_fault("deepseek-chat", Fault(kind="status", status=500, times=2))
    asyncio.run(ask(SmartRouterRunnable.from_catalog(base_url=server.base_url)))
told = []
for span in kept.get_finished_spans():
    usage = span.attributes.get("langfuse.observation.usage_details")
    if usage:
        told.append(json.loads(usage))
total = sum(used["total"] for used in told)
print(json.dumps([len(told), total, costs.stats().total_tokens]))
sys.stdout.flush()
import os
os._exit(0)
"""


def test_langfuse_counts_each_token_once():
    """In a process of its own: its client starts threads that nothing here stops."""
    pytest.importorskip("langfuse")
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", LANGFUSE],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "LANGFUSE_TRACING_ENABLED": "true"},
    )
    runs, told, total = json.loads(done.stdout.strip().splitlines()[-1])
    assert told == total > 0, done.stderr[-2000:]
    assert runs == 8
