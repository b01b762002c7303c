"""`smartroute prices`: compares a catalog's prices with those of genai-prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec as find_package

import typer

from langchain_smartroute.catalog import Catalog, ModelSpec, Price, genai_prices, price_at
from langchain_smartroute.cli.options import CatalogOption, Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json, shown_usd
from langchain_smartroute.errors import ConfigurationError

__all__ = ["prices"]

prices = typer.Typer(name="prices", help="Compare prices with genai-prices.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    """One model whose prices differ.

    Attributes:
        alias: The model.
        says: Remark on the model.
        rates: Rate → the catalog's, and that of genai-prices; `None`: not named.
    """

    alias: str
    says: str
    rates: Mapping[str, tuple[Decimal | None, Decimal | None]]


@prices.callback()
def group() -> None:
    """Compare prices with genai-prices."""


@prices.command()
def check(*, catalog: CatalogOption = "default", output: FormatOption = Format.TABLE) -> None:
    """List what differs between a catalog's prices today and those of genai-prices."""
    if find_package("genai_prices") is None:
        raise ConfigurationError(
            'needs the package genai-prices: pip install "langchain-smartroute[prices]"'
        )
    loaded = Catalog.load(catalog)
    today = datetime.now(tz=UTC)
    differences = list(_differences(loaded, today))
    if output is Format.JSON:
        print_json({"catalog": loaded.name, "at": today.isoformat(), "differences": differences})
        return
    same = len(loaded.models) - len(differences)
    lines = [f"Catalog {loaded.name} at {today:%Y-%m-%d %H:%M} UTC: {same} of {len(loaded.models)}"]
    lines[0] += " models have the prices of genai-prices. USD per million tokens."
    for difference in differences:
        lines += ["", f"{difference.alias}: {difference.says}"]
        lines += [
            f"  {name:<28}{shown_usd(ours) if ours is not None else 'as the wider kind':<20}"
            f"{shown_usd(theirs) if theirs is not None else 'as the wider kind'}"
            for name, (ours, theirs) in difference.rates.items()
        ]
    print_hanging(lines, width=console().width)


def _differences(catalog: Catalog, now: datetime) -> Iterator[_Difference]:
    for spec in catalog.models.values():
        difference = _difference(spec, now)
        if difference is not None:
            yield difference


def _difference(spec: ModelSpec, now: datetime) -> _Difference | None:
    catalog_price = spec.price_at(now)
    reference = price_at(genai_prices(spec.model, spec.provider), now)
    where = f"{spec.model} at {spec.provider}"
    if reference is None:
        says = f"genai-prices does not know {where}"
        return _Difference(alias=spec.alias, says=says, rates={})
    if catalog_price is None:
        says = f"the catalog has no price; genai-prices knows {where}"
        return _Difference(alias=spec.alias, says=says, rates=_pairs({}, reference.rates))
    rates = _pairs(_present_rates(catalog_price), _present_rates(reference))
    if not rates:
        return None
    says = (
        f"{catalog_price.source}, checked {catalog_price.date}, beside"
        f" {reference.source}, {reference.date}"
    )
    return _Difference(alias=spec.alias, says=says, rates=rates)


def _present_rates(price: Price) -> Mapping[str, Decimal]:
    """The rates of a plain call at the current time."""
    rates = dict(price.rates)
    for variant in price.variants:
        if variant.above_input_tokens is None and variant.service_tier is None:
            rates |= variant.rates
    return rates


def _pairs(
    catalog_rates: Mapping[str, Decimal], reference_rates: Mapping[str, Decimal]
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    names = [*catalog_rates, *(name for name in reference_rates if name not in catalog_rates)]
    pairs = {name: (catalog_rates.get(name), reference_rates.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
