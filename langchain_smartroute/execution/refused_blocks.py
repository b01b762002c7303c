"""Standard content blocks of refusals from gateways.

LangChain finds a refusal in a message's `content_blocks`, and builds those by the message's
provider. Messages of gateways have one of their own (`gateway_model`), for which LangChain falls
back to blocks without the refusal: a refused schema was then reported as malformed JSON.
"""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.block_translators import get_translator, register_translator

__all__ = ["show_refusals"]


def show_refusals(provider: str) -> None:
    """Add the refusal to the blocks of a provider's messages, as for OpenAI's own.

    Args:
        provider: `model_provider` in the metadata of those messages.
    """
    # LangChain gives chunks to the second function, and what that leaves to the first one.
    register_translator(provider, _blocks, _blocks)


def _blocks(message: AIMessage) -> list[Any]:
    """The blocks of a refusal, with the reasoning before it; for all else the usual ones."""
    openais = get_translator("openai")
    if openais is None or not _refuses(message):
        # How LangChain is told to fall back.
        raise NotImplementedError
    blocks: list[Any] = openais["translate_content"](message)
    thoughts = message.additional_kwargs.get("reasoning_content")
    return [{"type": "reasoning", "reasoning": thoughts}, *blocks] if thoughts else blocks


def _refuses(message: AIMessage) -> bool:
    """Whether a message has a complete refusal, as parsers raise at the first that they see."""
    beside = message.additional_kwargs
    if isinstance(message, AIMessageChunk) and message.chunk_position != "last":
        return bool(beside.get("refusal")) and "parsed" in beside
    return bool(beside.get("refusal"))
