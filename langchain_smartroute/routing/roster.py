"""Precomputed data of the candidates that does not depend on the request.

A decision is made for every request, so everything that depends on the catalog alone is
computed once. Decisions remain pure functions of their input.
"""

from __future__ import annotations

from decimal import Context, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from langchain_smartroute.routing.feasible import (
    ANSWER_ROOM_TOKENS,
    estimated_cost_usd,
    room_fault,
    standing_fault,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from langchain_smartroute.catalog import Catalog, ModelSpec
    from langchain_smartroute.types import RequestFeatures

__all__ = ["Roster"]

_EXACT = Context(prec=60)
"""A decimal context of sufficient precision, independent of the caller's own."""

_multiply = _EXACT.multiply
_MILLION_DIGITS = 6


class _FlatRates(NamedTuple):
    """A price with flat rates, as integers times a power of ten."""

    request: int
    input: int
    output: int
    unit: Decimal


class Roster:
    """The candidates of a catalog, prepared for decisions.

    Args:
        catalog: The candidates and the table.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.models = catalog.models
        self._standing: dict[Hashable, dict[str, str]] = {}
        self._ranked: dict[str, tuple[tuple[str, ...], ...]] = {}
        specs = tuple(self.models.values())
        self._rates = {spec.alias: _flat_rates(spec) for spec in specs}
        self._window = _minimum(spec.context_window for spec in specs)
        self._longest = _minimum(spec.max_output_tokens for spec in specs)

    def exclusions(self, features: RequestFeatures, *, slack: float = 1.0) -> dict[str, str]:
        """Find the candidates that cannot serve a request.

        Args:
            features: Features of the request.
            slack: Factor by which the input estimate may be too high.

        Returns:
            Alias → reason.
        """
        standing = self._standing_faults(features)
        if self._fits_everywhere(features):
            return dict(standing)
        faults = (
            (alias, standing.get(alias) or room_fault(features, spec, slack))
            for alias, spec in self.models.items()
        )
        return {alias: why for alias, why in faults if why is not None}

    def cost_usd(self, alias: str, features: RequestFeatures) -> Decimal | None:
        """The same as `estimated_cost_usd`, faster for flat rates."""
        rates, tokens, room = self._rates[alias], features.input_tokens, features.answer_tokens
        if room is None:
            room = ANSWER_ROOM_TOKENS
        if rates is None or not tokens or not room:
            return estimated_cost_usd(features, self.models[alias])
        request, input_, output, unit = rates
        return _multiply(Decimal(request + tokens * input_ + room * output), unit)

    def by_prior(self, task: str) -> tuple[tuple[str, ...], ...]:
        """The candidates by descending prior for a task, in groups of equal priors."""
        groups = self._ranked.get(task)
        if groups is None:

            def falling(alias: str) -> float:
                return -self.models[alias].quality.get(task, 0.0)

            ordered = sorted(self.models, key=falling)
            groups = tuple(tuple(equals) for _, equals in groupby(ordered, key=falling))
            if task in self.catalog.table.rows:
                self._ranked[task] = groups
        return groups

    def _standing_faults(self, features: RequestFeatures) -> dict[str, str]:
        kind = (
            features.inputs,
            features.tools > 0,
            features.tool_choice,
            features.schema,
        )
        standing = self._standing.get(kind)
        if standing is None:
            faults = ((a, standing_fault(features, spec)) for a, spec in self.models.items())
            standing = {alias: why for alias, why in faults if why is not None}
            self._standing[kind] = standing
        return standing

    def _fits_everywhere(self, features: RequestFeatures) -> bool:
        """Whether prompt and answer fit even into the smallest window."""
        room = features.answer_tokens
        if room is not None and self._longest is not None and room > self._longest:
            return False
        needed = features.input_tokens + (ANSWER_ROOM_TOKENS if room is None else room)
        return self._window is None or needed <= self._window


def _minimum(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _flat_rates(spec: ModelSpec) -> _FlatRates | None:
    """The rates of a model whose price does not depend on time or length."""
    if len(spec.prices) != 1 or spec.prices[0].variants:
        return None
    price = spec.prices[0]
    rates = (
        _EXACT.multiply(price.request_usd or Decimal(0), Decimal(1_000_000)),
        price.input_usd_per_mtok,
        price.output_usd_per_mtok,
    )
    exponent = min(0, *(_exponent(rate) for rate in rates))
    request, input_, output = (int(_EXACT.scaleb(rate, -exponent)) for rate in rates)
    return _FlatRates(request, input_, output, Decimal((0, (1,), exponent - _MILLION_DIGITS)))


def _exponent(rate: Decimal) -> int:
    exponent = rate.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
