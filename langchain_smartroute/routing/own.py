"""Policies of the user's own: an object with `decide`, or a callable from features to alias."""

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
    """Asks code of the user's."""

    def drawn(self) -> TablePolicy:
        """The table alone: what code of the user's does is not known beforehand."""
        return TablePolicy(
            catalog=self.catalog, fallbacks=self.fallbacks, max_attempts=self.max_attempts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallablePolicy(_UsersPolicy):
    """Asks a callable of the user's whom it wants; all else is as with the table.

    Attributes:
        choose: Features → alias, or `None` to leave it to the routing table.
    """

    choose: Callable[[RequestFeatures], str | None]

    @property
    def version(self) -> str:
        """The callable's name."""
        return _name(self.choose)

    def preference(self, features: RequestFeatures, options: RouteOptions) -> TablePreference:
        """What the callable wants, then what the table says."""
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
    """A wish of the user's before what the table says."""

    def __init__(
        self, roster: Roster, features: RequestFeatures, options: RouteOptions, *, wish: Wish
    ) -> None:
        super().__init__(roster, features, options)
        self._wish = wish

    def wanted(self, excluded: Collection[str], /) -> Iterator[Wish]:
        """The user's wish, then the table's."""
        yield self._wish
        yield from super().wanted(excluded)

    def names(self, alias: str) -> bool:
        """Whether the user wants it."""
        return alias == self._wish[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPolicy(_UsersPolicy):
    """Leaves the whole decision to an object of the user's.

    Rules, limits and conversations are that object's business; what it is given is what
    every policy is given.

    Attributes:
        own: Decides.
    """

    own: Policy

    @property
    def version(self) -> str:
        """What the policy calls itself, or its class."""
        said = getattr(self.own, "version", None)
        return said if isinstance(said, str) else _name(self.own)

    def decide(
        self,
        features: RequestFeatures,
        options: RouteOptions,
        *,
        decision_id: str,
        unavailable: Mapping[str, str] | None = None,
        conversation: Conversation | None = None,
    ) -> RoutingDecision:
        """What the object decides, once it is seen to be a decision among these candidates.

        Raises:
            ConfigurationError: If it is none.
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
