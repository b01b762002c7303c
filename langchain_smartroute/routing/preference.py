"""The part in which policies differ: the preferred candidates for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from langchain_smartroute.types import Tier

__all__ = ["Preference", "Wish"]

Wish = tuple[str, str]
"""An alias and the reason for it."""


class Preference(Protocol):
    """A policy's preference for one request.

    Hard limits, the caller's own model, rules, conversations, ceilings and open circuit
    breakers are handled for all policies by `Choice`.
    """

    def wanted(self, excluded: Collection[str], /) -> Iterable[Wish]:
        """Preferred candidates, and alternatives if the first is excluded or costs too much."""
        ...

    def others(self) -> Iterable[Wish]:
        """The order of all further candidates after the route."""
        ...

    def names(self, alias: str) -> bool:
        """Whether an alias is wanted by name, even if its quality is unknown."""
        ...

    def quality(self, alias: str, task: str) -> float | None:
        """Quality of a candidate at a task, in [0, 1]; `None`: unknown."""
        ...

    def predicted(self) -> Mapping[str, float]:
        """Alias → predicted quality for this request; empty: the policy predicts nothing."""
        ...

    def reach(self, tier: Tier) -> str:
        """Description of the candidates compared with a ceiling."""
        ...
