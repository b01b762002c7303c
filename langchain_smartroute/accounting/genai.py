"""Attributes of OpenTelemetry's semantic conventions for generative AI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langchain_smartroute.tracing import API_MODEL_KEY
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_smartroute.types import Attempt

__all__ = [
    "answer_attributes",
    "attempt_attributes",
    "decision_attributes",
    "parameter_attributes",
    "provider_name",
    "request_attributes",
    "sum_of_usages",
    "usage_attributes",
]

_TOLD = (
    "decision_id",
    "request_id",
    "route",
    "task",
    "difficulty",
    "tier",
    "policy",
    "reason",
    "excluded",
)
_PROVIDERS = {
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "amazon_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
"""LangSmith's name of a provider → OpenTelemetry's, where different."""
_PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
}
"""LangChain's name of a parameter → name in the conventions."""


def provider_name(provider: str | None) -> str:
    """A provider's name in the conventions."""
    return _PROVIDERS.get(provider or "", provider or "_OTHER")


def decision_attributes(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Attributes of a request's decision, from its run's metadata."""
    return {f"smartroute.{name}": str(metadata.get(f"smartroute_{name}", "")) for name in _TOLD}


def parameter_attributes(
    metadata: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Attributes of a model run's parameters."""
    yield "gen_ai.provider.name", provider_name(metadata.get("ls_provider"))
    model = metadata.get("ls_model_name") or metadata.get(API_MODEL_KEY)
    yield "gen_ai.request.model", str(model)
    thread = metadata.get("thread_id")
    if thread is not None:
        yield "gen_ai.conversation.id", str(thread)
    for name, ours in _PARAMETERS.items():
        value = params.get(name)
        if isinstance(value, int | float):
            yield f"gen_ai.request.{ours}", value


def answer_attributes(message: Any) -> Iterator[tuple[str, Any]]:
    """Attributes of an answer's metadata."""
    metadata = message.response_metadata
    if metadata.get("model_name"):
        yield "gen_ai.response.model", str(metadata["model_name"])
    if isinstance(metadata.get("id"), str):
        yield "gen_ai.response.id", metadata["id"]
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    if reason:
        yield "gen_ai.response.finish_reasons", (str(reason),)


def usage_attributes(usage: Usage) -> Iterator[tuple[str, Any]]:
    """Attributes of token counts."""
    yield "gen_ai.usage.input_tokens", usage.input_tokens
    yield "gen_ai.usage.output_tokens", usage.output_tokens
    if usage.cache_read_tokens:
        yield "gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens
    if usage.cache_write_tokens:
        yield "gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens
    if usage.reasoning_tokens:
        yield "gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens


def attempt_attributes(attempt: Attempt, number: int) -> Iterator[tuple[str, Any]]:
    """Attributes of an attempt and its outcome."""
    yield "smartroute.attempt", number
    yield "smartroute.outcome", attempt.outcome
    if attempt.purpose != "answer":
        yield "smartroute.purpose", attempt.purpose
    if attempt.cost_usd is not None:
        yield "smartroute.cost_usd", f"{attempt.cost_usd:f}"
    if attempt.status is not None:
        yield "http.response.status_code", attempt.status
    if attempt.outcome == "rejected":
        yield "smartroute.rejected_by", attempt.reason.partition(":")[0]


def request_attributes(attempts: Sequence[Attempt]) -> Iterator[tuple[str, Any]]:
    """Attributes of a finished request."""
    costs = [attempt.cost_usd for attempt in attempts]
    known = [cost for cost in costs if cost is not None]
    answering = [a.model for a in attempts if a.outcome in ("accepted", "cached")]
    yield "smartroute.attempts", len(attempts)
    if len(known) == len(costs):
        yield "smartroute.cost_usd", f"{sum(known):f}"
    if answering:
        yield "smartroute.answered_by", answering[-1]


def sum_of_usages(first: Usage, second: Usage) -> Usage:
    """The sum of two usages."""
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cache_read_tokens=first.cache_read_tokens + second.cache_read_tokens,
        cache_write_tokens=first.cache_write_tokens + second.cache_write_tokens,
        reasoning_tokens=first.reasoning_tokens + second.reasoning_tokens,
    )
