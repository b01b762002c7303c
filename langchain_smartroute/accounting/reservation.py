"""What a call reserves on spend limits, and the errors of calls that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_smartroute.accounting.amounts import usd
from langchain_smartroute.accounting.limits import SpendLimit, Window
from langchain_smartroute.errors import SpendLimitExceededError
from langchain_smartroute.state import Claim, Refusal

__all__ = [
    "NO_KEY",
    "PlannedCall",
    "Reservation",
    "Share",
    "exceeded_error",
    "unknown_price_error",
]

NO_KEY = "(none)"
"""Stands for the caller of calls without the key of a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that has not been made yet.

    Attributes:
        alias: Alias of the candidate.
        request_id: Id of its request.
        metadata: The run's metadata, which identify the caller.
        tokens: Upper bound of its tokens.
        cost: Upper bound of its cost, in units of 10⁻¹² US dollars; `None`: unknown.
    """

    alias: str
    request_id: str
    metadata: Mapping[str, Any]
    tokens: int
    cost: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The amount of a call on one limit.

    Attributes:
        limit: The limit.
        window: Its period at the time of the call.
        whose: Value of the limit's key for the caller; empty: the limit has none.
        claim: The reserved amount, and the counter that it is taken from.
    """

    limit: SpendLimit
    window: Window
    whose: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A reservation for a call.

    Attributes:
        lease: Id of the lease.
        shares: The amount on each limit.
        held_until: Time on the monotonic clock until which the lease exists; 0: it may not exist,
            as the state was unavailable.
    """

    lease: str
    shares: tuple[Share, ...]
    held_until: float = 0.0

    def amounts(self, *, tokens: int | None, cost: int | None) -> Iterator[tuple[Share, int]]:
        """The charge on each limit; for an unknown amount, the whole reservation."""
        for share in self.shares:
            amount = cost if share.limit.tokens is None else tokens
            yield share, share.claim.amount if amount is None else amount


def unknown_price_error(call: PlannedCall, limit: SpendLimit) -> SpendLimitExceededError:
    """The error for a call of unknown price under a limit in dollars."""
    return SpendLimitExceededError(
        f"the price of {call.alias} is unknown, so it never fits the limit {limit}; name it"
        " in prices=, or limit tokens",
        limit_usd=None,
        excluded={},
        limit=limit,
    )


def exceeded_error(call: PlannedCall, share: Share, refusal: Refusal) -> SpendLimitExceededError:
    """The error for a call that a limit has no room for.

    Args:
        call: The call.
        share: Its amount on that limit.
        refusal: What the state says of the limit's counter.
    """
    limit, claim, standing = share.limit, share.claim, refusal.standing
    whose = f" for {limit.per} {share.whose!r}" if limit.per else ""
    if limit.per and share.whose == NO_KEY:
        whose = f' for calls without config={{"metadata": {{"{limit.per}": …}}}}'
    ends = share.window.ends
    frees = f"; it is free again at {ends.isoformat()}" if ends is not None else ""
    if claim.amount > limit.ceiling:
        frees = (
            ", which is more than the whole limit: raise it, set max_tokens, lower"
            ' answer_room_tokens, or choose on_limit="cheapest"'
        )
    return SpendLimitExceededError(
        f"limit {limit}{whose}: {limit.shown(standing.spent)} are spent and"
        f" {limit.shown(standing.held)} reserved, and a call of {call.alias} may come to"
        f" {limit.shown(claim.amount)}{frees}",
        limit_usd=None if limit.tokens is not None else usd(limit.ceiling),
        excluded={},
        limit=limit,
        spent=units_of(limit, standing.spent),
        reserved=units_of(limit, standing.held),
        needed=units_of(limit, claim.amount),
        frees_at=ends,
    )


def units_of(limit: SpendLimit, units: int) -> Decimal | int:
    """An amount of a counter in US dollars, or in tokens where the limit is."""
    return units if limit.tokens is not None else usd(units)


def whose_of(limit: SpendLimit, metadata: Mapping[str, Any]) -> str:
    """The caller whom a limit counts for, as its counter has it."""
    return str(metadata.get(limit.per) or NO_KEY) if limit.per else ""
