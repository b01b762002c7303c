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
import asyncio, json, logging, os, sys
from langchain_openai import ChatOpenAI
from langchain_smartroute import Catalog, CostCallbackHandler, JudgeClassifier, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langfuse import Langfuse
from langfuse.langchain import CallbackHandler
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logged = []


class Kept(logging.Handler):
    def emit(self, record):
        logged.append([record.levelname, record.getMessage()])


for name in ("langfuse", "langchain_core"):
    logging.getLogger(name).addHandler(Kept())
kept, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
client = Langfuse(
    public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", tracer_provider=provider
)
costs = CostCallbackHandler()
config = {
    "callbacks": [costs, CallbackHandler(public_key="pk")],
    "metadata": {"team": "search", **json.loads(os.environ["METADATA"])},
}


def plain(url):
    return SmartRouterRunnable.from_catalog(base_url=url)


def nested(url):
    # What the router around says of its attempt is taken back below, by values of None.
    judge = ChatOpenAI(model="gpt-4o-mini", base_url=url, api_key="none", stream_usage=True)
    inner = SmartRouterRunnable.from_catalog(base_url=url, classifier=JudgeClassifier(judge))
    return SmartRouterRunnable.from_models({"inner": inner}, default="inner")


async def ask(router):
    for question in ("Hello!", "Classify this review: lovely"):
        router.invoke(question, config)
        await router.ainvoke(question, config)
        list(router.stream(question, config))
        [chunk async for chunk in router.astream(question, config)]


with SandboxServer(models=sandbox_models(Catalog.load("default"))) as server:
    server.set_fault(os.environ["FAULTY"], Fault(kind="status", status=500, times=2))
    asyncio.run(ask(globals()[os.environ["ROUTER"]](server.base_url)))
told, metadata = [], []
prefix = "langfuse.observation.metadata."
for span in kept.get_finished_spans():
    usage = span.attributes.get("langfuse.observation.usage_details")
    if usage:
        told.append(json.loads(usage))
    names = [n.removeprefix(prefix) for n in span.attributes if n.startswith(prefix)]
    metadata.append({name: span.attributes[prefix + name] for name in names})
found = {
    "runs": len(told),
    "tokens": sum(used["total"] for used in told),
    "records": [len(costs.records), costs.stats().total_tokens],
    "logged": logged,
    "metadata": metadata,
}
print(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def told_by_langfuse(router, *, faulty, **metadata):
    """In a process of its own: its client starts threads that nothing here stops."""
    pytest.importorskip("langfuse")
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", LANGFUSE],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={
            **os.environ,
            "LANGFUSE_TRACING_ENABLED": "true",
            "ROUTER": router,
            "FAULTY": faulty,
            "METADATA": json.dumps(metadata),
        },
    )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found, done.stderr


def test_langfuse_counts_each_token_once():
    found, said = told_by_langfuse("plain", faulty="deepseek-chat")
    records, total = found["records"]
    assert found["tokens"] == total > 0, said[-2000:]
    assert found["runs"] == 8
    assert records == 10  # two failed before they counted a token
    assert found["logged"] == []


def test_metadata_of_none_lose_nothing_in_langfuse():
    """A router in a router with a judge takes back what the one around it says."""
    found, said = told_by_langfuse("nested", faulty="deepseek-v4-pro", tenant=None)
    records, total = found["records"]
    assert found["tokens"] == total > 0, said[-2000:]
    assert found["runs"] == 16  # 8 judges, 8 answers
    assert records == 18
    # It says that it drops the caller's own None, and none of ours.
    assert found["logged"]
    assert {tuple(line) for line in found["logged"]} == {
        ("WARNING", "Propagated attribute 'metadata.tenant' is None. Dropping value.")
    }
    assert all(f["team"] == '"search"' for f in found["metadata"])
    assert all("smartroute_request_id" in f for f in found["metadata"])
    attempts = [f for f in found["metadata"] if "smartroute_attempt" in f]
    assert len(attempts) > 8
    assert not [f for f in found["metadata"] if "null" in f.values()]
