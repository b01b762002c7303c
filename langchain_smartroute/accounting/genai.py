"""Attributes of OpenTelemetry's semantic conventions for generative AI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langchain_smartroute.tracing import API_MODEL_KEY
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_smartroute.types import Attempt

__all__ = [
    "added",
    "answered",
    "asked",
    "came_to",
    "counts",
    "decided",
    "provider_name",
    "tried",
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


def decided(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Attributes of a request's decision, from its run's metadata."""
    return {f"smartroute.{name}": str(metadata.get(f"smartroute_{name}", "")) for name in _TOLD}


def asked(metadata: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
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


def answered(message: Any) -> Iterator[tuple[str, Any]]:
    """Attributes of an answer's metadata."""
    said = message.response_metadata
    if said.get("model_name"):
        yield "gen_ai.response.model", str(said["model_name"])
    if isinstance(said.get("id"), str):
        yield "gen_ai.response.id", said["id"]
    reason = said.get("finish_reason") or said.get("stop_reason")
    if reason:
        yield "gen_ai.response.finish_reasons", (str(reason),)


def counts(usage: Usage) -> Iterator[tuple[str, Any]]:
    """Attributes of token counts."""
    yield "gen_ai.usage.input_tokens", usage.input_tokens
    yield "gen_ai.usage.output_tokens", usage.output_tokens
    if usage.cache_read_tokens:
        yield "gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens
    if usage.cache_write_tokens:
        yield "gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens
    if usage.reasoning_tokens:
        yield "gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens


def tried(attempt: Attempt, number: int) -> Iterator[tuple[str, Any]]:
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


def came_to(attempts: Sequence[Attempt]) -> Iterator[tuple[str, Any]]:
    """Attributes of a finished request."""
    costs = [attempt.cost_usd for attempt in attempts]
    known = [cost for cost in costs if cost is not None]
    answering = [a.model for a in attempts if a.outcome in ("accepted", "cached")]
    yield "smartroute.attempts", len(attempts)
    if len(known) == len(costs):
        yield "smartroute.cost_usd", f"{sum(known):f}"
    if answering:
        yield "smartroute.answered_by", answering[-1]


def added(one: Usage, other: Usage) -> Usage:
    """The sum of two usages."""
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cache_read_tokens=one.cache_read_tokens + other.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
        reasoning_tokens=one.reasoning_tokens + other.reasoning_tokens,
    )
