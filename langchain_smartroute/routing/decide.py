"""The decision: features × catalog × rules × limits → one `RoutingDecision`.

Pure and replayable: no I/O, no model call, no clock, no randomness; the
decision's id is a parameter. Dispatch is in the manner of a RunnableBranch:
rules in order, then the routing table, then the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from langchain_smartroute.errors import SpendLimitExceededError
from langchain_smartroute.routing.feasible import (
    ESTIMATE_SLACK,
    estimated_cost_usd,
    exclusions,
)
from langchain_smartroute.routing.infeasible import nothing_feasible, pinned_infeasible
from langchain_smartroute.types import TIERS, RoutingDecision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.rules import Rule
    from langchain_smartroute.types import RequestFeatures, Tier

__all__ = ["POLICY", "OnLimit", "TablePolicy"]

POLICY = "table/1"
"""Name and version of the policy; the version rises when equal input may decide otherwise."""

OnLimit = Literal["cheapest", "raise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePolicy:
    """Decides by rules and routing table.

    Attributes:
        catalog: The candidates and the table.
        rules: Asked in order before the table.
        fallbacks: Alias → aliases to try first when it fails.
        max_attempts: The most candidates in a chain.
        on_limit: What to do when nothing fits `max_cost_usd`: take the
            `cheapest` candidate all the same, or `raise`.
    """

    catalog: Catalog
    rules: tuple[Rule, ...] = ()
    fallbacks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_attempts: int = 3
    on_limit: OnLimit = "raise"

    def decide(
        self,
        features: RequestFeatures,
        options: RouteOptions,
        *,
        decision_id: str,
        unavailable: Mapping[str, str] | None = None,
    ) -> RoutingDecision:
        """Choose the chain of candidates for a request.

        Args:
            features: What is known of the request.
            options: What the caller chose for it.
            decision_id: The id of the decision to make.
            unavailable: Alias → why its breaker lets nothing through now, in the
                order in which they are tried if nobody else can be.

        Returns:
            The decision; the same for the same input.

        Raises:
            NoFeasibleModelError: If the hard limits leave no candidate, or not
                the one that the caller asked for.
            SpendLimitExceededError: If nothing fits the price ceiling and
                `on_limit` is `raise`.
        """
        return _Choice(self, features, options, unavailable or {}).decision(decision_id)


class _Choice:
    """One run of the policy: what is excluded, what is wanted, in which order."""

    def __init__(
        self,
        policy: TablePolicy,
        features: RequestFeatures,
        options: RouteOptions,
        unavailable: Mapping[str, str],
    ) -> None:
        self.policy = policy
        self.features = features
        self.options = options
        self.models = policy.catalog.models
        self.notes: list[str] = []
        self.excluded = exclusions(features, self.models)
        if len(self.excluded) == len(self.models) or options.model in self.excluded:
            self._allow_for_the_estimate()
        self._leave_alone(unavailable)

    def decision(self, decision_id: str) -> RoutingDecision:
        if len(self.excluded) == len(self.models):
            raise nothing_feasible(self.features, self.policy.catalog, self.excluded)
        chain = self._chain()
        aliases = tuple(chain)
        features = self.features
        return RoutingDecision(
            id=decision_id,
            model=aliases[0],
            chain=aliases,
            chain_reasons=chain,
            excluded=self.excluded,
            task=features.task,
            difficulty=features.difficulty,
            tier=self.options.tier,
            scores=features.scores,
            estimated_cost_usd=self._estimate(aliases[0]),
            policy=POLICY,
            reason=chain[aliases[0]],
            notes=tuple(self.notes),
            classified_by=features.classified_by,
        )

    def _allow_for_the_estimate(self) -> None:
        """Try what may fit, as the estimate errs high, rather than give up on it."""
        likely = exclusions(self.features, self.models, slack=ESTIMATE_SLACK)
        pinned = self.options.model
        regained = [a for a in self.excluded if a not in likely and pinned in (None, a)]
        for alias in regained:
            why = self.excluded.pop(alias)
            self.notes.append(f"{alias} is tried although its {why}: the estimate errs high")

    def _leave_alone(self, unavailable: Mapping[str, str]) -> None:
        """Rule out those whose breaker is open; if that leaves nobody, the first of them stays."""
        left = [a for a in self.models if a not in self.excluded]
        able = {a: why for a, why in unavailable.items() if a in left}
        left = [a for a in left if self._above_ceiling(a) is None] or left
        if left and all(alias in able for alias in left):
            alias = next(alias for alias in able if alias in left)
            why = able.pop(alias)
            self.notes.append(f"{alias} is tried although {why}: nobody else can serve this")
        self.unavailable = able
        self.excluded |= able

    def _chain(self) -> dict[str, str]:
        """Alias → why, in order, cut to the most attempts."""
        wanted = list(self._asked_for()) or list(self._by_table())
        if all(alias in self.excluded for alias, _ in wanted):
            wanted = list(self._others())
        if self.options.max_cost_usd is not None:
            wanted = self._within_ceiling(wanted, self.options.max_cost_usd)
        chain: dict[str, str] = {}
        route = next((alias, why) for alias, why in wanted if alias not in self.excluded)
        for alias, why in (route, *self._others()):
            if alias in chain or alias in self.excluded:
                continue
            chain[alias] = why
            for own in self.policy.fallbacks.get(alias, ()):
                if own not in self.excluded:
                    chain.setdefault(own, f"fallback of {alias}")
        return dict(list(chain.items())[: self.policy.max_attempts])

    def _asked_for(self) -> Iterator[tuple[str, str]]:
        """The caller's model, or the target of the first rule that holds."""
        pinned = self.options.model
        if pinned is not None:
            if pinned in self.unavailable:
                self.notes.append(f"{pinned} was asked for, but {self.unavailable[pinned]}")
                return
            if pinned in self.excluded:
                raise pinned_infeasible(pinned, self.features, self.policy.catalog, self.excluded)
            yield pinned, "asked for by the caller"
            return
        for rule in self.policy.rules:
            if not rule.matches(self.features):
                continue
            why_not = self.excluded.get(rule.use) or self._above_ceiling(rule.use)
            if why_not is None:
                yield rule.use, f"rule {rule.label!r}"
                return
            self.notes.append(f"rule {rule.label!r} wanted {rule.use}: {why_not}")

    def _by_table(self) -> Iterator[tuple[str, str]]:
        """The caller's tier, then the tiers below it where a ceiling is set."""
        cell = self._cell(self.options.tier)
        if cell is None:
            why = f"default, as the table has no task {self.features.task!r}"
            yield self.policy.catalog.default_alias, why
            return
        yield cell
        if self.options.max_cost_usd is not None:
            for tier in reversed(TIERS[: TIERS.index(self.options.tier)]):
                lower = self._cell(tier)
                if lower is not None:
                    yield lower

    def _others(self) -> Iterator[tuple[str, str]]:
        """Who comes after the route: higher tiers, then the best of the rest.

        The default is one of the rest.
        """
        for tier in TIERS[TIERS.index(self.options.tier) + 1 :]:
            cell = self._cell(tier)
            if cell is not None:
                yield cell
        if "image" in self.features.inputs:
            # A task's own models may not see; those that the table names for vision do.
            sees = self._cell(self.options.tier, task="vision")
            if sees is not None:
                yield sees
        yield from self._by_prior()

    def _by_prior(self) -> list[tuple[str, str]]:
        task = self.features.task

        def rank(alias: str) -> tuple[float, tuple[bool, Decimal]]:
            return -self.models[alias].quality.get(task, 0.0), self._cost_rank(alias)

        ranked = sorted((a for a in self.models if a not in self.excluded), key=rank)
        return [(alias, f"next best for {task} by quality prior") for alias in ranked]

    def _cell(self, tier: Tier, *, task: str | None = None) -> tuple[str, str] | None:
        task = task or self.features.task
        alias = self.policy.catalog.table.look_up(task, tier, self.features.difficulty)
        return None if alias is None else (alias, f"{task} in tier {tier} of the routing table")

    def _within_ceiling(
        self, wanted: list[tuple[str, str]], ceiling: Decimal
    ) -> list[tuple[str, str]]:
        """Rule out what costs too much; where nothing wanted is left, do as `on_limit` says."""
        too_dear = {
            alias: why
            for alias in self.models
            if alias not in self.excluded and (why := self._price_fault(alias, ceiling))
        }
        feasible = [alias for alias in self.models if alias not in self.excluded]
        self.excluded |= too_dear
        if any(alias not in self.excluded for alias, _ in wanted):
            return wanted
        if self.policy.on_limit == "raise" or self.options.model is not None:
            raise SpendLimitExceededError(
                f"max_cost_usd = {ceiling:f} is below the estimate of every model that tier"
                f" {self.options.tier!r} and the tiers below send this request to; raise it,"
                ' shorten the prompt, set max_tokens, or choose on_limit="cheapest":',
                limit_usd=ceiling,
                excluded=self.excluded,
            )
        cheapest = min(feasible, key=self._cost_rank)
        why = self.excluded.pop(cheapest, "within the ceiling")
        return [(cheapest, f"the cheapest candidate, as nothing wanted fits: {why}")]

    def _above_ceiling(self, alias: str) -> str | None:
        ceiling = self.options.max_cost_usd
        return None if ceiling is None else self._price_fault(alias, ceiling)

    def _price_fault(self, alias: str, ceiling: Decimal) -> str | None:
        cost = self._estimate(alias)
        if cost is None:
            return f"its price is unknown, so it never fits max_cost_usd {ceiling:f}"
        if cost > ceiling:
            return f"estimate of ${cost:f} is above max_cost_usd {ceiling:f}"
        return None

    def _estimate(self, alias: str) -> Decimal | None:
        return estimated_cost_usd(self.features, self.models[alias])

    def _cost_rank(self, alias: str) -> tuple[bool, Decimal]:
        """Cheapest first, unknown prices last."""
        cost = self._estimate(alias)
        return cost is None, cost or Decimal(0)
