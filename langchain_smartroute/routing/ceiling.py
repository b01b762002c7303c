"""What a call may cost: estimates, and what is above a caller's ceiling.

A ceiling is held against full prices: whether a prompt cache still holds is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.errors import SpendLimitExceededError
from langchain_smartroute.routing.feasible import estimated_cost_usd

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.types import RequestFeatures, Tier

__all__ = ["Estimates", "above_ceiling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """What a request would cost at each candidate.

    Attributes:
        features: What is known of the request.
        models: Alias → spec.
    """

    features: RequestFeatures
    models: Mapping[str, ModelSpec]

    def rank(self, alias: str) -> tuple[bool, Decimal]:
        """Cheapest first, unknown prices last."""
        cost = estimated_cost_usd(self.features, self.models[alias])
        return cost is None, cost or Decimal(0)

    def fault(self, alias: str, ceiling: Decimal) -> str | None:
        """Why a candidate does not fit a ceiling; `None` where it does."""
        cost = estimated_cost_usd(self.features, self.models[alias])
        if cost is None:
            return f"its price is unknown, so it never fits max_cost_usd {ceiling:f}"
        if cost > ceiling:
            return f"estimate of ${cost:f} is above max_cost_usd {ceiling:f}"
        return None


def above_ceiling(
    ceiling: Decimal, *, tier: Tier, excluded: Mapping[str, str]
) -> SpendLimitExceededError:
    """The error for a ceiling that nothing wanted fits."""
    return SpendLimitExceededError(
        f"max_cost_usd = {ceiling:f} is below the estimate of every model that tier"
        f" {tier!r} and the tiers below send this request to; raise it,"
        ' shorten the prompt, set max_tokens, or choose on_limit="cheapest":',
        limit_usd=ceiling,
        excluded=excluded,
    )
