"""What is left of spend limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting.limits import SpendLimit, Window
from langchain_smartroute.accounting.reservation import NO_KEY, units_of, whose_of

if TYPE_CHECKING:
    from langchain_smartroute.state import Standing

__all__ = ["AskedLimit", "LimitStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStatus:
    """What is left of a spend limit for one caller in the present period.

    Amounts are in US dollars (`Decimal`), or in tokens (`int`) where the limit is.

    Attributes:
        limit: The limit.
        whose: The caller's value of the limit's `per`; `None`: there is none.
        spent: Amount settled.
        reserved: Amount reserved by running calls.
        left: Amount that further calls may reserve; zero if a call was billed beyond its bound.
        frees_at: End of the period; `None` where it has none.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable, SpendLimit
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> limit = SpendLimit(usd="0.05", period="day", per="user")
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(
        ...         base_url=server.base_url, spend_limits=[limit]
        ...     )
        ...     answer = router.invoke("Hello!", {"metadata": {"user": "ann"}})
        >>> [status.spent for status in router.limit_status({"user": "ann"})]
        [Decimal('0.00000322')]
    """

    limit: SpendLimit
    whose: str | None
    spent: Decimal | int
    reserved: Decimal | int
    left: Decimal | int
    frees_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLimit:
    """One limit, of which somebody asks what is left.

    Attributes:
        limit: The limit.
        whose: The caller's value of its `per`, as the counter has it.
        window: The present period.
    """

    limit: SpendLimit
    whose: str
    window: Window

    @classmethod
    def all_of(
        cls, limits: Sequence[SpendLimit], metadata: Mapping[str, Any], *, now: datetime
    ) -> list[AskedLimit]:
        """The limits for a caller, without those of single requests, which end with them.

        Args:
            limits: All limits.
            metadata: Metadata as in a call's config, which identifies the caller.
            now: The time of the periods.
        """
        return [
            cls(
                limit=limit,
                whose=whose_of(limit, metadata),
                window=limit.window(now, request_id=""),
            )
            for limit in limits
            if limit.period != "request"
        ]

    @property
    def counter(self) -> str:
        """Name of the counter."""
        return self.limit.counter(self.window, self.whose)

    def status(self, standing: Standing) -> LimitStatus:
        """The answer, from the state of the counter."""
        limit = self.limit
        left = max(0, limit.ceiling - standing.spent - standing.held)
        return LimitStatus(
            limit=limit,
            whose=None if self.whose in ("", NO_KEY) else self.whose,
            spent=units_of(limit, standing.spent),
            reserved=units_of(limit, standing.held),
            left=units_of(limit, left),
            frees_at=self.window.ends,
        )
