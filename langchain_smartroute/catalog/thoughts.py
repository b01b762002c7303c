"""Whose thoughts a history holds, and who may see them again.

A reasoning model's thoughts come back in several forms: `reasoning`, `thinking` and
`redacted_thinking` content blocks, and `reasoning_content` (or `reasoning`,
`reasoning_details`) beside the content. They are for the user and for the model that
thought them. No other model is shown them: they cost tokens, mislead, and signed
ones are refused by whoever did not sign them.

A model's own thoughts stay in its history, because some providers want them back:
Anthropic and OpenAI's Responses API, whose classes send them on their own account,
and DeepSeek, for which `wants_thoughts_back` speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from langchain_smartroute.catalog.spec import ModelSpec

__all__ = ["thoughts_of", "wants_thoughts_back", "without_foreign_thoughts"]

_BLOCKS = frozenset({"reasoning", "thinking", "redacted_thinking", "reasoning_content"})
_BESIDE = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
_DATE_DIGITS = 4


def without_foreign_thoughts(message: AIMessage, spec: ModelSpec) -> AIMessage:
    """Remove the thoughts of a message, unless the model itself thought them.

    Args:
        message: A message of the history; never changed.
        spec: The model that is about to read it.

    Returns:
        The same message where there is nothing to remove, else a copy. A message
        that held nothing but thoughts has empty text afterwards; its tool calls stay.
    """
    content = message.content
    beside = message.additional_kwargs
    # The common case is decided here: plain text and nothing beside it.
    if isinstance(content, str) and (not beside or beside.keys().isdisjoint(_BESIDE)):
        return message
    kept = content if isinstance(content, str) else [b for b in content if not _is_thought(b)]
    if len(kept) == len(content) and beside.keys().isdisjoint(_BESIDE):
        return message
    if _is_by(message, spec):
        return message
    return message.model_copy(
        update={
            "content": kept or "",
            "additional_kwargs": {k: v for k, v in beside.items() if k not in _BESIDE},
        }
    )


def thoughts_of(message: AIMessage) -> str:
    """The thoughts of a message as text, in whichever form it holds them."""
    for name in ("reasoning_content", "reasoning"):
        beside = message.additional_kwargs.get(name)
        if isinstance(beside, str) and beside:
            return beside
    if isinstance(message.content, str):
        return ""
    blocks = (block for block in message.content if isinstance(block, dict))
    texts = (block.get(str(block.get("type"))) for block in blocks if _is_thought(block))
    return "".join(text for text in texts if isinstance(text, str))


def wants_thoughts_back(spec: ModelSpec) -> bool:
    """Whether a model's chat completions want `reasoning_content` in the history.

    DeepSeek's thinking mode does since V3.2, in requests with tools or tool calls. It
    answers HTTP 400 ("The `reasoning_content` in the thinking mode must be passed
    back to the API") when an assistant message lacks the field; empty text will do
    where there are no thoughts, as in another model's messages. Without tools it
    ignores the field, and refused it before. OpenRouter passes the demand on for
    DeepSeek V4.

    Sources, read on 2026-11-23: DeepSeek API docs, Thinking Mode, Tool Calls;
    anomalyco/opencode issue 24722; Astro-Han/pawwork pull request 261 (empty text);
    UKGovernmentBEIS/inspect_ai pull request 4080 (OpenRouter).
    """
    return spec.reasoning and (spec.provider == "deepseek" or "deepseek-v4" in spec.model)


def _is_thought(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    if block.get("type") == "non_standard":
        return _is_thought(block.get("value"))
    return block.get("type") in _BLOCKS


def _is_by(message: AIMessage, spec: ModelSpec) -> bool:
    """Whether a model wrote a message; a message that does not say was someone else's."""
    said = message.response_metadata
    account = said.get("smartroute")
    if isinstance(account, dict) and account.get("model") == spec.alias:
        return True
    name = said.get("model_name")
    return isinstance(name, str) and _is_name_of(name, spec.model)


def _is_name_of(name: str, model: str) -> bool:
    """Whether a server's name is a model's: the same, or the same with a date."""
    head, rest = name[: len(model)], name[len(model) :]
    date = rest[1:].replace("-", "")
    dated = rest[:1] in {"-", "@"} and len(date) >= _DATE_DIGITS and date.isdigit()
    return bool(model) and head == model and (not rest or dated)
