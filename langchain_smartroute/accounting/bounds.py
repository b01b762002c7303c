"""Upper bounds of a call's tokens and cost, before it is made.

A token is at least one byte of the input with any tokenizer; an image has the maximum number of
tokens in its model's spec; the answer has its maximum length. Each token has the highest price
that may apply to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting.amounts import PICO

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from langchain_smartroute.catalog import ModelSpec, Price

__all__ = ["cost_bound", "input_bound"]

_PER_MESSAGE = 16
"""Tokens that a chat template adds per message: role, separators."""

_PER_CALL = 64
"""Tokens that it adds per call, and a preamble for tools."""

_IMAGE_TOKENS = 48_169
"""Maximum number of tokens of an image where a spec has none: gpt-4o-mini's for eight tiles,
2,833 + 8 × 5,667, the highest of any known model (OpenAI, Images and vision, read on
2026-11-23)."""

_IMAGES = frozenset({"image", "image_url", "input_image"})
_INPUT = ("input", "cache_write")
_OUTPUT = ("output", "reasoning")


def input_bound(messages: Sequence[BaseMessage], spec: ModelSpec, *, extra_tokens: int = 0) -> int:
    """Upper bound of the tokens of messages.

    Args:
        messages: The messages to send.
        spec: The model to call.
        extra_tokens: Upper bound of the tokens of tools and schema.
    """
    image = spec.image_tokens or _IMAGE_TOKENS
    return _PER_CALL + extra_tokens + sum(_PER_MESSAGE + _tokens(m, image) for m in messages)


def cost_bound(
    price: Price, *, input_tokens: int, output_tokens: int, service_tier: str | None = None
) -> int:
    """Upper bound of the cost of a call, in integer units of 10⁻¹² US dollars.

    Args:
        price: The model's price.
        input_tokens: Upper bound of input tokens.
        output_tokens: Upper bound of output tokens.
        service_tier: The service tier that the call requests, if any.
    """
    rates = [price.rates]
    for variant in price.variants:
        above = variant.above_input_tokens
        if variant.service_tier in (None, service_tier) and (above is None or input_tokens > above):
            rates.append(variant.rates)
    total = (
        input_tokens * _dearest(rates, _INPUT)
        + output_tokens * _dearest(rates, _OUTPUT)
        + 1_000_000 * max((r.get("request_usd", Decimal(0)) for r in rates), default=Decimal(0))
    )
    units = total * (PICO // 1_000_000)
    return int(units.to_integral_value(rounding=ROUND_CEILING))


def _dearest(rates: Iterable[Mapping[str, Decimal]], kinds: tuple[str, ...]) -> Decimal:
    return max(
        rate
        for named in rates
        for name, rate in named.items()
        if name.startswith(kinds) and name.endswith("_per_mtok")
    )


def _tokens(message: BaseMessage, image: int) -> int:
    content = message.content
    blocks: list[Any] = [content] if isinstance(content, str) else content
    total = sum(_block_tokens(block, image) for block in blocks)
    beside = (
        message.name,
        message.additional_kwargs,
        getattr(message, "tool_calls", None),
        getattr(message, "invalid_tool_calls", None),
        getattr(message, "tool_call_id", None),
    )
    return total + sum(_size(part) for part in beside if part)


def _block_tokens(block: Any, image: int) -> int:
    if isinstance(block, Mapping):
        if block.get("type") in _IMAGES:
            return image
        if block.get("type") == "text":
            return _size(block.get("text") or "")
    return _size(block)


def _size(value: Any) -> int:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return len(text.encode("utf-8", "replace"))
