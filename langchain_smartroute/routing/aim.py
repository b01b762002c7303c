"""The aim of a quality policy: the required quality, or its value in money."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_smartroute.types import Tier

__all__ = ["AIMS", "MUCH", "ROUNDING", "TIER_KEEPS", "Aim", "Offer", "dearness", "weakness"]

TIER_KEEPS: dict[Tier, float] = {"budget": 0.85, "balanced": 0.95, "quality": 1.0}
"""Tier → default share of the best candidate's predicted quality to keep."""

_SHARES, _WORTH = ("bar", "keep", "give_up"), "worth_usd"

AIMS = frozenset((*_SHARES, _WORTH))
"""Names of the ways to state an aim."""

ROUNDING = 1e-12
"""Tolerance for rounding, so that a candidate exactly at a bar passes it."""


MUCH = 4.0
"""Factor in quality per price from which on a more expensive candidate is preferred."""


class Offer(NamedTuple):
    """Expected quality and cost of one candidate.

    Attributes:
        alias: The candidate.
        quality: Expected quality of its answer, in [0, 1].
        cost_usd: Expected cost of a call in US dollars; `None`: unknown.
    """

    alias: str
    quality: float
    cost_usd: Decimal | None

    def fits(self, ceiling: Decimal) -> bool:
        """Whether its cost is known and not above a ceiling."""
        return self.cost_usd is not None and self.cost_usd <= ceiling


_FREE = Decimal(0)


def dearness(offer: Offer) -> tuple[bool, Decimal, float]:
    """Sort key: cheapest first, unknown prices last, ties by quality."""
    cost = offer.cost_usd
    return cost is None, _FREE if cost is None else cost, -offer.quality


def weakness(offer: Offer) -> tuple[float, bool, Decimal]:
    """Sort key: best first, ties by cost."""
    cost = offer.cost_usd
    return -offer.quality, cost is None, _FREE if cost is None else cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The required quality; at most one attribute is given.

    Attributes:
        bar: Minimum expected quality. The cheapest candidate that reaches it is chosen, or one
            that costs a little more and is much better.
        keep: Minimum share of the best candidate's quality; likewise.
        give_up: Maximum loss of quality against the best candidate; likewise.
        worth_usd: Value of quality 1 compared with 0, in US dollars: the candidate with the
            highest value minus cost is chosen.

    Raises:
        ConfigurationError: If more than one is given, or one is out of range.

    Example:
        >>> from decimal import Decimal
        >>> offers = [Offer("large", 0.9, Decimal("0.01")), Offer("small", 0.88, Decimal("0.001"))]
        >>> Aim(keep=0.95).choose(offers, task="math")
        ('small', 'predicted 0.88 for math, bar 0.85 (95% of large); cheapest of 2 that clear it')
    """

    bar: float | None = None
    keep: float | None = None
    give_up: float | None = None
    worth_usd: Decimal | None = None

    def __post_init__(self) -> None:
        """Validate the values."""
        names = [n for n in (*_SHARES, _WORTH) if getattr(self, n) is not None]
        faults = []
        if len(names) > 1:
            faults.append(f"{', '.join(names)}: give one of them, as each says what to aim at")
        for name in _SHARES:
            value = getattr(self, name)
            if value is not None and not _is_share(value):
                faults.append(f"{name} = {value!r}: must be a number from 0 to 1, such as 0.9")
        worth: Any = self.worth_usd
        if worth is not None and not (
            isinstance(worth, Decimal) and worth.is_finite() and worth > 0
        ):
            faults.append(
                f"worth_usd = {worth!r}: must be a Decimal above zero, such as Decimal('1')"
            )
        if faults:
            raise ConfigurationError(*faults)

    @property
    def is_open(self) -> bool:
        """Whether no attribute is given, so that the tier decides."""
        return self.worth_usd is None and self.bar is self.keep is self.give_up is None

    @property
    def given(self) -> dict[str, Any]:
        """The given attribute, by name."""
        values = ((name, getattr(self, name)) for name in (*_SHARES, _WORTH))
        return {name: value for name, value in values if value is not None}

    def choose(
        self, offers: Iterable[Offer], *, task: str, full_usd: Decimal | None = None
    ) -> tuple[str, str]:
        """Choose a candidate, with a reason.

        Args:
            offers: At least one, in the order of their `weakness`; read as far as they clear
                the bar.
            task: Name of the task, for the reason.
            full_usd: Cost of the candidate that is best at such requests in general; `None`: of
                the one that is best at this request.
        """
        if self.worth_usd is not None:
            return self._most_worth([*offers], task=task)
        weaker = iter(offers)
        best = next(weaker)
        bar, words = self._bar(best)
        least = bar - ROUNDING
        if best.quality < least:
            why = f"best of {1 + len([*weaker])}, as none clears the bar {bar:.2f}"
            return best.alias, f"predicted {best.quality:.2f} for {task}: {why}"
        clear = [best, *takewhile(lambda offer: offer.quality >= least, weaker)]
        cheapest = min(clear, key=dearness)
        full = best.cost_usd if full_usd is None else full_usd
        chosen = cheapest
        if full is not None and len(clear) > 1:
            chosen = _bargain(clear, cheapest, allowed=best.quality - bar, full=full)
        which = "cheapest" if chosen is cheapest else "best bargain"
        count = (
            f"{which} of {len(clear)} that clear it" if len(clear) > 1 else "nobody else clears it"
        )
        return chosen.alias, f"predicted {chosen.quality:.2f} for {task}, bar {words}; {count}"

    def _bar(self, best: Offer) -> tuple[float, str]:
        if self.bar is not None:
            return self.bar, f"{self.bar:.2f}"
        if self.give_up is not None:
            bar = best.quality - self.give_up
            return bar, f"{bar:.2f} ({self.give_up:.2f} below {best.alias})"
        keep = 1.0 if self.keep is None else self.keep
        bar = best.quality * keep
        return bar, f"{bar:.2f} ({keep:.0%} of {best.alias})"

    def _most_worth(self, offers: Sequence[Offer], *, task: str) -> tuple[str, str]:
        """The candidate with the highest value minus cost, among those with a known price."""
        priced = [offer for offer in offers if offer.cost_usd is not None] or list(offers)
        worth = float(self.worth_usd or 0)

        def lack(offer: Offer) -> tuple[float, tuple[bool, Decimal, float]]:
            return float(offer.cost_usd or 0) - offer.quality * worth, dearness(offer)

        chosen = min(priced, key=lack)
        return chosen.alias, (
            f"predicted {chosen.quality:.2f} for {task}: worth most beyond its price of"
            f" {len(priced)}, at ${self.worth_usd:f} for a right answer"
        )


def _bargain(clear: Sequence[Offer], cheapest: Offer, *, allowed: float, full: Decimal) -> Offer:
    """The cheapest candidate above a bar, unless one for a little more is much better.

    Accepting a loss of `allowed` to save the difference between the full price and the cheapest
    one implies a price of quality. A candidate that gives several times as much quality for its
    additional cost is chosen instead of the cheapest, as mixing the cheapest and the best would
    be worse than using this one for everything. This cannot occur with two candidates.
    """
    cheapest_usd = cheapest.cost_usd
    if cheapest_usd is None or full <= cheapest_usd or allowed <= 0:
        return cheapest
    range_usd = float(full - cheapest_usd)

    def surplus(offer: Offer) -> float:
        extra_usd = float((offer.cost_usd or _FREE) - cheapest_usd)
        return (offer.quality - cheapest.quality) * range_usd - MUCH * extra_usd * allowed

    priced = [offer for offer in clear if offer.cost_usd is not None]
    bargain = max(priced, key=surplus)
    return bargain if surplus(bargain) > ROUNDING * range_usd else cheapest


def _is_share(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= 1
