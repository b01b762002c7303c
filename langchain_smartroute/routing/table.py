"""The table policy: task × tier (× difficulty) → alias, then the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_smartroute.routing.ceiling import Estimates
from langchain_smartroute.routing.policy import RulesFirst
from langchain_smartroute.types import TIERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.preference import Wish
    from langchain_smartroute.routing.roster import Roster
    from langchain_smartroute.types import RequestFeatures, Tier

__all__ = ["POLICY", "TablePolicy"]

POLICY = "table/1"
"""Name and version of the policy; a new version may decide differently for equal input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePolicy(RulesFirst):
    """Decides by rules and routing table.

    The attributes are those of `RulesFirst`.

    Example:
        >>> from langchain_smartroute import Catalog, RequestFeatures, RouteOptions, TablePolicy
        >>> policy = TablePolicy(catalog=Catalog.load("default"))
        >>> policy.decide(RequestFeatures(task="code"), RouteOptions(), decision_id="1").model
        'deepseek-v4-pro'
    """

    @property
    def version(self) -> str:
        """Name and version."""
        return POLICY

    def preference(self, features: RequestFeatures, options: RouteOptions) -> TablePreference:
        """The table's preference for a request."""
        return TablePreference(self.roster, features, options)


class TablePreference:
    """The routing table's preference for one request."""

    def __init__(self, roster: Roster, features: RequestFeatures, options: RouteOptions) -> None:
        self._roster = roster
        self._features = features
        self._options = options

    def wanted(self, excluded: Collection[str], /) -> Iterator[Wish]:  # noqa: ARG002 - the walk passes over them
        """The entry of the caller's tier, then those of lower tiers if a ceiling is set."""
        cell = self._cell(self._options.tier)
        if cell is None:
            catalog = self._roster.catalog
            why = f"the table has no task {self._features.task!r}"
            yield (
                catalog.default_alias,
                f"default, as {why if catalog.routes else 'no routes are set'}",
            )
            return
        yield cell
        if self._options.max_cost_usd is not None:
            for tier in reversed(TIERS[: TIERS.index(self._options.tier)]):
                lower = self._cell(tier)
                if lower is not None:
                    yield lower

    def others(self) -> Iterator[Wish]:
        """Candidates after the route: higher tiers, then the rest by quality.

        The default belongs to the rest.
        """
        for tier in TIERS[TIERS.index(self._options.tier) + 1 :]:
            cell = self._cell(tier)
            if cell is not None:
                yield cell
        if "image" in self._features.inputs:
            # A task's own models may not accept images; the table's vision models do.
            sees = self._cell(self._options.tier, task="vision")
            if sees is not None:
                yield sees
        yield from self._by_prior()

    def names(self, alias: str) -> bool:
        """Whether the table names an alias for the task and tier."""
        cell = self._cell(self._options.tier)
        return cell is not None and cell[0] == alias

    def quality(self, alias: str, task: str) -> float | None:
        """The catalog's quality prior."""
        return self._roster.models[alias].quality.get(task)

    def predicted(self) -> Mapping[str, float]:
        """Empty, as the table predicts no quality."""
        return {}

    def reach(self, tier: Tier) -> str:
        """Description of the candidates compared with a ceiling."""
        return f"model that tier {tier!r} and the tiers below send this request to"

    def _by_prior(self) -> Iterator[Wish]:
        """All candidates by prior for the task, ties by price."""
        why = f"next best for {self._features.task} by quality prior"
        rank = Estimates(features=self._features, roster=self._roster).rank
        for equals in self._roster.by_prior(self._features.task):
            for alias in equals if len(equals) == 1 else sorted(equals, key=rank):
                yield alias, why

    def _cell(self, tier: Tier, *, task: str | None = None) -> Wish | None:
        task = task or self._features.task
        table, difficulty = self._roster.catalog.table, self._features.difficulty
        alias = table.look_up(task, tier, difficulty)
        if alias is None:
            return None
        kind = f"{difficulty} {task}" if table.refines(task, tier, difficulty) else task
        return alias, f"{kind} in tier {tier} of the routing table"
