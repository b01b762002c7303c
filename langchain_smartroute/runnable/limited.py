"""What is left of a router's spend limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from langchain_smartroute.accounting import LimitStatus
    from langchain_smartroute.engine import Engine

__all__ = ["TellsLimits"]


class TellsLimits:
    """The part of a router that tells what is left of its spend limits."""

    _engine: Engine

    def limit_status(self, metadata: Mapping[str, Any] | None = None) -> tuple[LimitStatus, ...]:
        """What is left of each spend limit, such as for a user's page.

        Args:
            metadata: The metadata of the caller's calls, such as `{"user": "ann"}`; left out:
                those of calls without any.

        Returns:
            A status per limit, in the order of `spend_limits`, without the limits of single
            requests. Another call may have changed it when it is read.

        Raises:
            StorageError: If the state that holds the limits is unavailable.
        """
        limits = self._engine.limits
        return () if limits is None else limits.spending.statuses(metadata or {})

    async def alimit_status(
        self, metadata: Mapping[str, Any] | None = None
    ) -> tuple[LimitStatus, ...]:
        """The same as `limit_status`, for asynchronous code."""
        limits = self._engine.limits
        return () if limits is None else await limits.spending.astatuses(metadata or {})
