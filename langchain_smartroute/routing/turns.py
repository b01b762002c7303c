"""The effect of a conversation on the route: locked, kept, raised or escalated.

Pure, like the rest of the decision: the input is a `Conversation`, and the output are aliases
with reasons that come before the policy's preference.
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


@dataclass(slots=True, kw_only=True)
class Turns:
    """A request in its conversation. Not frozen, as creating a frozen one takes twice as long.

    Attributes:
        conversation: The state of the conversation.
        sticky: Mode of keeping the route.
        features: Features of the request.
        roster: Every candidate.
        quality: Function for the quality of a candidate at a task; `None`: unknown.
    """

    conversation: Conversation
    sticky: Sticky
    features: RequestFeatures
    roster: Roster
    quality: Callable[[str, str], float | None]

    @property
    def is_first(self) -> bool:
        """Whether nothing came before that could change the route."""
        known = self.conversation
        return known.last is None and known.route is None and not known.stuck

    def locked(self) -> Wish | None:
        """The candidate of the current tool loop, unless it is stuck."""
        last = self.conversation.last
        if self.sticky == "off" or not self.conversation.in_loop or self.conversation.stuck:
            return None
        return None if last is None else (last, "locked: it called the tools that have answered")

    def escalated(self, wanted: str, others: Iterable[Wish]) -> Wish | None:
        """The next stronger candidate, to replace a stuck one.

        Args:
            wanted: The candidate wanted otherwise.
            others: The other feasible candidates, in order.
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
        """The conversation's route, if it should not change to the wanted candidate.

        Args:
            wanted: The candidate wanted otherwise.
            excluded: Excluded candidates.
            named: Whether the policy wants it by name, even if its quality is unknown.
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
        """Estimated cost of a call, with cached tokens at their lower price."""
        cached = self.conversation.prefix_tokens if self._has_cached(alias) else 0
        if not cached:
            return self.roster.cost_usd(alias, self.features)
        return estimated_cost_usd(self.features, self.roster.models[alias], cached_tokens=cached)

    def notes(self, route: str) -> tuple[str, ...]:
        """Remarks on a switch to `route`."""
        last, tokens = self.conversation.last, self.conversation.prefix_tokens
        if last is None or last == route or last not in self.roster.models:
            return self.conversation.notes
        found = [*self.conversation.notes, f"the conversation switches from {last} to {route}"]
        if self._has_cached(last) and tokens:
            mine, its = self.estimate(route), self.estimate(last)
            prices = "" if mine is None or its is None else f": ${mine:f} instead of ${its:f}"
            found.append(
                f"{route} re-reads about {tokens:,} tokens at full price, which {last} may have"
                f" in its prompt cache{prices}"
            )
        return tuple(found)

    def _kept_for_its_cache(self, wanted: str, excluded: Collection[str]) -> Wish | None:
        """The last candidate, if a switch neither raises quality nor saves money."""
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
        """Whether a switch raises quality: better at the task, and not weaker in general.

        By task alone, two specialists would alternate during the whole conversation, and each
        would read all of it again.
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
