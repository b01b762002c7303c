"""Cost estimates, and the caller's ceiling on them.

A ceiling is compared with full prices, as the state of a prompt cache is not known.
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
    """Estimated cost of a request for each candidate.

    Attributes:
        features: Features of the request.
        roster: The candidates.
    """

    features: RequestFeatures
    roster: Roster

    def cost_usd(self, alias: str) -> Decimal | None:
        """Estimated cost of one call at full price; `None` when unknown."""
        return self.roster.cost_usd(alias, self.features)

    def rank(self, alias: str) -> tuple[bool, Decimal]:
        """Sort key: cheapest first, unknown prices last."""
        cost = self.cost_usd(alias)
        return cost is None, cost or Decimal(0)

    def fault(self, alias: str, ceiling: Decimal) -> str | None:
        """Why a candidate is above a ceiling; `None` if it is not."""
        cost = self.cost_usd(alias)
        if cost is None:
            return f"its price is unknown, so it never fits max_cost_usd {ceiling:f}"
        if cost > ceiling:
            return f"estimate of ${cost:f} is above max_cost_usd {ceiling:f}"
        return None


def above_ceiling(
    ceiling: Decimal, *, reach: str, excluded: Mapping[str, str]
) -> SpendLimitExceededError:
    """The error for a ceiling below all wanted candidates.

    Args:
        ceiling: The ceiling in US dollars.
        reach: Description of the candidates compared.
        excluded: Alias → reason.
    """
    return SpendLimitExceededError(
        f"max_cost_usd = {ceiling:f} is below the estimate of every {reach}; raise it,"
        ' shorten the prompt, set max_tokens, or choose on_limit="cheapest":',
        limit_usd=ceiling,
        excluded=excluded,
    )
