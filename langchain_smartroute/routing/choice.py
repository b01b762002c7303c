"""The decision procedure shared by all policies.

Like a RunnableBranch: the caller's own model, rules in order, the conversation's route, then
the policy's preference. Hard limits and ceilings apply to all of them.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from langchain_smartroute.routing.ceiling import Estimates, above_ceiling
from langchain_smartroute.routing.feasible import ESTIMATE_SLACK
from langchain_smartroute.routing.infeasible import nothing_feasible, pinned_infeasible
from langchain_smartroute.types import RoutingDecision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.policy import RulesFirst
    from langchain_smartroute.routing.preference import Preference, Wish
    from langchain_smartroute.routing.turns import Turns

__all__ = ["Choice"]


class Choice:
    """One decision: excluded candidates, and wanted ones in order."""

    def __init__(
        self,
        policy: RulesFirst,
        options: RouteOptions,
        *,
        turns: Turns,
        preference: Preference,
        unavailable: Mapping[str, str],
    ) -> None:
        self.policy = policy
        self.features = features = turns.features
        self.options = options
        self.turns = turns
        self.preference = preference
        self.sticks = True
        self.roster = policy.roster
        self.models = self.roster.models
        self.estimates = Estimates(features=features, roster=self.roster)
        self.notes: list[str] = []
        self.excluded = self.roster.exclusions(features)
        if len(self.excluded) == len(self.models) or options.model in self.excluded:
            self._allow_for_the_estimate()
        self._leave_alone(unavailable)

    def decision(self, decision_id: str) -> RoutingDecision:
        """Make the decision.

        Args:
            decision_id: The id of the decision to make.
        """
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
            policy=self.policy.version,
            predicted=self.preference.predicted(),
            reason=chain[aliases[0]],
            notes=(*self.notes, *self.turns.notes(aliases[0])),
            sticks=self.sticks,
            classified_by=features.classified_by,
        )

    def _allow_for_the_estimate(self) -> None:
        """Try candidates that may fit, as the token estimate is rather too high."""
        likely = self.roster.exclusions(self.features, slack=ESTIMATE_SLACK)
        pinned = self.options.model
        regained = [a for a in self.excluded if a not in likely and pinned in (None, a)]
        for alias in regained:
            why = self.excluded.pop(alias)
            self.notes.append(f"{alias} is tried although its {why}: the estimate errs high")

    def _leave_alone(self, unavailable: Mapping[str, str]) -> None:
        """Exclude candidates with an open breaker, but keep the first if no other is left."""
        self.unavailable: Mapping[str, str] = {}
        if not unavailable:
            return
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
        """Alias → reason, in order, limited to the maximum number of attempts."""
        wanted: Iterable[Wish] = self._wanted()
        if self.options.max_cost_usd is not None:
            wanted = self._within_ceiling(list(wanted), self.options.max_cost_usd)
        chain: dict[str, str] = {}
        route = next(self._able_of(wanted))
        most, fallbacks = self.policy.max_attempts, self.policy.fallbacks
        for alias, why in itertools.chain((route,), self.preference.others()):
            if alias in chain or alias in self.excluded:
                continue
            chain[alias] = why
            for own in fallbacks.get(alias, ()):
                if own not in self.excluded:
                    chain.setdefault(own, f"fallback of {alias}")
            if len(chain) >= most:
                break
        return chain if len(chain) <= most else dict(itertools.islice(chain.items(), most))

    def _wanted(self) -> Iterable[Wish]:
        """The wanted candidates, found lazily; the later ones serve if the first costs too much."""
        requested = list(self._asked_for())
        if requested and self.options.model is not None:
            self.sticks = False
            return requested
        locked = self._able(self.turns.locked())
        # After a new message of the user rules come first, as a rule may express a guarantee.
        if locked is not None and not (requested and self.features.turn == "user"):
            if requested and requested[0][0] != locked[0]:
                alias, why = requested[0]
                self.notes.append(f"{why} wanted {alias}: not within a tool loop")
            return itertools.chain((locked,), self.preference.wanted(self.excluded))
        if requested:
            self.sticks = False
            return requested
        wanted = iter(self.preference.wanted(self.excluded))
        first = next(self._able_of(wanted), None)
        if first is None:
            wanted = iter(self.preference.others())
            first = next(self._able_of(wanted))
        return itertools.chain(self._turned(first[0]), (first,), wanted)

    def _able_of(self, wishes: Iterable[Wish]) -> Iterator[Wish]:
        return (wish for wish in wishes if wish[0] not in self.excluded)

    def _turned(self, wanted: str) -> Iterator[Wish]:
        """The candidate that replaces the wanted one because of the conversation."""
        if self.turns.is_first:
            return
        escalated = self.turns.escalated(wanted, self._able_of(self.preference.others()))
        named = self.preference.names(wanted)
        kept = escalated or self.turns.kept(wanted, self.excluded, named=named)
        if self.turns.conversation.stuck and escalated is None:
            self.notes.append(f"{self.turns.conversation.stuck}, but nobody stronger is left")
        if kept is not None:
            yield kept

    def _able(self, wish: Wish | None) -> Wish | None:
        """A wish if its candidate can serve the request; otherwise a note is added."""
        if wish is None or wish[0] not in self.excluded:
            return wish
        self.notes.append(f"{wish[0]} cannot go on: {self.excluded[wish[0]]}")
        return None

    def _asked_for(self) -> Iterator[Wish]:
        """The caller's model, or the target of the first matching rule."""
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

    def _within_ceiling(self, wanted: list[Wish], ceiling: Decimal) -> list[Wish]:
        """Exclude candidates above the ceiling; apply `on_limit` if no wanted one is left."""
        feasible = [alias for alias in self.models if alias not in self.excluded]
        faults = {alias: self.estimates.fault(alias, ceiling) for alias in feasible}
        self.excluded |= {alias: why for alias, why in faults.items() if why}
        if any(alias not in self.excluded for alias, _ in wanted):
            return wanted
        if self.policy.on_limit == "raise" or self.options.model is not None:
            reach = self.preference.reach(self.options.tier)
            raise above_ceiling(ceiling, reach=reach, excluded=self.excluded)
        cheapest = min(feasible, key=self.estimates.rank)
        why = self.excluded.pop(cheapest, "within the ceiling")
        return [(cheapest, f"the cheapest candidate, as nothing wanted fits: {why}")]

    def _above_ceiling(self, alias: str) -> str | None:
        ceiling = self.options.max_cost_usd
        return None if ceiling is None else self.estimates.fault(alias, ceiling)
