"""The routing table: task × tier (× difficulty) → alias.

A row is written as
- `"other_task"`: inherits that task's row, or `"alias"`: that model in every tier;
- `{budget = …, balanced = …, quality = …}`: a cell per tier, each an alias, a task
  (its cell of the same tier) or a refinement by difficulty;
- `{default = …, easy = …, medium = …, hard = …}`: the same refined cell in every tier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_smartroute.types import DIFFICULTIES, TIERS

if TYPE_CHECKING:
    from langchain_smartroute.types import Difficulty, Tier

__all__ = ["RoutingTable", "merged_routes"]

_REFINED = frozenset({"default", *DIFFICULTIES})

Cell = Mapping[str, str]
"""Difficulty, or `default`, → alias."""


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """The resolved table.

    Attributes:
        rows: Task → tier → cell.
    """

    rows: Mapping[str, Mapping[str, Cell]]

    def look_up(self, task: str, tier: Tier, difficulty: Difficulty) -> str | None:
        """The alias for a request, or `None` where the table has no such task."""
        row = self.rows.get(task)
        if row is None:
            return None
        cell = row[tier]
        return cell.get(difficulty, cell["default"])

    def refines(self, task: str, tier: Tier, difficulty: Difficulty) -> bool:
        """Whether the table has an entry for this difficulty."""
        row = self.rows.get(task)
        return row is not None and difficulty in row[tier]

    @classmethod
    def resolve(
        cls, routes: Mapping[str, Any], *, aliases: frozenset[str]
    ) -> tuple[RoutingTable, list[str]]:
        """Resolve all references of a written table.

        Args:
            routes: Task → row, as written.
            aliases: The aliases that the catalog knows.

        Returns:
            The table and one line per fault; with faults the table is incomplete.
        """
        resolver = _Resolver(routes=routes, aliases=aliases)
        rows: dict[str, dict[str, Cell]] = {}
        for task in routes:
            cells = {tier: resolver.cell(task, tier, seen=()) for tier in TIERS}
            rows[task] = {tier: cell for tier, cell in cells.items() if cell is not None}
        return cls(rows), list(dict.fromkeys(resolver.faults))


@dataclass(slots=True)
class _Resolver:
    """Resolves a written table and collects its errors."""

    routes: Mapping[str, Any]
    aliases: frozenset[str]
    faults: list[str] = field(default_factory=list)

    def cell(self, task: str, tier: str, *, seen: tuple[str, ...]) -> Cell | None:
        key, row = f"routes.{task}", self.routes[task]
        if task in seen:
            loop = " → ".join((*seen[seen.index(task) :], task))
            return self._fault(key, row, f"inherits in a circle ({loop}); break it")
        seen = (*seen, task)
        if isinstance(row, Mapping) and not (row and row.keys() <= _REFINED):
            return self._of_tier(key, row, tier, seen=seen)
        return self._content(key, row, tier, seen=seen)

    def _of_tier(
        self, key: str, row: Mapping[str, Any], tier: str, *, seen: tuple[str, ...]
    ) -> Cell | None:
        unknown = sorted(str(key) for key in row if key not in TIERS)
        if unknown:
            allowed = f"tiers ({', '.join(TIERS)}) or difficulties (default, …)"
            return self._fault(key, row, f"unknown key {unknown[0]!r}; use {allowed}")
        if tier not in row:
            return self._fault(key, row, f"has no cell for tier {tier!r}; add one")
        return self._content(f"{key}.{tier}", row[tier], tier, seen=seen)

    def _content(self, key: str, value: Any, tier: str, *, seen: tuple[str, ...]) -> Cell | None:
        if isinstance(value, Mapping):
            return self._refined(key, value, tier, seen=seen)
        return self._target(key, value, tier, seen=seen)

    def _refined(
        self, key: str, value: Mapping[str, Any], tier: str, *, seen: tuple[str, ...]
    ) -> Cell | None:
        unknown = sorted(str(key) for key in value if key not in _REFINED)
        if unknown:
            allowed = ", ".join(("default", *DIFFICULTIES))
            return self._fault(key, value, f"unknown key {unknown[0]!r}; use {allowed}")
        if "default" not in value:
            return self._fault(key, value, "has no 'default'; add one")
        found = {
            name: self._target(f"{key}.{name}", target, tier, seen=seen)
            for name, target in value.items()
        }
        default = found.pop("default")
        if default is None:
            return None
        # A default that names a task includes that task's refinements.
        own = {n: cell.get(n, cell["default"]) for n, cell in found.items() if cell is not None}
        return {**default, **own}

    def _target(self, key: str, value: Any, tier: str, *, seen: tuple[str, ...]) -> Cell | None:
        if not isinstance(value, str):
            return self._fault(key, value, "must be an alias, a task or a table")
        is_alias, is_task = value in self.aliases, value in self.routes
        if is_alias and is_task:
            return self._fault(key, value, "names both a model and a task; rename one")
        if is_alias:
            return {"default": value}
        if is_task:
            return self.cell(value, tier, seen=seen)
        known = ", ".join(sorted(self.aliases)) or "none"
        return self._fault(key, value, f"names no model and no task; models: {known}")

    def _fault(self, key: str, value: Any, problem: str) -> Cell | None:
        """Record an error; returns the missing cell."""
        shown = dict(value) if isinstance(value, Mapping) else value
        self.faults.append(f"{key} = {shown!r}: {problem}")
        return None


def merged_routes(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a user's routes into those of the extended catalog.

    Rows that both write tier by tier are merged cell by cell; any other row of
    `extra` replaces the base's.
    """
    merged = dict(base)
    for task, row in extra.items():
        old = merged.get(task)
        by_tier = isinstance(row, Mapping) and row.keys() <= set(TIERS)
        if not by_tier or old is None:
            merged[task] = row
        elif isinstance(old, Mapping) and old.keys() <= set(TIERS):
            merged[task] = {**old, **row}
        else:
            merged[task] = {**dict.fromkeys(TIERS, old), **row}
    return merged
