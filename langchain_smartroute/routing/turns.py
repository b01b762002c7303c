"""What a conversation means for its next route: locked, kept, risen or escalated.

Pure, like the rest of the decision: what is known of the conversation comes in as a
`Conversation`, and what comes out are aliases with reasons, to be tried before what the
policy says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from langchain_smartroute.routing.feasible import estimated_cost_usd
from langchain_smartroute.types import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from decimal import Decimal

    from langchain_smartroute.routing.preference import Wish
    from langchain_smartroute.routing.roster import Roster
    from langchain_smartroute.types import RequestFeatures, Sticky

__all__ = ["Turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """A request's place in its conversation.

    Attributes:
        conversation: What is known of it.
        sticky: How it keeps to its route.
        features: What is known of the request.
        roster: Every candidate.
        quality: How good a candidate is at a task; `None`: nothing is known.
    """

    conversation: Conversation
    sticky: Sticky
    features: RequestFeatures
    roster: Roster
    quality: Callable[[str, str], float | None]

    def locked(self) -> Wish | None:
        """Who called the tools whose results are being answered, unless it is stuck."""
        last = self.conversation.last
        if self.sticky == "off" or not self.conversation.in_loop or self.conversation.stuck:
            return None
        return None if last is None else (last, "locked: it called the tools that have answered")

    def escalated(self, wanted: str, others: Iterable[Wish]) -> Wish | None:
        """Who is to take over from a stuck agent: the next that is stronger.

        Args:
            wanted: Who would answer otherwise.
            others: The other feasible candidates, in the order in which they follow.
        """
        if not self.conversation.stuck:
            return None
        base = self.conversation.last or wanted
        able = [a for a in (wanted, *(alias for alias, _ in others)) if a != base]
        stronger = {alias: self._is_stronger(alias, base) for alias in able}
        ranked = [a for a in able if stronger[a]] or [a for a in able if stronger[a] is None]
        if not ranked:
            return None
        return ranked[0], f"escalated from {base}: {self.conversation.stuck}"

    def kept(self, wanted: str, excluded: Collection[str], *, named: bool) -> Wish | None:
        """The conversation's route, where it is not to change to the one that is wanted.

        Args:
            wanted: Who would answer otherwise.
            excluded: Who cannot.
            named: Whether the policy wants it by name, whatever is known of its quality.
        """
        last = self.conversation.last
        if self.conversation.stuck and self.conversation.in_loop and last not in (None, wanted):
            goes_on = self.sticky != "off" and last not in excluded
            return (str(last), "locked, though stuck") if goes_on else None
        if self.sticky == "turn":
            return self._kept_for_its_cache(wanted, excluded)
        route = self.conversation.route
        if self.sticky == "off" or route is None or route == wanted or route in excluded:
            return None
        if self.sticky == "pin":
            return route, "pinned to the conversation"
        if self._rises(wanted, route, named=named):
            return None
        return route, f"the conversation's route, as {wanted} is no rise for {self.features.task}"

    def estimate(self, alias: str) -> Decimal | None:
        """What a call is expected to cost, cheaper cached tokens included."""
        cached = self.conversation.prefix_tokens if self._has_cached(alias) else 0
        if not cached:
            return self.roster.cost_usd(alias, self.features)
        return estimated_cost_usd(self.features, self.roster.models[alias], cached_tokens=cached)

    def notes(self, route: str) -> tuple[str, ...]:
        """What a switch to `route` means, in words."""
        last, tokens = self.conversation.last, self.conversation.prefix_tokens
        if last is None or last == route or last not in self.roster.models:
            return self.conversation.notes
        found = [*self.conversation.notes, f"the conversation switches from {last} to {route}"]
        if self._has_cached(last) and tokens:
            mine, its = self.estimate(route), self.estimate(last)
            told = "" if mine is None or its is None else f": ${mine:f} instead of ${its:f}"
            found.append(
                f"{route} re-reads about {tokens:,} tokens at full price, which {last} may have"
                f" in its prompt cache{told}"
            )
        return tuple(found)

    def _kept_for_its_cache(self, wanted: str, excluded: Collection[str]) -> Wish | None:
        """Who answered last, where a switch is no rise and saves nothing."""
        last = self.conversation.last
        if last is None or last == wanted or last in excluded or not self._has_cached(last):
            return None
        mine, its = self.estimate(wanted), self.estimate(last)
        if mine is None or its is None or mine < its or self._is_stronger(wanted, last):
            return None
        return last, f"kept for its prompt cache, as {wanted} is no stronger and no cheaper"

    def _has_cached(self, alias: str) -> bool:
        return self.conversation.cached and alias == self.conversation.last

    def _rises(self, wanted: str, route: str, *, named: bool) -> bool:
        """Whether a switch is a rise: better at the task, and no weaker in general.

        Were it only better at the task, two specialists would take turns for as long
        as the conversation does, each reading the whole of it again.
        """
        stronger = self._is_stronger(wanted, route)
        if not (named if stronger is None else stronger):
            return False
        mine, its = self._prior(wanted, "general"), self._prior(route, "general")
        return mine is None or its is None or mine >= its

    def _is_stronger(self, alias: str, other: str) -> bool | None:
        """By quality prior for the task, else by price; `None` where both are unknown."""
        mine, its = self._prior(alias), self._prior(other)
        if mine is not None and its is not None:
            return mine > its
        price, its_price = (self.roster.cost_usd(a, self.features) for a in (alias, other))
        return None if price is None or its_price is None else price > its_price

    def _prior(self, alias: str, task: str | None = None) -> float | None:
        return self.quality(alias, task or self.features.task)
