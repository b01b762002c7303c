"""Converts prices of the `genai-prices` package to dated prices.

Its rules become ours: a start date begins a new dated price; hours of the day,
lengths of the input and the processing of a request (batch, flex, priority) become
variants. So a price is looked up once and read for any time and usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from langchain_smartroute.catalog.price import Price, PriceVariant
from langchain_smartroute.errors import ConfigurationError

try:
    from genai_prices import __version__, data_snapshot, types
except ImportError as error:
    raise ConfigurationError(
        'prices by genai-prices need its package: pip install "langchain-smartroute[prices]"'
    ) from error

__all__ = ["genai_prices_of"]

_RATES = {
    "input_mtok": "input_usd_per_mtok",
    "output_mtok": "output_usd_per_mtok",
    "cache_read_mtok": "cached_input_usd_per_mtok",
    "cache_write_mtok": "cache_write_usd_per_mtok",
    "cache_write_1h_mtok": "cache_write_1h_usd_per_mtok",
    "output_reasoning_mtok": "reasoning_usd_per_mtok",
    "input_audio_mtok": "input_audio_usd_per_mtok",
    "output_audio_mtok": "output_audio_usd_per_mtok",
    "input_image_mtok": "input_image_usd_per_mtok",
    "output_image_mtok": "output_image_usd_per_mtok",
    "requests_kcount": "request_usd",
}
"""Name of a rate there → name here. Its other rates are not for chat tokens."""

_THOUSAND = Decimal(1_000)
_LAST_DAY = date.max

_Rates = Mapping[str, Any]


@lru_cache(maxsize=4096)
def genai_prices_of(model: str, provider: str | None) -> tuple[Price, ...]:
    """The dated prices of a model.

    Args:
        model: Its name at the provider. Prefixes of gateways, such as
            `openrouter/openai/gpt-4o` or `litellm_proxy/gpt-4o`, are understood.
        provider: Its provider; `None`: by the name.

    Returns:
        The prices; none where the package does not know the model there. Another
        provider's price for a model of that name is not taken.
    """
    for where, name in _names(model, provider):
        try:
            _, info = data_snapshot.get_snapshot().find_provider_model(name, None, where, None)
        except LookupError:
            continue
        return tuple(_dated(info))
    return ()


def _names(model: str, provider: str | None) -> Iterator[tuple[str | None, str]]:
    """Provider and name to look for, the most exact first."""
    head, slash, rest = model.partition("/")
    if provider is not None or not slash:
        yield provider, model
    if not slash:
        return
    gateway = head.lower() in {"litellm", "litellm_proxy"}
    if provider is None or gateway or _is_same(head, provider):
        yield from _names(rest, None if gateway and provider in (None, head) else provider or head)


def _is_same(one: str, other: str) -> bool:
    """Whether two words name the same provider, such as `vertex_ai` and `google`."""
    providers = data_snapshot.get_snapshot().providers
    found = [data_snapshot.find_provider_by_id(providers, name) for name in (one, other)]
    return found[0] is not None and found[0] is found[1]


def _dated(info: types.ModelInfo) -> Iterator[Price]:
    """One price for each period in which the same rules apply."""
    days = {date.min}
    for rule in (*_conditional(info), *(info.price_variants or ())):
        if isinstance(rule.constraint, types.StartDateConstraint):
            days.add(rule.constraint.start_date)
    for day in sorted(days):
        price = _price_from(info, day)
        if price is not None:
            yield price


def _price_from(info: types.ModelInfo, day: date) -> Price | None:
    rules = _conditional(info)
    # As in genai-prices: of the prices in force the last one counts; before all, the first.
    number = max((i for i, rule in enumerate(rules) if _starts(rule) <= day), default=0)
    standard = _rates(rules[number].prices)
    if not {"input_usd_per_mtok", "output_usd_per_mtok"} <= standard.keys():
        return None
    variants = [*_by_length(standard)]
    for rule in rules[number + 1 :]:
        if isinstance(rule.constraint, types.TimeOfDateConstraint):
            hours = _hours(rule.constraint)
            rates = _complete(_rates(rule.prices), standard)
            variants += [PriceVariant(**hours, **_base(rates)), *_by_length(rates, hours)]
    for variant in reversed(info.price_variants or ()):
        tier = variant.when.get("service_tier", variant.when.get("processing"))
        if tier in (None, "default") or len(variant.when) > 1 or _starts(variant) > day:
            continue
        where: dict[str, Any] = {"service_tier": tier}
        if isinstance(variant.constraint, types.TimeOfDateConstraint):
            where |= _hours(variant.constraint)
        rates = _rates(variant.prices)
        variants += [PriceVariant(**where, **_base(rates)), *_by_length(rates, where)]
    return Price(
        **_base(standard),
        variants=tuple(variants),
        source=f"genai-prices {__version__}",
        date=_data_day(),
        valid_from=day,
    )


def _conditional(info: types.ModelInfo) -> Sequence[types.ConditionalPrice]:
    if isinstance(info.prices, types.ModelPrice):
        return [types.ConditionalPrice(prices=info.prices)]
    return info.prices


def _starts(rule: types.ConditionalPrice | types.PriceVariant) -> date:
    """The first day on which a rule applies all day; `_LAST_DAY` if it depends on the hour."""
    if isinstance(rule.constraint, types.StartDateConstraint):
        return rule.constraint.start_date
    hourly = isinstance(rule.constraint, types.TimeOfDateConstraint)
    return _LAST_DAY if hourly and isinstance(rule, types.ConditionalPrice) else date.min


def _hours(constraint: types.TimeOfDateConstraint) -> dict[str, time]:
    return {"from_utc": _utc(constraint.start_time), "until_utc": _utc(constraint.end_time)}


def _utc(value: time) -> time:
    if value.tzinfo is None:
        return value
    return datetime.combine(date(1970, 1, 2), value).astimezone(UTC).time()


def _rates(prices: types.ModelPrice) -> dict[str, Any]:
    """The rates under our names: a number, or the package's tiers by length."""
    found = {ours: getattr(prices, theirs) for theirs, ours in _RATES.items()}
    return {name: rate for name, rate in found.items() if rate is not None}


def _complete(rates: _Rates, standard: _Rates) -> dict[str, Any]:
    """Rates that replace the standard ones completely.

    A kind that only the standard rates have costs as much as its wider kind.
    """
    whole = dict(rates)
    for name in standard.keys() - rates.keys():
        wider = "output_usd_per_mtok" if "output" in name or "reason" in name else None
        whole[name] = rates.get(wider or "input_usd_per_mtok", standard[name])
    if "request_usd" in standard and "request_usd" not in rates:
        whole["request_usd"] = Decimal(0)
    return whole


def _base(rates: _Rates) -> dict[str, Decimal]:
    bases: dict[str, Any] = {name: getattr(rate, "base", rate) for name, rate in rates.items()}
    return {name: _amount(name, rate) for name, rate in bases.items()}


def _by_length(rates: _Rates, where: Mapping[str, Any] | None = None) -> Iterator[PriceVariant]:
    """A variant for each length of the input from which other rates count."""
    steps: dict[int, dict[str, Decimal]] = {}
    for name, rate in rates.items():
        for tier in getattr(rate, "tiers", ()):
            steps.setdefault(tier.start, {})[name] = _amount(name, tier.price)
    for start in sorted(steps):
        yield PriceVariant(above_input_tokens=start, **(where or {}), **steps[start])


def _amount(name: str, rate: Decimal) -> Decimal:
    """Requests are priced there by the thousand."""
    return rate / _THOUSAND if name == "request_usd" else rate


@cache
def _data_day() -> date:
    """The latest day in the package's data.

    The package has no dates of checks; its data are at least this recent.
    """
    today = datetime.now(tz=UTC).date() + timedelta(days=1)
    started = (
        _starts(rule)
        for provider in data_snapshot.get_snapshot().providers
        for info in provider.models
        for rule in (*_conditional(info), *(info.price_variants or ()))
    )
    return max(day for day in started if day < today)
