"""Licences of the public sources that the shipped weights were trained on."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["license_of"]

_OF_SOURCES: Mapping[str, str] = {
    "xquad": "CC BY-SA 4.0 (XQuAD)",
    "conala": "CC BY-SA 4.0 (questions of Stack Overflow, through CoNaLa and mCoNaLa)",
    "gsm8k": "MIT (GSM8K)",
    "routellm": "Apache-2.0 (RouteLLM; MMLU: MIT)",
    "llmrouter": "MIT (LLMRouter)",
    "t0-": "Apache-2.0 (T0, P3 templates)",
    "hellobench": "MIT (HelloBench)",
    "self-instruct": "Apache-2.0 (Self-Instruct seed tasks)",
}
"""Part of a source's name → its licence."""


def license_of(source: str, *, own: bool) -> str:
    """The licence of a source; empty if unknown."""
    if own:
        return "MIT (written for this project)"
    return next((name for part, name in _OF_SOURCES.items() if part in source), "")
