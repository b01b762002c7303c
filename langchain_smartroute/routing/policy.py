"""The policy interface, and the common base of this package's policies.

Decisions are pure and reproducible: no I/O, no model call, no clock, no randomness; the
decision's id is a parameter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.routing.choice import Choice
from langchain_smartroute.routing.roster import Roster
from langchain_smartroute.routing.turns import Turns
from langchain_smartroute.types import Conversation, RoutingDecision, Sticky

if TYPE_CHECKING:
    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.preference import Preference
    from langchain_smartroute.routing.rules import Rule
    from langchain_smartroute.types import RequestFeatures

__all__ = ["OnLimit", "Policy", "RulesFirst"]

OnLimit = Literal["cheapest", "raise"]


class Policy(Protocol):
    """Chooses the chain of candidates for a request; any object with `decide` is one.

    Example:
        >>> from dataclasses import replace
        >>> from langchain_smartroute import RequestFeatures, RouteOptions, TablePolicy
        >>> class Alone:
        ...     def decide(self, features, options, **known):
        ...         made = TablePolicy().decide(features, options, **known)
        ...         return replace(made, chain=made.chain[:1])
        >>> Alone().decide(RequestFeatures(task="code"), RouteOptions(), decision_id="1").chain
        ('deepseek-v4-pro',)
    """

    def decide(
        self,
        features: RequestFeatures,
        options: RouteOptions,
        *,
        decision_id: str,
        unavailable: Mapping[str, str] | None = None,
        conversation: Conversation | None = None,
    ) -> RoutingDecision:
        """Decide.

        Args:
            features: What is known of the request.
            options: The caller's own choices: tier, model, ceiling.
            decision_id: The id of the decision to make.
            unavailable: Alias → why it is left alone for now, such as an open breaker.
            conversation: What is known of the conversation; `None`: nothing.

        Returns:
            The decision; its `chain` is tried in this order.

        Raises:
            NoFeasibleModelError: If nobody can serve the request.
            SpendLimitExceededError: If nobody fits the ceiling.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFirst(ABC):
    """Decides by hard limits, rules and conversation, then as its preference says.

    Attributes:
        catalog: The candidates and the table; a router lays its own over it.
        rules: Asked in order before the preference.
        fallbacks: Alias → aliases to try first when it fails.
        max_attempts: The most candidates in a chain.
        on_limit: What to do when nothing fits `max_cost_usd`: take the
            `cheapest` candidate all the same, or `raise`.
        sticky: How a conversation keeps to its route.
        roster: The candidates with what no request changes.
    """

    catalog: Catalog = field(default_factory=partial(Catalog.load, "default"))
    rules: tuple[Rule, ...] = ()
    fallbacks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_attempts: int = 3
    on_limit: OnLimit = "raise"
    sticky: Sticky = "rise"
    roster: Roster = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the candidates."""
        object.__setattr__(self, "roster", Roster(self.catalog))

    @property
    @abstractmethod
    def version(self) -> str:
        """Name and version; a new version may decide differently for equal input."""

    @abstractmethod
    def preference(self, features: RequestFeatures, options: RouteOptions) -> Preference:
        """The policy's preference for a request."""

    def drawn(self) -> RulesFirst:
        """The policy for diagrams: without rules, which may use any condition."""
        return replace(self, rules=())

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
            unavailable: Alias → why its circuit breaker is open, in the order to try them if no
                other candidate is left.
            conversation: What is known of the conversation that the request belongs to.

        Returns:
            The decision; the same for the same input.

        Raises:
            NoFeasibleModelError: If the hard limits leave no candidate, or not
                the one that the caller asked for.
            SpendLimitExceededError: If nothing fits the price ceiling and
                `on_limit` is `raise`.
        """
        preference = self.preference(features, options)
        turns = Turns(
            conversation=conversation or _ALONE,
            sticky=self.sticky,
            features=features,
            roster=self.roster,
            quality=preference.quality,
        )
        choice = Choice(
            self, options, turns=turns, preference=preference, unavailable=unavailable or {}
        )
        return choice.decision(decision_id)


_ALONE = Conversation()
"""The conversation of a request that belongs to none."""
