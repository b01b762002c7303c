"""Looks up prices in several sources, in order of trust.

The caller's own, then the catalog's, then the shipped catalogs', then those of the
`genai-prices` package where it is installed, and then unknown: a price is never
guessed from a model of a similar name or from another provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec as find_package
from typing import TYPE_CHECKING, Any

from langchain_smartroute.catalog.catalog import Catalog, find_spec
from langchain_smartroute.catalog.price import Price, price_at
from langchain_smartroute.errors import ConfigurationError, PriceNotFoundError

if TYPE_CHECKING:
    from langchain_smartroute.catalog.spec import ModelSpec

__all__ = ["PriceBook", "PriceSource", "genai_prices", "own_prices", "with_prices"]

PriceSource = Callable[[str, str | None, datetime | None], Price | None]
"""Model, provider, time of the call → price; how a caller looks prices up elsewhere."""


class PriceBook:
    """Looks prices up, in order of trust.

    Args:
        own: The caller's prices: model or alias → a `Price` or several dated ones (or the
            same as mappings), or a callable with model, provider and time.
        catalog: Whose prices come next; then those of the shipped catalogs.
        genai: Whether the `genai-prices` package is asked last, where it is installed.

    Raises:
        ConfigurationError: If one of the caller's own prices is not a valid price.

    Example:
        >>> book = PriceBook({"house": {
        ...     "input_usd_per_mtok": "0.05", "output_usd_per_mtok": "0.10",
        ...     "source": "our own hardware", "date": "2026-11-23"}})
        >>> book.find("house").output_usd_per_mtok
        Decimal('0.10')
        >>> book.find("no-such-model") is None
        True
    """

    def __init__(
        self,
        own: Mapping[str, Any] | PriceSource | None = None,
        *,
        catalog: Any = None,
        genai: bool = True,
    ) -> None:
        self._ask = own if callable(own) else None
        self._own = own_prices(own) if own and not callable(own) else {}
        self._catalog = Catalog.load(catalog) if catalog is not None else None
        self._genai = genai

    def find(
        self, model: str, *, provider: str | None = None, at: datetime | None = None
    ) -> Price | None:
        """The price of a model at a time.

        Args:
            model: Its alias or its name at the provider.
            provider: Who serves it, where that is known.
            at: When the call is made; `None`: the latest price.

        Returns:
            The price, its hours of the day resolved; `None` when unknown.
        """
        if self._ask is not None:
            price = self._ask(model, provider, at)
            if price is not None:
                return price.at(at)
        return price_at(self._prices(model, provider), at)

    def get(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Price:
        """As `find`, but an unknown price is an error.

        Args:
            model: Its alias or its name at the provider.
            provider: Who serves it, where that is known.
            at: When the call is made; `None`: the latest price.

        Raises:
            PriceNotFoundError: If nobody knows the price.
        """
        found = self.find(model, provider=provider, at=at)
        if found is None:
            where = f" at {provider!r}" if provider else ""
            raise PriceNotFoundError(
                f"no price for model {model!r}{where}; name one in prices= or in a catalog, or"
                ' install those of genai-prices: pip install "langchain-smartroute[prices]"'
            )
        return found

    def _prices(self, model: str, provider: str | None) -> Sequence[Price]:
        if model in self._own:
            return self._own[model]
        spec = self.spec(model)
        if spec is not None and spec.prices:
            return spec.prices
        return genai_prices(model, provider) if self._genai else ()

    def spec(self, model: str) -> ModelSpec | None:
        """The spec of a model by alias or name: in the catalog, then in the shipped ones."""
        own = self._catalog.models if self._catalog else {}
        found = own.get(model) or next((s for s in own.values() if s.model == model), None)
        return found or find_spec(model)


def with_prices(catalog: Catalog, own: Mapping[str, Any]) -> Catalog:
    """A catalog with the caller's own prices, and with looked-up ones where it has none.

    Args:
        catalog: What can answer; never changed.
        own: Alias → a `Price`, several dated ones, or the same as mappings.

    Raises:
        ConfigurationError: For an alias that the catalog does not have, or an invalid price.
    """
    caller_prices = own_prices(own)
    unknown = [alias for alias in caller_prices if alias not in catalog.models]
    if unknown:
        known = ", ".join(catalog.models)
        raise ConfigurationError(
            *(f"prices.{alias}: no such model; use one of {known}" for alias in unknown)
        )
    changed = {
        alias: prices
        for alias, spec in catalog.models.items()
        if (prices := caller_prices.get(alias) or spec.prices or _looked_up(spec)) != spec.prices
    }
    if not changed:
        return catalog
    models = {
        alias: spec.model_copy(update={"prices": changed[alias]}) if alias in changed else spec
        for alias, spec in catalog.models.items()
    }
    return catalog.model_copy(update={"models": models})


def _looked_up(spec: ModelSpec) -> tuple[Price, ...]:
    """The package's prices, if the spec or the name tells the model's provider.

    A spec without a provider may belong to any gateway.
    """
    has_provider = "provider" in spec.model_fields_set
    if not spec.priced_by_name or (not has_provider and "/" not in spec.model):
        return ()
    return genai_prices(spec.model, spec.provider if has_provider else None)


def genai_prices(model: str, provider: str | None) -> tuple[Price, ...]:
    """The prices that `genai-prices` knows; none where it is not installed."""
    if find_package("genai_prices") is None:
        return ()
    # Imported only for models without a price, as its data take half a second to load.
    from langchain_smartroute.catalog.genai import genai_prices_of  # noqa: PLC0415

    return genai_prices_of(model, provider)


def own_prices(caller_prices: Mapping[str, Any]) -> dict[str, tuple[Price, ...]]:
    """Validate a caller's prices.

    Raises:
        ConfigurationError: Listing every value that is not a valid price.
    """
    found: dict[str, tuple[Price, ...]] = {}
    faults: list[str] = []
    for name, value in caller_prices.items():
        entries = value if isinstance(value, list | tuple) else [value]
        faults += [
            f"prices.{name} = {entry!r}: must be a Price, a mapping, or a list of them"
            for entry in entries
            if not isinstance(entry, Price | Mapping)
        ]
        try:
            found[name] = tuple(
                entry if isinstance(entry, Price) else Price(**entry)
                for entry in entries
                if isinstance(entry, Price | Mapping)
            )
        except ConfigurationError as error:
            faults += [f"prices.{name}.{fault}" for fault in error.faults]
    if faults:
        raise ConfigurationError(*faults)
    return found
