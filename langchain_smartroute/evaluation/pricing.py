"""Prices of a table's models: given one by one, or looked up in a catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.catalog import Price
from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog

__all__ = ["catalog_prices", "price_of", "price_table"]

_AMOUNT = r"\d+\.?\d*|\.\d+"
_FORM = re.compile(rf"(?P<model>.+)=(?P<input>{_AMOUNT})/(?P<output>{_AMOUNT})")


def price_of(text: str, *, day: date) -> tuple[str, Price]:
    """Read `MODEL=INPUT/OUTPUT`, in US dollars per million tokens.

    Args:
        text: Such as `gpt-4o-mini=0.15/0.60`.
        day: Date of the price.

    Raises:
        ConfigurationError: If the text does not have this form.

    Example:
        >>> from datetime import date
        >>> model, price = price_of("gpt-4o-mini=0.15/0.60", day=date(2026, 11, 27))
        >>> model, price.output_usd_per_mtok
        ('gpt-4o-mini', Decimal('0.60'))
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ConfigurationError(
            f"price {text!r}: write it as MODEL=INPUT/OUTPUT in US dollars per million tokens,"
            " such as gpt-4o-mini=0.15/0.60"
        )
    return found["model"], Price(
        input_usd_per_mtok=Decimal(found["input"]),
        output_usd_per_mtok=Decimal(found["output"]),
        source="given on the command line",
        date=day,
    )


def price_table(texts: Iterable[str], *, day: date) -> dict[str, Price]:
    """Model → price, from texts in the form that `price_of` reads."""
    return dict(price_of(text, day=day) for text in texts)


def catalog_prices(catalog: Catalog, names: Mapping[str, str]) -> dict[str, Price]:
    """The table's model → price of its alias, where known.

    A model that stands for other aliases as well has the price of the alias of its own name.

    Args:
        catalog: Catalog with the prices.
        names: Alias → the table's name of the model.
    """
    known = {alias: spec.price for alias, spec in catalog.models.items() if spec.price is not None}
    named = {names.get(alias, alias): price for alias, price in known.items()}
    return named | {alias: known[alias] for alias in named.keys() & known.keys()}
