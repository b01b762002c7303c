"""Hard limits: why a candidate cannot serve a request; and the cost of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.types import MODALITIES, Usage

if TYPE_CHECKING:
    from decimal import Decimal

    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.types import RequestFeatures

__all__ = [
    "ANSWER_ROOM_TOKENS",
    "ESTIMATE_SLACK",
    "estimated_cost_usd",
    "room_fault",
    "standing_fault",
    "window_fault",
]

ANSWER_ROOM_TOKENS = 1_000
"""Assumed output tokens where the caller sets no maximum."""


ESTIMATE_SLACK = 1.5
"""Factor by which the input estimate may exceed a tokenizer's count."""


def estimated_cost_usd(
    features: RequestFeatures, spec: ModelSpec, *, cached_tokens: int = 0
) -> Decimal | None:
    """Estimated cost of one call: the request's tokens and the maximum output tokens.

    Args:
        features: Features of the request.
        spec: Spec of the candidate.
        cached_tokens: Part of the input that is expected to be in the prompt cache.

    Returns:
        US dollars, or `None` when the price is unknown.
    """
    room = features.answer_tokens
    usage = Usage(
        input_tokens=features.input_tokens,
        output_tokens=ANSWER_ROOM_TOKENS if room is None else room,
        cache_read_tokens=min(cached_tokens, features.input_tokens),
    )
    return cost_usd(usage, spec.price_at(features.asked_at))


def window_fault(features: RequestFeatures, spec: ModelSpec, slack: float = 1.0) -> str | None:
    """Why prompt and answer do not fit into the window; `None` if they do."""
    if spec.context_window is None:
        return None
    room = features.answer_tokens
    if room is None:
        room = min(ANSWER_ROOM_TOKENS, spec.max_output_tokens or ANSWER_ROOM_TOKENS)
    if features.input_tokens / slack + room <= spec.context_window:
        return None
    return (
        f"context window of {spec.context_window:,} tokens is too small for about"
        f" {features.input_tokens:,} of prompt and {room:,} of answer"
    )


def standing_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    """Why a candidate cannot serve this kind of request, of any length."""
    return (
        _input_fault(features, spec) or _tool_fault(features, spec) or _schema_fault(features, spec)
    )


def room_fault(features: RequestFeatures, spec: ModelSpec, slack: float) -> str | None:
    """Why the prompt or its answer is too long for a candidate."""
    return _answer_fault(features, spec) or window_fault(features, spec, slack)


def _input_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    missing = [m for m in MODALITIES if m in features.inputs - spec.inputs]
    return f"cannot read {' or '.join(missing)}" if missing else None


def _tool_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    if features.tools and not spec.tools:
        return "cannot call tools"
    if features.tool_choice and not spec.tool_choice:
        return "cannot be forced to call a tool (tool_choice)"
    return None


def _schema_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    methods = spec.schema_methods()
    if features.schema == "any":
        return None if methods else "cannot give structured output"
    if features.schema is not None and features.schema not in methods:
        return f"cannot give structured output by {features.schema}"
    return None


def _answer_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    room, longest = features.answer_tokens, spec.max_output_tokens
    if room is not None and longest is not None and room > longest:
        return f"answers at most {longest:,} tokens, {room:,} are asked for"
    return None
