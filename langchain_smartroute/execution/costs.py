"""What an answer or a failure of a candidate cost, as far as it says so itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_smartroute.catalog import cost_usd, is_cache_hit, usage_of_answer, usage_of_failure
from langchain_smartroute.execution.answers import INFO_KEY
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from langchain_smartroute.execution.link import Link

__all__ = ["cost_of_answer", "cost_of_failure", "told_by_router"]


def cost_of_answer(
    message: AIMessage, link: Link, *, input_tokens: int
) -> tuple[Usage | None, Decimal | None]:
    """What an answer, or the part of it that arrived, used and cost.

    Args:
        message: The answer.
        link: The candidate that gave it.
        input_tokens: The estimate of the request, for answers without usage.

    Returns:
        Tokens and US dollars. The tokens are `None` where they are not those of one model
        run: a candidate that is a router itself has counted its cost already, and what other
        candidates of several models cost is unknown.
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
    """What a failure used and cost before anything of an answer had arrived.

    Args:
        error: How the candidate failed.
        link: The candidate.
        input_tokens: The estimate of the request.

    Returns:
        Tokens and US dollars: those that the error tells; the input and `None` (unknown) for
        an answer that could not be read; else nothing, as no provider bills for it.
    """
    usage = usage_of_failure(None, error, cancelled=False, input_tokens=input_tokens)
    if usage.estimated:
        return usage, None
    return usage, cost_usd(usage, link.price) if usage.total_tokens else Decimal(0)


def told_by_router(message: AIMessage, name: str) -> Decimal | None:
    """An amount that an answer carries from a router below this one; `None`: it does not.

    Args:
        message: The answer.
        name: `cost` or `baseline_cost`.
    """
    info: Mapping[str, Any] = message.response_metadata.get(INFO_KEY) or {}
    amount = info.get(name)
    return None if amount is None else Decimal(amount)
