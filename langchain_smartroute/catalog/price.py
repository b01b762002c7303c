"""Dated prices with variants by input length, hour and service tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator
from typing_extensions import override

from langchain_smartroute.catalog.checked import Checked
from langchain_smartroute.errors import ConfigurationError

__all__ = ["Price", "PriceVariant", "price_at"]

Day = date
"""Alias of the type `date`, for classes with a field of that name."""

Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
_CONDITIONS = ("above_input_tokens", "from_utc", "until_utc", "service_tier")


class _Rated(Checked):
    """Base of prices and variants, with a cached mapping of rates.

    Every record and every decision looks up prices, and comparing prices field by field, as a
    cache by value would, takes longer than computing a cost.
    """

    input_usd_per_mtok: Money | None = None
    output_usd_per_mtok: Money | None = None
    cached_input_usd_per_mtok: Money | None = None
    cache_write_usd_per_mtok: Money | None = None
    cache_write_1h_usd_per_mtok: Money | None = None
    reasoning_usd_per_mtok: Money | None = None
    input_audio_usd_per_mtok: Money | None = None
    output_audio_usd_per_mtok: Money | None = None
    input_image_usd_per_mtok: Money | None = None
    output_image_usd_per_mtok: Money | None = None
    request_usd: Money | None = None

    @cached_property
    def rates(self) -> Mapping[str, Decimal]:
        """Name → rate, of the rates given here, without variants."""
        found = ((name, getattr(self, name)) for name in _RATES)
        return {name: rate for name, rate in found if rate is not None}

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with its rates computed again."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("rates", "texts"):
            copied.__dict__.pop(name, None)
        return copied


class PriceVariant(_Rated):
    """Rates that replace a price's own where all of its conditions hold.

    A condition that is left out holds always; at least one has to be given. Where
    several variants of a price hold, the last one that names a rate counts.

    Attributes:
        above_input_tokens: Holds for calls with more input tokens than this; its
            rates then count for all tokens of the call.
        from_utc: Holds from this time of day, UTC. Given with `until_utc`; a window
            may pass midnight.
        until_utc: Holds before this time of day, UTC.
        service_tier: Holds for calls that the provider served under this tier, such
            as `batch`, `flex` or `priority`.

    The rates are those of `Price`; one that is left out is the price's own.

    Example:
        >>> PriceVariant(service_tier="batch", input_usd_per_mtok="0.075").service_tier
        'batch'
    """

    above_input_tokens: Annotated[int, Field(ge=0)] | None = None
    from_utc: time | None = None
    until_utc: time | None = None
    service_tier: Annotated[str, Field(min_length=1)] | None = None

    @field_validator("from_utc", "until_utc")
    @classmethod
    def _without_zone(cls, value: time | None) -> time | None:
        if value is not None and value.tzinfo is not None:
            raise ConfigurationError(f"= {value}: is read as UTC; give it without an offset")
        return value

    @model_validator(mode="after")
    def _conditions_are_whole(self) -> Self:
        if (self.from_utc is None) != (self.until_utc is None):
            raise ConfigurationError("from_utc, until_utc: give both or none")
        if all(getattr(self, name) is None for name in _CONDITIONS):
            raise ConfigurationError(
                f"holds always; give a condition ({', '.join(_CONDITIONS)}) or change the price"
            )
        return self

    def is_open(self, at: time) -> bool:
        """Whether its hours of the day, UTC, include a time."""
        if self.from_utc is None or self.until_utc is None:
            return True
        if self.from_utc <= self.until_utc:
            return self.from_utc <= at < self.until_utc
        return at >= self.from_utc or at < self.until_utc


class Price(_Rated):
    """What a provider charges, in US dollars per million tokens, from a day on.

    A rate that is left out is that of the wider kind: cached and written input cost
    as other input, reasoning as other output, sound and pictures as text.

    Attributes:
        input_usd_per_mtok: Input tokens.
        output_usd_per_mtok: Output tokens.
        cached_input_usd_per_mtok: Input tokens read from the provider's cache.
        cache_write_usd_per_mtok: Input tokens written to it.
        cache_write_1h_usd_per_mtok: Those that it keeps for an hour; as
            `cache_write_usd_per_mtok` where left out.
        reasoning_usd_per_mtok: Output tokens that are reasoning.
        input_audio_usd_per_mtok: Input tokens that are sound.
        output_audio_usd_per_mtok: Output tokens that are sound.
        input_image_usd_per_mtok: Input tokens that are pictures.
        output_image_usd_per_mtok: Output tokens that are pictures.
        request_usd: Each call, in US dollars.
        variants: What differs by length of the input, hour and service tier.
        source: Where the figures come from.
        date: The day on which they were checked.
        valid_from: The first day on which they are charged, UTC; `date` where left out.

    Example:
        >>> from datetime import date
        >>> Price(
        ...     input_usd_per_mtok="0.15",
        ...     output_usd_per_mtok="0.60",
        ...     source="the provider's price page",
        ...     date=date(2026, 11, 23),
        ... ).output_usd_per_mtok
        Decimal('0.60')
    """

    input_usd_per_mtok: Money
    output_usd_per_mtok: Money
    variants: tuple[PriceVariant, ...] = ()
    source: str
    date: date
    valid_from: Day | None = None

    @property
    def starts(self) -> Day:
        """The first day on which it applies."""
        return self.valid_from or self.date

    @cached_property
    def texts(self) -> Mapping[str, Any]:
        """The price as JSON values, for metadata."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    def at(self, moment: datetime | None) -> Price:
        """The price at a time, without variants that depend on the hour.

        Args:
            moment: When the call is made; `None`: outside all special hours.
        """
        if not self.variants or all(variant.from_utc is None for variant in self.variants):
            return self
        clock = None if moment is None else _utc(moment).time()
        held = [
            variant
            for variant in self.variants
            if variant.from_utc is None or (clock is not None and variant.is_open(clock))
        ]
        hourless = {"from_utc": None, "until_utc": None}
        variants = tuple(variant.model_copy(update=hourless) for variant in held)
        return self.model_copy(update={"variants": variants})


def price_at(prices: Sequence[Price], at: datetime | None) -> Price | None:
    """The price that is charged at a time.

    Args:
        prices: Dated prices in any order.
        at: When the call is made; `None`: the latest one, outside special hours.

    Returns:
        Of the prices in force the one that started last, and of those the one checked
        last. Before all of them, the earliest: nothing better is known. `None`
        without any.
    """
    if len(prices) == 1:
        return prices[0].at(at)
    ordered = sorted(prices, key=lambda price: (price.starts, price.date))
    if at is not None:
        day = _utc(at).date()
        ordered = [price for price in ordered if price.starts <= day] or ordered[:1]
    return ordered[-1].at(at) if ordered else None


def _utc(moment: datetime) -> datetime:
    """A time in UTC; naive times are taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_RATES = tuple(_Rated.model_fields)
