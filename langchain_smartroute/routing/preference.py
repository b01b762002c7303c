"""All in which policies differ: who is wanted for a request, and who comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from langchain_smartroute.types import Tier

__all__ = ["Preference", "Wish"]

Wish = tuple[str, str]
"""An alias, and why."""


class Preference(Protocol):
    """What a policy says of one request; the walk does the rest.

    Hard limits, the caller's own model, rules, conversations, ceilings and open breakers
    are the same for every policy, so they are no business of a preference.
    """

    def wanted(self, excluded: Collection[str], /) -> Iterable[Wish]:
        """Who should answer, and who else where that one is ruled out or costs too much."""
        ...

    def others(self) -> Iterable[Wish]:
        """Who comes after the route, the next one first: at last every candidate."""
        ...

    def names(self, alias: str) -> bool:
        """Whether an alias is wanted by name, though nothing is known of its quality."""
        ...

    def quality(self, alias: str, task: str) -> float | None:
        """How good a candidate is at a task, in [0, 1]; `None`: nothing is known."""
        ...

    def predicted(self) -> Mapping[str, float]:
        """Alias → how good its answer to this request is expected to be; empty: not asked."""
        ...

    def reach(self, tier: Tier) -> str:
        """Which candidates a ceiling was held to, in words."""
        ...
