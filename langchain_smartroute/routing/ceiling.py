"""What a call may cost: estimates, and what is above a caller's ceiling.

A ceiling is held against full prices: whether a prompt cache still holds is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.errors import SpendLimitExceededError

if TYPE_CHECKING:
    from langchain_smartroute.routing.roster import Roster
    from langchain_smartroute.types import RequestFeatures

__all__ = ["Estimates", "above_ceiling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """What a request would cost at each candidate.

    Attributes:
        features: What is known of the request.
        roster: The candidates.
    """

    features: RequestFeatures
    roster: Roster

    def cost_usd(self, alias: str) -> Decimal | None:
        """What one call is expected to cost at full price; `None` when unknown."""
        return self.roster.cost_usd(alias, self.features)

    def rank(self, alias: str) -> tuple[bool, Decimal]:
        """Cheapest first, unknown prices last."""
        cost = self.cost_usd(alias)
        return cost is None, cost or Decimal(0)

    def fault(self, alias: str, ceiling: Decimal) -> str | None:
        """Why a candidate does not fit a ceiling; `None` where it does."""
        cost = self.cost_usd(alias)
        if cost is None:
            return f"its price is unknown, so it never fits max_cost_usd {ceiling:f}"
        if cost > ceiling:
            return f"estimate of ${cost:f} is above max_cost_usd {ceiling:f}"
        return None


def above_ceiling(
    ceiling: Decimal, *, reach: str, excluded: Mapping[str, str]
) -> SpendLimitExceededError:
    """The error for a ceiling that nothing wanted fits.

    Args:
        ceiling: What was too low.
        reach: Whom it was held to, in words.
        excluded: Alias → reason.
    """
    return SpendLimitExceededError(
        f"max_cost_usd = {ceiling:f} is below the estimate of every {reach}; raise it,"
        ' shorten the prompt, set max_tokens, or choose on_limit="cheapest":',
        limit_usd=ceiling,
        excluded=excluded,
    )
