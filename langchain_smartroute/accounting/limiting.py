"""Spend limits of one request: which candidates they apply to, and substitutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable

from langchain_smartroute.accounting.guard import Guard, GuardedCandidate
from langchain_smartroute.accounting.limits import OnLimitReached
from langchain_smartroute.accounting.spending import Spending
from langchain_smartroute.catalog import ModelSpec, cost_usd
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_smartroute.errors import SpendLimitExceededError
    from langchain_smartroute.types import RoutingDecision

__all__ = ["LimitedRequest", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedRequest:
    """The limits for one request.

    Attributes:
        spares: Candidates that are only called in place of one refused by a limit.
        cheapest: The cheapest candidate that can serve the request.
        asked_at: Time of the request.
        room: Maximum output tokens that the caller set, if any.
        extra_tokens: Upper bound of the tokens of tools and schema.
        limits: The limits.
    """

    spares: tuple[str, ...]
    cheapest: str
    asked_at: datetime | None
    room: int | None
    extra_tokens: int
    limits: Limits

    def guarded(
        self,
        inner: Runnable[Any, Any],
        spec: ModelSpec,
        *,
        composite: bool,
        own_room: int | None = None,
    ) -> GuardedCandidate:
        """Apply the limits to a candidate.

        Args:
            inner: The runnable that calls it.
            spec: Its spec.
            composite: Whether it may be several models, which need not accept maximum output
                tokens as an argument.
            own_room: Maximum output tokens that were set on the model itself, if any.
        """
        guard = Guard(
            spending=self.limits.spending,
            spec=spec,
            price=spec.price_at(self.asked_at),
            room=own_room or self.room,
            extra_tokens=self.extra_tokens,
            sets_room=not composite,
            stand_in=self._stand_in,
            is_late=self.limits.is_late,
            has_begun=self.limits.has_begun,
        )
        return GuardedCandidate(inner, guard)

    def _stand_in(self, error: SpendLimitExceededError) -> str | None:
        on_limit = self.limits.on_limit
        if callable(on_limit):
            return on_limit(error)
        return self.cheapest if on_limit == "cheapest" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The spend limits of a router.

    Attributes:
        spending: Reserves and settles amounts.
        on_limit: What to do when a limit refuses a call: `raise`, call the `cheapest` candidate
            instead, or a function from the error to the alias to call.
        is_late: Whether the time of the call under way is up.
        has_begun: Whether its server has begun to answer.
    """

    spending: Spending
    on_limit: OnLimitReached = "raise"
    is_late: Callable[[], bool] = bool
    has_begun: Callable[[], bool] = bool

    def on(
        self,
        decision: RoutingDecision,
        specs: Mapping[str, ModelSpec],
        *,
        input_tokens: int,
        room: int | None,
        tool_tokens: int,
        asked_at: datetime,
    ) -> LimitedRequest:
        """The limits for a request.

        Args:
            decision: The decision for it.
            specs: Alias → spec, of all candidates of the router.
            input_tokens: Estimated input tokens, to find the cheapest candidate.
            room: Maximum output tokens that the caller set, if any.
            tool_tokens: Estimated tokens of tools and schema.
            asked_at: Time of the request.
        """
        usage = Usage(input_tokens=input_tokens, output_tokens=room or 0)

        def rank(alias: str) -> tuple[bool, Decimal]:
            cost = cost_usd(usage, specs[alias].price_at(asked_at))
            return cost is None, cost or Decimal(0)

        feasible = [alias for alias in specs if alias not in decision.excluded]
        cheapest = min(feasible, key=rank)
        others = tuple(alias for alias in feasible if alias not in decision.chain)
        if self.on_limit == "raise":
            others = ()
        elif self.on_limit == "cheapest":
            others = tuple(alias for alias in others if alias == cheapest)
        return LimitedRequest(
            spares=others,
            cheapest=cheapest,
            asked_at=asked_at,
            room=room,
            # The estimate assumes three bytes per token; a token has at least one byte.
            extra_tokens=4 * tool_tokens,
            limits=self,
        )
