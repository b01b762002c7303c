"""Totals of calls, from daily sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from langchain_smartroute.accounting.amounts import usd
from langchain_smartroute.accounting.rollup import KEY, SUMS, Rollup, latency_s_of
from langchain_smartroute.catalog import Price, cost_usd
from langchain_smartroute.types import Usage

__all__ = ["Cell", "Tally", "at_price", "cells_of", "day_name", "percentile", "tallied"]

_ANSWERED = ("accepted", "cached")
_USAGE = tuple(name for name in SUMS if name.endswith("_tokens"))


@dataclass(frozen=True, slots=True)
class Cell:
    """The sums of one day, model, task, outcome and purpose.

    Attributes:
        key: The group of the sums; see `KEY`.
        sums: The sums by name; see `SUMS`.
    """

    key: Mapping[str, str | int]
    sums: Mapping[str, int]

    @property
    def answers(self) -> bool:
        """Whether these are answers that users got, not the router's own or discarded runs."""
        return self.key["outcome"] in _ANSWERED and self.key["purpose"] == "answer"


@dataclass(slots=True)
class Tally:
    """Totals of calls. Money is in units of 10⁻¹² US dollars internally.

    Attributes:
        sums: Each of `SUMS`.
        answers: Requests that were answered.
        requests: Requests that were made.
        overhead_units: Cost of classifiers, judges and second opinions.
        discarded_units: Cost of rejected, failed and cancelled calls.
    """

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    answers: int = 0
    requests: int = 0
    overhead_units: int = 0
    discarded_units: int = 0

    def add(self, cell: Cell) -> None:
        """Add a cell."""
        for name, amount in cell.sums.items():
            self.sums[name] += amount
        if cell.answers:
            self.answers += cell.sums["calls"]
        if cell.key["purpose"] != "answer":
            self.overhead_units += cell.sums["cost_pico"]
        else:
            self.requests += cell.sums["first_attempts"]
            if cell.key["outcome"] not in _ANSWERED:
                self.discarded_units += cell.sums["cost_pico"]

    @property
    def spent_usd(self) -> Decimal:
        """Cost of all calls with a known price."""
        return usd(self.sums["cost_pico"])

    def rate(self, name: str) -> float | None:
        """Percent of the answers that are `escalated` or `fell_back`."""
        return 100 * self.sums[name] / self.answers if self.answers else None

    @property
    def mean_latency_s(self) -> float | None:
        """Seconds per call."""
        calls = self.sums["calls"]
        return self.sums["latency_us"] / 1_000_000 / calls if calls else None


def cells_of(rollup: Rollup) -> Iterator[Cell]:
    """The sums of days, by name."""
    for key, sums in rollup.days.items():
        yield Cell(dict(zip(KEY, key, strict=True)), dict(zip(SUMS, sums, strict=True)))


def tallied(cells: Iterable[Cell], by: str | None = None) -> dict[str, Tally]:
    """Totals of cells grouped by a part of their key; without one, all under the empty name."""
    totals: dict[str, Tally] = {}
    for cell in cells:
        name = str(cell.key[by]) if by else ""
        totals.setdefault(name, Tally()).add(cell)
    return totals


def at_price(cells: Iterable[Cell], price_on: Mapping[int, Price | None]) -> Decimal | None:
    """Cost of the accepted answers at another model's price.

    Args:
        cells: What was called; answers from a cache would have cost nothing either.
        price_on: Day → the price then. What depends on a call's length, hour or service
            tier is left out, since sums of days do not know it.

    Returns:
        US dollars; `None` if a day's price is unknown.
    """
    total = Decimal(0)
    for cell in cells:
        if not cell.answers or cell.key["outcome"] == "cached":
            continue
        price = price_on[int(cell.key["day"])]
        if price is None:
            return None
        plain = price.model_copy(update={"variants": (), "request_usd": None})
        counts: dict[str, Any] = {name: cell.sums[name] for name in _USAGE}
        cost = cost_usd(Usage(**counts), plain)
        fee = (price.request_usd or Decimal(0)) * cell.sums["calls"]
        total += (cost or Decimal(0)) + fee
    return total


def percentile(rollup: Rollup, share: float, *, alias: str | None = None) -> float | None:
    """A percentile of latency in seconds, accurate to about 2.5 %."""
    steps: dict[int, int] = {}
    for (_, name, bucket), count in rollup.latencies.items():
        if alias in (None, name):
            steps[bucket] = steps.get(bucket, 0) + count
    target = share * sum(steps.values())
    cumulative = 0
    for bucket in sorted(steps):
        cumulative += steps[bucket]
        if cumulative >= target:
            return latency_s_of(bucket)
    return None


def day_name(number: int) -> str:
    """A day as text, such as `2026-11-23`."""
    return datetime.fromordinal(719_163 + number).date().isoformat()
