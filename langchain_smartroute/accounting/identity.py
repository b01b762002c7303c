"""Identifies the model, price and caller of a run."""

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
    """The model of a run.

    Attributes:
        alias: The candidate's alias, or the model's name outside a router.
        provider: Provider by LangSmith's name; `None` when unknown.
        price: Its price at the time of the run; `None` when unknown.
    """

    alias: str
    provider: str | None
    price: Price | None


class Identities:
    """Identifies the models of runs."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices

    def of(
        self, metadata: Mapping[str, Any], params: Mapping[str, Any], *, at: datetime
    ) -> Identity:
        """A run's identity: by the router's metadata, else by the model's name.

        A candidate may be a chain with its own fallbacks: a run of a different model than the
        router expects has that model's price.
        """
        name = metadata.get("ls_model_name") or params.get("model") or params.get("model_name")
        stated = metadata.get("ls_provider")
        provider = stated if isinstance(stated, str) else None
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
    """The caller of a run, from its metadata."""
    found = {name: metadata[name] for name in names if name in metadata}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def tags_of(tags: Iterable[Any] | None) -> tuple[str, ...]:
    """A run's distinct tags, without those of LangChain and the router."""
    return _own_tags(tuple(map(str, tags))) if tags else ()


@lru_cache(maxsize=1024)
def _own_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if not tag.startswith(_NOT_THE_CALLERS)))


def _read(texts: Mapping[str, Any] | None) -> Price | None:
    """Read a price from a run's metadata."""
    if not texts:
        return None
    if "variants" in texts:
        return catalog.Price(**texts)
    return _plain(tuple(texts.items()))


@lru_cache(maxsize=256)
def _plain(texts: tuple[tuple[str, str], ...]) -> Price:
    return catalog.Price(**dict(texts))
