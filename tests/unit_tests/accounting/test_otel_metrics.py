"""Metrics through the real SDK, over HTTP, to a receiver that decodes them."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from langchain_smartroute import CallRecord, CostCallbackHandler, Usage
from langchain_smartroute.accounting.otel import OpenTelemetryMetrics

RECORD = CallRecord(
    run_id="r",
    alias="gpt-4o",
    model_name="gpt-4o-2024-08-06",
    task="code",
    outcome="accepted",
    usage=Usage(input_tokens=1_000, output_tokens=200),
    cost_usd=Decimal("0.0045"),
    latency_s=0.25,
    provider="google_genai",
)


@pytest.fixture
def receiver():
    """A receiver of OTLP metrics on this machine."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(ExportMetricsServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/metrics", received
        server.shutdown()
        thread.join()


@pytest.fixture
def exported(receiver):
    """Give records to the metrics and read what arrives, by the metric's name."""
    url, received = receiver

    def export(fill):
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=url))
        provider = MeterProvider(metric_readers=[reader])
        fill(OpenTelemetryMetrics(provider))
        provider.shutdown()
        return {
            metric.name: metric
            for request in received
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    return export


def attributes(point):
    return {entry.key: entry.value.string_value for entry in point.attributes}


def test_tokens_duration_and_cost_arrive(exported):
    found = exported(lambda metrics: [metrics(RECORD), metrics(replace(RECORD, run_id="s"))])
    tokens = found["gen_ai.client.token.usage"]
    assert tokens.unit == "{token}"
    by_type = {attributes(p)["gen_ai.token.type"]: p for p in tokens.histogram.data_points}
    assert {name: (p.count, p.sum) for name, p in by_type.items()} == {
        "input": (2, 2_000),
        "output": (2, 400),
    }
    assert attributes(by_type["input"]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.token.type": "input",
    }
    (duration,) = found["gen_ai.client.operation.duration"].histogram.data_points
    assert (duration.count, duration.sum) == (2, 0.5)
    assert list(duration.explicit_bounds)[:3] == [0.01, 0.02, 0.04]
    (cost,) = found["smartroute.client.operation.cost"].sum.data_points
    assert cost.as_double == pytest.approx(0.009)
    assert attributes(cost)["smartroute.task"] == "code"
    assert "smartroute.client.operation.unpriced" not in found


def test_a_failure_and_an_unknown_cost_are_told_as_such(exported):
    failed = replace(RECORD, outcome="failed", usage=Usage(), cost_usd=None, provider=None)
    found = exported(lambda metrics: metrics(failed))
    (duration,) = found["gen_ai.client.operation.duration"].histogram.data_points
    assert attributes(duration)["error.type"] == "failed"
    assert attributes(duration)["gen_ai.provider.name"] == "_OTHER"
    (unpriced,) = found["smartroute.client.operation.unpriced"].sum.data_points
    assert unpriced.as_int == 1
    assert "smartroute.client.operation.cost" not in found
    assert "gen_ai.client.token.usage" not in found


def test_a_routers_calls_arrive(exported, router):
    costs = []

    def call(metrics):
        handler = CostCallbackHandler(on_record=metrics)
        router.invoke("Hello", {"callbacks": [handler]})
        costs.extend(record.cost_usd for record in handler.records)

    (cost,) = exported(call)["smartroute.client.operation.cost"].sum.data_points
    assert cost.as_double == pytest.approx(float(costs[0]))
