"""Exports records as OpenTelemetry metrics.

Tokens and durations follow the semantic conventions for generative AI (metrics
`gen_ai.client.token.usage` and `gen_ai.client.operation.duration`, with the recommended
buckets; read on 2026-11-27, opentelemetry-semantic-conventions 0.66b). They do not define cost,
which is a metric of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_smartroute.accounting.genai import provider_name
from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.errors import ConfigurationError

try:
    from opentelemetry import metrics
except ImportError as error:
    raise ConfigurationError(
        'metrics need OpenTelemetry: pip install "langchain-smartroute[otel]"'
    ) from error

__all__ = ["OpenTelemetryMetrics"]

_SCOPE = "langchain_smartroute"
_TOKENS = [4**power for power in range(14)]
_SECONDS = [0.01 * 2**power for power in range(14)]


class OpenTelemetryMetrics:
    """Updates OpenTelemetry metrics for each record; pass it to a cost handler.

    Args:
        meter_provider: The meter provider; `None`: the global one.

    Raises:
        ConfigurationError: If the package `opentelemetry-api` is missing.

    Example:
        >>> from langchain_smartroute import CostCallbackHandler
        >>> from langchain_smartroute.accounting.otel import OpenTelemetryMetrics
        >>> costs = CostCallbackHandler(on_record=OpenTelemetryMetrics())
    """

    def __init__(self, meter_provider: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Tokens of a model run.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="How long a model run took.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._cost = meter.create_counter(
            "smartroute.client.operation.cost",
            unit="{USD}",
            description="What model runs of known cost came to.",
        )
        self._unpriced = meter.create_counter(
            "smartroute.client.operation.unpriced",
            unit="{call}",
            description="Model runs of unknown cost.",
        )

    def __call__(self, record: CallRecord) -> None:
        """Count a record."""
        shared = dict(_attributes(record))
        self._duration.record(record.latency_s, {**shared, **_error(record)})
        for kind, count in (
            ("input", record.usage.input_tokens),
            ("output", record.usage.output_tokens),
        ):
            if count:
                self._tokens.record(count, {**shared, "gen_ai.token.type": kind})
        ours = {
            **shared,
            "smartroute.outcome": record.outcome,
            "smartroute.purpose": record.purpose,
            "smartroute.task": record.task or "none",
        }
        if record.cost_usd is None:
            self._unpriced.add(1, ours)
        else:
            self._cost.add(float(record.cost_usd), ours)


def _attributes(record: CallRecord) -> Iterator[tuple[str, Any]]:
    yield "gen_ai.operation.name", "chat"
    yield "gen_ai.request.model", record.alias
    yield "gen_ai.provider.name", provider_name(record.provider)
    if record.model_name:
        yield "gen_ai.response.model", record.model_name


def _error(record: CallRecord) -> dict[str, str]:
    return {"error.type": record.outcome} if record.outcome in ("failed", "cancelled") else {}
