"""Reads a model's reasoning in all forms in which a message can hold it.

Reasoning is returned as `reasoning`, `thinking` and `redacted_thinking` content blocks, or as
`reasoning_content` (or `reasoning`) next to the content. It is for the user and for the model
that wrote it, and never sent to another model (see `portable`). Some providers require a
model's own reasoning back: Anthropic and OpenAI's Responses API, whose classes send it by
themselves, and DeepSeek (see `wants_thoughts_back`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from langchain_smartroute.catalog.spec import ModelSpec

__all__ = ["is_thought", "thoughts_of", "wants_thoughts_back"]

_BLOCKS = frozenset({"reasoning", "thinking", "redacted_thinking", "reasoning_content"})


def is_thought(block: Any) -> bool:
    """Whether a content block holds reasoning."""
    if not isinstance(block, dict):
        return False
    if block.get("type") == "non_standard":
        return is_thought(block.get("value"))
    return block.get("type") in _BLOCKS


def thoughts_of(message: AIMessage) -> str:
    """The reasoning in a message as text, from any form."""
    for name in ("reasoning_content", "reasoning"):
        beside = message.additional_kwargs.get(name)
        if isinstance(beside, str) and beside:
            return beside
    if isinstance(message.content, str):
        return ""
    blocks = (block for block in message.content if isinstance(block, dict))
    texts = (block.get(str(block.get("type"))) for block in blocks if is_thought(block))
    return "".join(text for text in texts if isinstance(text, str))


def wants_thoughts_back(spec: ModelSpec) -> bool:
    """Whether a model's chat completions require `reasoning_content` in the history.

    DeepSeek's thinking mode does since V3.2, in requests with tools or tool calls. It
    answers HTTP 400 ("The `reasoning_content` in the thinking mode must be passed
    back to the API") when an assistant message lacks the field; empty text is accepted where
    there is no reasoning, as in another model's messages. Without tools it ignores the field,
    which it rejected before. OpenRouter has the same requirement for DeepSeek V4.

    Sources, read on 2026-11-23: DeepSeek API docs, Thinking Mode, Tool Calls;
    anomalyco/opencode issue 24722; Astro-Han/pawwork pull request 261 (empty text);
    UKGovernmentBEIS/inspect_ai pull request 4080 (OpenRouter).
    """
    return spec.reasoning and (spec.provider == "deepseek" or "deepseek-v4" in spec.model)
