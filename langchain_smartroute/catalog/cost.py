"""Usage × price = cost, exactly."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_smartroute.catalog.price import Price

__all__ = ["cost_usd", "price_fault"]

_PER_MILLION = Decimal("0.000001")
_NOTHING = Decimal(0)
_EXACT = Context(prec=60)
"""A decimal context of sufficient precision, independent of the caller's own."""


def cost_usd(usage: Usage, price: Price | None) -> Decimal | None:
    """The cost of a usage at a price.

    Each token is charged once: at the narrowest rate that its kind has. Where parts of
    the input add up to more than the whole (the counts of cached and of audio tokens
    may overlap), cached ones come first.

    Args:
        usage: Token counts of one model run.
        price: The price at the time of the call (`Price.at`), or `None` when unknown.

    Returns:
        US dollars, exact; `None` when the price is unknown, or unknown for the service
        tier under which the call was served.
    """
    if price is None or price_fault(usage, price) is not None:
        return None
    rates = _rates(usage, price)
    total = _NOTHING
    if "request_usd" in rates:
        total = _EXACT.multiply(rates["request_usd"], Decimal(1_000_000))
    for tokens, name in _counts(usage):
        total = _EXACT.add(total, _EXACT.multiply(Decimal(tokens), _rate(rates, name)))
    return _EXACT.multiply(total, _PER_MILLION)


def price_fault(usage: Usage, price: Price | None) -> str | None:
    """Why a usage cannot be priced; `None` if it can."""
    if price is None:
        return "no price for the model"
    tier = usage.service_tier
    if tier is None or any(variant.service_tier == tier for variant in price.variants):
        return None
    return f"no price for service tier {tier!r}"


_WIDER = {
    "cached_input_usd_per_mtok": "input_usd_per_mtok",
    "cache_write_usd_per_mtok": "input_usd_per_mtok",
    "cache_write_1h_usd_per_mtok": "cache_write_usd_per_mtok",
    "reasoning_usd_per_mtok": "output_usd_per_mtok",
    "input_audio_usd_per_mtok": "input_usd_per_mtok",
    "output_audio_usd_per_mtok": "output_usd_per_mtok",
    "input_image_usd_per_mtok": "input_usd_per_mtok",
    "output_image_usd_per_mtok": "output_usd_per_mtok",
}
"""Rate → the rate that is used where it is not given."""


def _rate(rates: Mapping[str, Decimal], name: str) -> Decimal:
    while name not in rates:
        name = _WIDER[name]
    return rates[name]


def _rates(usage: Usage, price: Price) -> Mapping[str, Decimal]:
    if not price.variants:
        return price.rates
    rates = dict(price.rates)
    for variant in price.variants:
        above = variant.above_input_tokens
        if variant.from_utc is not None or variant.service_tier not in (None, usage.service_tier):
            continue
        if above is None or usage.input_tokens > above:
            rates |= variant.rates
    return rates


def _counts(usage: Usage) -> Iterator[tuple[int, str]]:
    """Each kind of token in the usage with its rate; together they are the whole usage."""
    left = usage.input_tokens
    hour = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
    for tokens, name in (
        (usage.cache_read_tokens, "cached_input_usd_per_mtok"),
        (hour, "cache_write_1h_usd_per_mtok"),
        (usage.cache_write_tokens - hour, "cache_write_usd_per_mtok"),
        (usage.input_audio_tokens, "input_audio_usd_per_mtok"),
        (usage.input_image_tokens, "input_image_usd_per_mtok"),
    ):
        if tokens:
            part = min(tokens, left)
            left -= part
            yield part, name
    yield left, "input_usd_per_mtok"
    left = usage.output_tokens
    for tokens, name in (
        (usage.reasoning_tokens, "reasoning_usd_per_mtok"),
        (usage.output_audio_tokens, "output_audio_usd_per_mtok"),
        (usage.output_image_tokens, "output_image_usd_per_mtok"),
    ):
        if tokens:
            part = min(tokens, left)
            left -= part
            yield part, name
    yield left, "output_usd_per_mtok"
