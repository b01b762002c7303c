"""Cost of an answer or a failure, from the data in it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_smartroute.catalog import (
    cost_usd,
    is_cache_hit,
    is_lost,
    usage_of_answer,
    usage_of_failure,
)
from langchain_smartroute.execution.answers import INFO_KEY
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from langchain_smartroute.execution.link import Link

__all__ = ["cost_of_answer", "cost_of_failure", "told_by_router"]


def cost_of_answer(
    message: AIMessage, link: Link, *, input_tokens: int
) -> tuple[Usage | None, Decimal | None]:
    """Usage and cost of an answer, or of the part that arrived.

    Args:
        message: The answer.
        link: The candidate that gave it.
        input_tokens: Estimated tokens of the request, for answers without usage.

    Returns:
        Tokens and US dollars. Tokens are `None` where they are not those of one model run: a
        candidate that is a router itself reports its own cost, and the cost of other candidates
        with several models is unknown.
    """
    if is_cache_hit(message):
        return Usage(), Decimal(0)
    if INFO_KEY in message.response_metadata:
        return None, told_by_router(message, "cost")
    if link.composite:
        return None, None
    usage = usage_of_answer(message, input_tokens=input_tokens)
    return usage, cost_usd(usage, link.price)


def cost_of_failure(
    error: Exception, link: Link, *, input_tokens: int
) -> tuple[Usage, Decimal | None]:
    """Usage and cost of a failure before any part of an answer had arrived.

    Args:
        error: The candidate's exception.
        link: The candidate.
        input_tokens: Estimated tokens of the request.

    Returns:
        Tokens and US dollars: those in the error; the input and `None` (unknown) for an answer
        that could not be read; else zero, as providers do not bill for failures.
    """
    usage = usage_of_failure(None, error, cancelled=False, input_tokens=input_tokens)
    if is_lost(None, error):
        return usage, None
    return usage, cost_usd(usage, link.price) if usage.total_tokens else Decimal(0)


def told_by_router(message: AIMessage, name: str) -> Decimal | None:
    """An amount in the account of an inner router; `None`: there is none.

    Args:
        message: The answer.
        name: `cost` or `baseline_cost`.
    """
    info: Mapping[str, Any] = message.response_metadata.get(INFO_KEY) or {}
    amount = info.get(name)
    return None if amount is None else Decimal(amount)
