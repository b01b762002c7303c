"""Counts costs in a block of code, without passing callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.tracers.context import register_configure_hook

from langchain_smartroute.accounting.callback import CostCallbackHandler

__all__ = ["track_costs"]

_tracked: ContextVar[CostCallbackHandler | None] = ContextVar("smartroute_costs", default=None)
register_configure_hook(_tracked, inheritable=True)


@contextmanager
def track_costs(baseline: str | None = "gpt-4o", **settings: Any) -> Iterator[CostCallbackHandler]:
    """Count every model run inside a `with` block, without passing callbacks.

    Threads that you start inside the block do not inherit it; those of LangChain's `batch` do.

    Args:
        baseline: The model that savings are measured against.
        **settings: As for `CostCallbackHandler`.

    Yields:
        The handler that counts.

    Raises:
        ConfigurationError: If the baseline has no price, or a setting is wrong.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable, track_costs
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with SandboxServer() as server, track_costs(baseline="gpt-4o") as costs:
        ...     answer = SmartRouterRunnable.from_catalog(base_url=server.base_url).invoke("Hello!")
        >>> costs.stats().total_requests, costs.stats().actual_cost_usd
        (1, Decimal('0.00000322'))
    """
    handler = CostCallbackHandler(baseline, **settings)
    token = _tracked.set(handler)
    try:
        yield handler
    finally:
        _tracked.reset(token)
