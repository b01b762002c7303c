"""Reads why an answer ended, in the words of every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["FILTERED", "finish_reasons", "is_filtered"]

_KEYS: Final = ("finish_reason", "stop_reason", "done_reason", "stopReason")
"""Metadata keys: of OpenAI-compatible providers, Anthropic, Ollama and Bedrock."""

FILTERED: Final = frozenset(
    {
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "safety",
        "image_safety",
        "prohibited_content",
        "blocklist",
        "spii",
        "sensitive",
    }
)
"""Reasons of content filters: those of OpenAI, Bedrock (two), Gemini (five) and Zhipu."""


def finish_reasons(metadata: Mapping[str, Any]) -> set[str]:
    """The reasons in an answer's `response_metadata`, in lower case."""
    incomplete = metadata.get("incomplete_details")
    reasons = [metadata.get(key) for key in _KEYS]
    if isinstance(incomplete, dict):
        reasons.append(incomplete.get("reason"))
    return {reason.lower() for reason in reasons if isinstance(reason, str)}


def is_filtered(metadata: Mapping[str, Any]) -> bool:
    """Whether the provider's content filter ended the answer with this `response_metadata`."""
    return not FILTERED.isdisjoint(finish_reasons(metadata))
