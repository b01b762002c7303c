"""The decision: features × catalog × rules × limits → one `RoutingDecision`.

Pure and replayable: no I/O, no model call, no clock, no randomness; the
decision's id is a parameter. Dispatch is in the manner of a RunnableBranch:
rules in order, then the routing table, then the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from langchain_smartroute.routing.ceiling import Estimates, above_ceiling
from langchain_smartroute.routing.feasible import ESTIMATE_SLACK, exclusions
from langchain_smartroute.routing.infeasible import nothing_feasible, pinned_infeasible
from langchain_smartroute.routing.turns import Turns
from langchain_smartroute.types import TIERS, Conversation, RoutingDecision, Sticky

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

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
        sticky: How a conversation keeps to its route.
    """

    catalog: Catalog
    rules: tuple[Rule, ...] = ()
    fallbacks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_attempts: int = 3
    on_limit: OnLimit = "raise"
    sticky: Sticky = "rise"

    def decide(
        self,
        features: RequestFeatures,
        options: RouteOptions,
        *,
        decision_id: str,
        unavailable: Mapping[str, str] | None = None,
        conversation: Conversation | None = None,
    ) -> RoutingDecision:
        """Choose the chain of candidates for a request.

        Args:
            features: What is known of the request.
            options: What the caller chose for it.
            decision_id: The id of the decision to make.
            unavailable: Alias → why its breaker lets nothing through now, in the
                order in which they are tried if nobody else can be.
            conversation: What is known of the conversation that the request belongs to.

        Returns:
            The decision; the same for the same input.

        Raises:
            NoFeasibleModelError: If the hard limits leave no candidate, or not
                the one that the caller asked for.
            SpendLimitExceededError: If nothing fits the price ceiling and
                `on_limit` is `raise`.
        """
        turns = Turns(
            conversation=conversation or Conversation(),
            sticky=self.sticky,
            features=features,
            models=self.catalog.models,
        )
        return _Choice(self, options, turns, unavailable or {}).decision(decision_id)


class _Choice:
    """One run of the policy: what is excluded, what is wanted, in which order."""

    def __init__(
        self,
        policy: TablePolicy,
        options: RouteOptions,
        turns: Turns,
        unavailable: Mapping[str, str],
    ) -> None:
        self.policy = policy
        self.features = features = turns.features
        self.options = options
        self.turns = turns
        self.sticks = True
        self.models = policy.catalog.models
        self.estimates = Estimates(features=features, models=self.models)
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
            estimated_cost_usd=self.turns.estimate(aliases[0]),
            policy=POLICY,
            reason=chain[aliases[0]],
            notes=(*self.notes, *self.turns.notes(aliases[0])),
            sticks=self.sticks,
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
        wanted = self._wanted()
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

    def _wanted(self) -> list[tuple[str, str]]:
        """Who should answer, and who else where that one costs too much."""
        asked = list(self._asked_for())
        if asked and self.options.model is not None:
            self.sticks = False
            return asked
        locked = self._able(self.turns.locked())
        # Where the user has spoken since the tools did, a rule may stand for a promise.
        if locked is not None and not (asked and self.features.turn == "user"):
            if asked and asked[0][0] != locked[0]:
                self.notes.append(f"{asked[0][1]} wanted {asked[0][0]}: not within a tool loop")
            return [locked, *self._by_table()]
        if asked:
            self.sticks = False
            return asked
        wanted = list(self._by_table())
        if all(alias in self.excluded for alias, _ in wanted):
            wanted = list(self._others())
        return [*self._turned(next(a for a, _ in wanted if a not in self.excluded)), *wanted]

    def _turned(self, wanted: str) -> Iterator[tuple[str, str]]:
        """Who answers instead of the wanted one, for the conversation's sake."""
        others = (other for other in self._others() if other[0] not in self.excluded)
        escalated = self.turns.escalated(wanted, others)
        named = (self._cell(self.options.tier) or ("", ""))[0] == wanted
        kept = escalated or self.turns.kept(wanted, self.excluded, named=named)
        if self.turns.conversation.stuck and escalated is None:
            self.notes.append(f"{self.turns.conversation.stuck}, but nobody stronger is left")
        if kept is not None:
            yield kept

    def _able(self, wish: tuple[str, str] | None) -> tuple[str, str] | None:
        """A wish, where its candidate can serve the request; else it is noted."""
        if wish is None or wish[0] not in self.excluded:
            return wish
        self.notes.append(f"{wish[0]} cannot go on: {self.excluded[wish[0]]}")
        return None

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
            return -self.models[alias].quality.get(task, 0.0), self.estimates.rank(alias)

        ranked = sorted((a for a in self.models if a not in self.excluded), key=rank)
        return [(alias, f"next best for {task} by quality prior") for alias in ranked]

    def _cell(self, tier: Tier, *, task: str | None = None) -> tuple[str, str] | None:
        task = task or self.features.task
        table, difficulty = self.policy.catalog.table, self.features.difficulty
        alias = table.look_up(task, tier, difficulty)
        kind = f"{difficulty} {task}" if table.refines(task, tier, difficulty) else task
        return None if alias is None else (alias, f"{kind} in tier {tier} of the routing table")

    def _within_ceiling(
        self, wanted: list[tuple[str, str]], ceiling: Decimal
    ) -> list[tuple[str, str]]:
        """Rule out what costs too much; where nothing wanted is left, do as `on_limit` says."""
        feasible = [alias for alias in self.models if alias not in self.excluded]
        faults = {alias: self.estimates.fault(alias, ceiling) for alias in feasible}
        self.excluded |= {alias: why for alias, why in faults.items() if why}
        if any(alias not in self.excluded for alias, _ in wanted):
            return wanted
        if self.policy.on_limit == "raise" or self.options.model is not None:
            raise above_ceiling(ceiling, tier=self.options.tier, excluded=self.excluded)
        cheapest = min(feasible, key=self.estimates.rank)
        why = self.excluded.pop(cheapest, "within the ceiling")
        return [(cheapest, f"the cheapest candidate, as nothing wanted fits: {why}")]

    def _above_ceiling(self, alias: str) -> str | None:
        ceiling = self.options.max_cost_usd
        return None if ceiling is None else self.estimates.fault(alias, ceiling)
