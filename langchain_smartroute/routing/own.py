"""Users' own policies: an object with `decide`, or a callable from features to alias."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing.policy import Policy
from langchain_smartroute.routing.table import TablePolicy, TablePreference
from langchain_smartroute.types import RoutingDecision

if TYPE_CHECKING:
    from langchain_smartroute.routing.options import RouteOptions
    from langchain_smartroute.routing.preference import Wish
    from langchain_smartroute.routing.roster import Roster
    from langchain_smartroute.types import Conversation, RequestFeatures

__all__ = ["CallablePolicy", "OwnPolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _UsersPolicy(TablePolicy):
    """Base of policies that run user code."""

    def drawn(self) -> TablePolicy:
        """The table policy, as the result of user code is not known in advance."""
        return TablePolicy(
            catalog=self.catalog, fallbacks=self.fallbacks, max_attempts=self.max_attempts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallablePolicy(_UsersPolicy):
    """Uses a user's callable for the preference, and the routing table for everything else.

    Attributes:
        choose: Features → alias, or `None` to leave it to the routing table.
    """

    choose: Callable[[RequestFeatures], str | None]

    @property
    def version(self) -> str:
        """The callable's name."""
        return _name(self.choose)

    def preference(self, features: RequestFeatures, options: RouteOptions) -> TablePreference:
        """The callable's choice, then the table's."""
        wanted = self._wanted(features)
        if wanted is None:
            return TablePolicy.preference(self, features, options)
        if not isinstance(wanted, str) or wanted not in self.catalog.models:
            raise ConfigurationError(
                f"policy {self.version}: returned {wanted!r}, which is no model; return one of"
                f" {', '.join(self.catalog.models)}, or None for the routing table"
            )
        wish = wanted, f"wanted by policy {self.version}"
        return _OwnPreference(self.roster, features, options, wish=wish)

    def _wanted(self, features: RequestFeatures) -> Any:
        try:
            return self.choose(features)
        except Exception as error:
            raise ConfigurationError(
                f"policy {self.version} raised {type(error).__name__}: {error}; correct it"
            ) from error


class _OwnPreference(TablePreference):
    """A user's choice before the table's."""

    def __init__(
        self, roster: Roster, features: RequestFeatures, options: RouteOptions, *, wish: Wish
    ) -> None:
        super().__init__(roster, features, options)
        self._wish = wish

    def wanted(self, excluded: Collection[str], /) -> Iterator[Wish]:
        """The user's choice, then the table's."""
        yield self._wish
        yield from super().wanted(excluded)

    def names(self, alias: str) -> bool:
        """Whether it is the user's choice."""
        return alias == self._wish[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPolicy(_UsersPolicy):
    """Leaves the complete decision to a user's object.

    That object is responsible for rules, limits and conversations; it gets the same arguments
    as any policy.

    Attributes:
        own: The user's object.
    """

    own: Policy

    @property
    def version(self) -> str:
        """The object's own version, or its class name."""
        version = getattr(self.own, "version", None)
        return version if isinstance(version, str) else _name(self.own)

    def decide(
        self,
        features: RequestFeatures,
        options: RouteOptions,
        *,
        decision_id: str,
        unavailable: Mapping[str, str] | None = None,
        conversation: Conversation | None = None,
    ) -> RoutingDecision:
        """The object's decision, after a check that it is a decision among these candidates.

        Raises:
            ConfigurationError: If it is not.
        """
        found: Any = self.own.decide(
            features,
            options,
            decision_id=decision_id,
            unavailable=unavailable,
            conversation=conversation,
        )
        if not isinstance(found, RoutingDecision):
            raise ConfigurationError(
                f"policy {self.version}: decided {found!r}; return a RoutingDecision, or give a"
                " callable from features to an alias"
            )
        strange = [alias for alias in found.chain if alias not in self.catalog.models]
        if strange or not found.chain or found.chain[0] != found.model:
            raise ConfigurationError(
                f"policy {self.version}: decided for chain = {list(found.chain)!r} with model ="
                f" {found.model!r}; begin it with the model, and use"
                f" {', '.join(self.catalog.models)}"
            )
        return found


def _name(value: object) -> str:
    return str(getattr(value, "__name__", type(value).__name__))
