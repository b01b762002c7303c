"""Hard limits: which candidates cannot serve a request, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.types import MODALITIES, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.types import RequestFeatures

__all__ = ["ANSWER_ROOM_TOKENS", "estimated_cost_usd", "exclusions", "window_fault"]

ANSWER_ROOM_TOKENS = 1_000
"""The answer's room, in tokens, where the caller names none."""


def exclusions(features: RequestFeatures, models: Mapping[str, ModelSpec]) -> dict[str, str]:
    """Alias → reason of every candidate that cannot serve the request."""
    found = ((alias, _fault(features, spec)) for alias, spec in models.items())
    return {alias: why for alias, why in found if why is not None}


def estimated_cost_usd(features: RequestFeatures, spec: ModelSpec) -> Decimal | None:
    """What one call would cost: the request's tokens and the answer's room.

    Returns:
        US dollars, or `None` when the price is unknown.
    """
    room = features.answer_tokens
    usage = Usage(
        input_tokens=features.input_tokens,
        output_tokens=ANSWER_ROOM_TOKENS if room is None else room,
    )
    return cost_usd(usage, spec.price)


def window_fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    """Why the prompt and the answer's room do not fit, or `None` where they do."""
    room = features.answer_tokens
    longest = spec.max_output_tokens
    if room is not None and longest is not None and room > longest:
        return f"answers at most {longest:,} tokens, {room:,} are asked for"
    if spec.context_window is None:
        return None
    if room is None:
        room = min(ANSWER_ROOM_TOKENS, longest or ANSWER_ROOM_TOKENS)
    if features.input_tokens + room <= spec.context_window:
        return None
    return (
        f"context window of {spec.context_window:,} tokens is too small for about"
        f" {features.input_tokens:,} of prompt and {room:,} of answer"
    )


def _fault(features: RequestFeatures, spec: ModelSpec) -> str | None:
    if not features.inputs <= spec.inputs:
        missing = [m for m in MODALITIES if m in features.inputs - spec.inputs]
        return f"cannot read {' or '.join(missing)}"
    if features.tools and not spec.tools:
        return "cannot call tools"
    if features.tool_choice and not spec.tool_choice:
        return "cannot be forced to call a tool (tool_choice)"
    methods = spec.schema_methods()
    if features.schema == "any" and not methods:
        return "cannot give structured output"
    if features.schema not in (None, "any", *methods):
        return f"cannot give structured output by {features.schema}"
    return window_fault(features, spec)
