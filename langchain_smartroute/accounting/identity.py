"""Which model a run is of, what it charges, and whose call it is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_smartroute import catalog
from langchain_smartroute.tracing import API_MODEL_KEY, MODEL_KEY, PRICE_KEY, is_attempt_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from langchain_smartroute.catalog import Price, PriceBook

__all__ = ["Identities", "Identity", "keys_of", "tags_of"]

_NOT_THE_CALLERS = (
    "seq:step:",
    "map:key:",
    "langsmith:",
    "langgraph:",
    "graph:step:",
    "nostream",
    "smartroute",
)


class Identity(NamedTuple):
    """Which model a run is of.

    Attributes:
        alias: The candidate's alias, or the model's name outside a router.
        provider: Who serves it, in LangSmith's names; `None` where nobody says.
        price: What it charges at the time of the run; `None` when unknown.
    """

    alias: str
    provider: str | None
    price: Price | None


class Identities:
    """Tells which model a run is of."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices

    def of(
        self, metadata: Mapping[str, Any], params: Mapping[str, Any], *, at: datetime
    ) -> Identity:
        """A run's identity: the router's word first, then the model's name.

        A candidate may be a chain with fallbacks of its own: a run of another
        model than the one that the router knows has that model's price.
        """
        name = metadata.get("ls_model_name") or params.get("model") or params.get("model_name")
        told = metadata.get("ls_provider")
        provider = told if isinstance(told, str) else None
        alias = metadata.get(MODEL_KEY)
        if alias is not None and is_attempt_run(metadata):
            if name in (None, alias, metadata.get(API_MODEL_KEY)):
                price = metadata.get(PRICE_KEY)
                return Identity(alias=alias, provider=provider, price=_read(price))
        else:
            alias = str(name or "unknown")
        price = self._prices.find(str(name), provider=provider, at=at) if name else None
        return Identity(alias=alias, provider=provider, price=price)


def keys_of(metadata: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Whose call a run is, by what its metadata say."""
    found = {name: metadata[name] for name in names if name in metadata}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def tags_of(tags: Iterable[Any] | None) -> tuple[str, ...]:
    """A run's tags, each once, without those that LangChain and the router add."""
    return _own_tags(tuple(map(str, tags))) if tags else ()


@lru_cache(maxsize=1024)
def _own_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if not tag.startswith(_NOT_THE_CALLERS)))


def _read(texts: Mapping[str, Any] | None) -> Price | None:
    """A price out of a run's metadata."""
    if not texts:
        return None
    if "variants" in texts:
        return catalog.Price(**texts)
    return _plain(tuple(texts.items()))


@lru_cache(maxsize=256)
def _plain(texts: tuple[tuple[str, str], ...]) -> Price:
    return catalog.Price(**dict(texts))
