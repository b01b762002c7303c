"""Spend limits: amount, scope and period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from langchain_smartroute.accounting.amounts import PICO, picos, usd
from langchain_smartroute.errors import ConfigurationError, SpendLimitExceededError

__all__ = [
    "OnBackendError",
    "OnLimitReached",
    "Period",
    "SpendLimit",
    "StandIn",
    "Window",
    "tell_apart",
]

Period = Literal["request", "minute", "hour", "day", "week", "month", "overall"]

StandIn = Callable[[SpendLimitExceededError], str | None]
"""Function from a limit's error to the alias to call instead."""

OnLimitReached = Literal["raise", "cheapest"] | StandIn
OnBackendError = Literal["deny", "allow"]

_PERIODS: tuple[Period, ...] = get_args(Period)
_MOST_USD = 4_000_000
"""Largest limit: amounts are 64-bit integers in units of 10⁻¹² USD, and two are added."""

_MOST_TOKENS = 4 * 10**18
_FOREVER_S = 10 * 366 * 86_400.0
_GRACE_S = 86_400.0
_REQUEST_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The period of time that a limit counts in.

    Attributes:
        name: Part of the counter's name, the same in every process.
        ends: End of the period; `None`: none, or the request's end.
        ttl_s: Seconds after which its counter may be deleted.
    """

    name: str
    ends: datetime | None
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLimit:
    """A limit on the cost of calls, or on their tokens.

    Before a call its maximum cost is reserved, and afterwards its actual cost is settled:
    reserved and settled amounts together never exceed the limit.

    Args:
        usd: Limit in US dollars. Give either this or `tokens`.
        tokens: Limit in tokens, input and output together.
        period: The period: each `request` with all its attempts; each `minute`,
            `hour`, `day`, `week` (from Monday) or `month` of the time zone; or `overall`.
        per: A key of a run's metadata, such as `user`, `team`, `project` or `run`; each of its
            values has its own limit, and calls without the key share one. `None`: one limit for
            all calls.
        time_zone: Time zone of the periods, such as `Europe/Berlin`.
        name: Name of the limit; limits that differ only in their amount need different names.

    Raises:
        ConfigurationError: Listing everything that is wrong.

    Example:
        >>> from langchain_smartroute import SpendLimit
        >>> print(SpendLimit(usd="5.00", period="day", per="user"))
        $5.00 per day and user
    """

    usd: Decimal | str | int | None = None
    tokens: int | None = None
    period: Period = "overall"
    per: str | None = None
    time_zone: str = "UTC"
    name: str = ""

    def __post_init__(self) -> None:
        """Validate all values, and report all errors together."""
        faults: list[str] = []
        if (self.usd is None) == (self.tokens is None):
            faults.append("SpendLimit: give usd or tokens, and not both")
        if self.usd is not None:
            object.__setattr__(self, "usd", _amount(self.usd, faults))
        if self.tokens is not None and not _is_whole(self.tokens):
            faults.append(
                f"tokens = {self.tokens!r}: must be a whole number from 0 to {_MOST_TOKENS:,}"
            )
        if self.period not in _PERIODS:
            faults.append(f"period = {self.period!r}: use one of {', '.join(_PERIODS)}")
        if self.per is not None and not _is_name(self.per):
            faults.append(f"per = {self.per!r}: must be a name in the metadata of runs")
        if not isinstance(self.name, str):
            faults.append(f"name = {self.name!r}: must be a text, or left out")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
            faults.append(
                f"time_zone = {self.time_zone!r}: is unknown here; use a name such as"
                " Europe/Berlin (pip install tzdata where the system has none)"
            )
        if faults:
            raise ConfigurationError(*faults)

    def __str__(self) -> str:
        """The limit as text."""
        stretch = "overall" if self.period == "overall" else f"per {self.period}"
        whose = f" and {self.per}" if self.per else ""
        zone = "" if self.time_zone == "UTC" else f" in {self.time_zone}"
        named = f"{self.name}: " if self.name else ""
        return f"{named}{self.shown(self.ceiling)} {stretch}{whose}{zone}"

    @property
    def ceiling(self) -> int:
        """The limit as an integer: in units of 10⁻¹² US dollars, or in tokens."""
        return self.tokens or 0 if self.tokens is not None else picos(Decimal(self.usd or 0))

    def shown(self, units: int) -> str:
        """An amount in these units as text."""
        if self.tokens is not None:
            return f"{units:,} tokens"
        amount = usd(units)
        return f"${amount:.2f}" if amount == round(amount, 2) else f"${amount:f}"

    def window(self, now: datetime, *, request_id: str) -> Window:
        """The period that a call belongs to.

        Args:
            now: Time of the call.
            request_id: Id of its request.
        """
        if self.period == "overall":
            return Window(name="overall", ends=None, ttl_s=_FOREVER_S)
        if self.period == "request":
            return Window(name=f"request={request_id}", ends=None, ttl_s=_REQUEST_S)
        begins, ends = _span(self.period, now.astimezone(ZoneInfo(self.time_zone)))
        name = f"{self.period}={begins.astimezone(UTC):%Y%m%dT%H%M%S}"
        left_s = (ends - now).total_seconds()
        return Window(name=name, ends=ends, ttl_s=max(left_s, 0.0) + _GRACE_S)

    @property
    def identity(self) -> tuple[str, ...]:
        """Unique identity of the limit, which does not depend on its amount."""
        unit = "tokens" if self.tokens is not None else "usd"
        return (self.name, unit, self.period, self.per or "", self.time_zone)

    def counter(self, window: Window, whose: str) -> str:
        """Name of the counter, the same in every process with this limit.

        A limit whose amount is changed keeps its counter.

        Args:
            window: The period.
            whose: The value of `per` in the run's metadata; empty without a `per`.
        """
        unit = "tokens" if self.tokens is not None else "usd"
        key = f"{self.per}={whose}" if self.per else "all"
        return f"limit|{self.name}|{unit}|{self.time_zone}|{window.name}|{key}"


def tell_apart(limits: Sequence[SpendLimit]) -> None:
    """Reject two limits that would share a counter, as each call would be counted twice.

    Raises:
        ConfigurationError: If two do.
    """
    known: dict[tuple[str, ...], SpendLimit] = {}
    for limit in limits:
        other = known.setdefault(limit.identity, limit)
        if other is not limit:
            raise ConfigurationError(
                f"spend_limits: {other} and {limit} would count into one; leave one out, or give"
                " one a name="
            )


def _span(period: str, local: datetime) -> tuple[datetime, datetime]:
    """Start and end of a period; days and longer periods start at local midnight."""
    if period == "minute":
        begins = _later(local, -_since_minute(local))
        return begins, _later(begins, timedelta(minutes=1))
    if period == "hour":
        # Clocks that change by half an hour, or within one, do not change it.
        begins = _later(local, -_since_minute(local) - timedelta(minutes=local.minute))
        return begins, _later(begins, timedelta(hours=1))
    day = datetime(local.year, local.month, local.day, tzinfo=local.tzinfo)
    if period == "day":
        return day, day + timedelta(days=1)
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, _first_of_next_month(first, local.tzinfo)


def _since_minute(local: datetime) -> timedelta:
    return timedelta(seconds=local.second, microseconds=local.microsecond)


def _later(moment: datetime, by: timedelta) -> datetime:
    """Add elapsed time to a moment, independent of changes of local time."""
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)


def _first_of_next_month(first: datetime, zone: tzinfo | None) -> datetime:
    year, month = divmod(first.year * 12 + first.month, 12)
    return datetime(year, month + 1, 1, tzinfo=zone)


def _amount(given: Any, faults: list[str]) -> Decimal:
    try:
        # A float is converted by its repr: 0.1 becomes exactly 0.1.
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
        faults.append(f"usd = {given!r}: must be an amount from 0 to {_MOST_USD:,}")
        return Decimal(0)
    if amount * PICO != int(amount * PICO):
        faults.append(f"usd = {given!r}: must have at most 12 decimals")
    return amount


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
