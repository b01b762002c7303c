"""Usage × price = cost, exactly, and how usage is read from a LangChain message."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import OutputParserException
from pydantic import ValidationError

from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import BaseMessage

    from langchain_smartroute.catalog.spec import Price

__all__ = [
    "cost_usd",
    "estimated_usage",
    "holds_anything",
    "is_cache_hit",
    "may_be_billed",
    "usage_of",
]

_PER_MILLION = Decimal("0.000001")
_BYTES_PER_TOKEN = 3
_MOST_TOKENS = 100_000_000
"""More than any model can read or write at once: a count beyond it is a fault."""
_EXACT = Context(prec=60)
"""Whatever precision the caller's own decimal context has."""


def cost_usd(usage: Usage, price: Price | None) -> Decimal | None:
    """Price a usage.

    Args:
        usage: Token counts of one model run.
        price: The price to apply, or `None` when unknown.

    Returns:
        US dollars, exact; `None` when the price is unknown.
    """
    if price is None:
        return None
    cached_price = price.cached_input_usd_per_mtok
    if cached_price is None:
        cached_price = price.input_usd_per_mtok
    cached = min(usage.cache_read_tokens, usage.input_tokens)
    total = Decimal(0)
    for tokens, per_million in (
        (usage.input_tokens - cached, price.input_usd_per_mtok),
        (cached, cached_price),
        (usage.output_tokens, price.output_usd_per_mtok),
    ):
        total = _EXACT.add(total, _EXACT.multiply(Decimal(tokens), per_million))
    return _EXACT.multiply(total, _PER_MILLION)


def usage_of(message: BaseMessage) -> Usage | None:
    """Read the usage that a provider reported with an answer.

    Args:
        message: A model's answer. LangChain counts cached tokens within the
            input and reasoning within the output, and so does `Usage`.

    Returns:
        The usage, or `None` where nothing usable was reported.
    """
    reported: Mapping[str, Any] | None = getattr(message, "usage_metadata", None)
    if not reported:
        return None
    counts = (reported.get("input_tokens"), reported.get("output_tokens"))
    if not all(_is_count(count) for count in counts):
        return None
    inputs = reported.get("input_token_details") or {}
    outputs = reported.get("output_token_details") or {}
    return Usage(
        input_tokens=reported["input_tokens"],
        output_tokens=reported["output_tokens"],
        cache_read_tokens=_count(inputs.get("cache_read")),
        cache_write_tokens=_count(inputs.get("cache_creation")),
        reasoning_tokens=_count(outputs.get("reasoning")),
    )


def estimated_usage(message: BaseMessage, *, input_tokens: int) -> Usage:
    """Estimate the usage of an answer for which the provider reported none.

    Args:
        message: The answer, or as much of it as arrived.
        input_tokens: The estimate of the request.

    Returns:
        A usage marked as estimated, at about three UTF-8 bytes a token.
    """
    # A call that broke off is known by its pieces only.
    calls = getattr(message, "tool_call_chunks", None) or getattr(message, "tool_calls", None)
    written = str(message.content) if message.content else ""
    written += "".join(str(call["args"]) for call in calls or ())
    size = len(written.encode("utf-8", "replace"))
    return Usage(
        input_tokens=input_tokens,
        output_tokens=-(-size // _BYTES_PER_TOKEN),
        estimated=True,
    )


def holds_anything(message: BaseMessage) -> bool:
    """Whether a message holds text, reasoning, a refusal or a tool call, whole or in part."""
    if message.content or any(message.additional_kwargs.values()):
        return True
    calls = ("tool_calls", "invalid_tool_calls", "tool_call_chunks")
    return any(getattr(message, name, None) for name in calls)


def may_be_billed(error: BaseException) -> bool:
    """Whether a failure is that of parsing an answer, which the provider has billed.

    Not an HTTP error, a connection that failed or a time-out: those are taken as free.
    """
    unread = isinstance(error, ValidationError | OutputParserException)
    return unread or hasattr(error, "completion")


def is_cache_hit(message: BaseMessage) -> bool:
    """Whether LangChain answered from its own cache, so that nothing was billed."""
    reported: Mapping[str, Any] | None = getattr(message, "usage_metadata", None)
    # LangChain marks a hit by a zero `total_cost`, which no provider reports.
    return bool(reported) and reported is not None and reported.get("total_cost") == 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value <= _MOST_TOKENS


def _count(value: Any) -> int:
    return value if _is_count(value) else 0
