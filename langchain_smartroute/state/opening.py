"""Opens shared state from a user's setting."""

from __future__ import annotations

from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.state.commands import SharedState
from langchain_smartroute.state.memory import MemoryState

__all__ = ["open_state"]


def open_state(source: Any, *, timeout_s: float = 1.0) -> SharedState:
    """Open shared state; connections are made on first use.

    Args:
        source: `redis://…`, `rediss://…`, `unix://…`, the URL of a database, a `SharedState` of
            the caller's own, or `None` for this process alone.
        timeout_s: Seconds to wait for an answer of the database or Redis.

    Raises:
        ConfigurationError: If it is none of these, or a package is missing.
    """
    if source is None:
        return MemoryState()
    if not isinstance(source, str):
        if isinstance(source, SharedState):
            return source
        raise ConfigurationError(
            f"state = {source!r}: must be a URL such as redis://host:6379/0, or an object with"
            " run and arun"
        )
    if "://" not in source:
        raise ConfigurationError(
            "state (not shown, as it may hold a password): is no URL; give one such as"
            " redis://host:6379/0 or sqlite:///state.db"
        )
    if source.partition("://")[0] in ("redis", "rediss", "unix"):
        # These modules import packages of the extras.
        from langchain_smartroute.state.redis import RedisState  # noqa: PLC0415

        return RedisState(source, timeout_s=timeout_s)
    from langchain_smartroute.state.sql import SqlState  # noqa: PLC0415

    return SqlState(source, timeout_s=timeout_s)
