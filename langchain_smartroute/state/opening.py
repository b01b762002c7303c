"""From what a user names to shared state."""

from __future__ import annotations

from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.state.commands import SharedState
from langchain_smartroute.state.memory import MemoryState

__all__ = ["open_state"]


def open_state(source: Any, *, timeout_s: float = 1.0) -> SharedState:
    """Shared state from a URL; nothing is connected to yet.

    Args:
        source: `redis://…`, `rediss://…`, `unix://…`, the URL of a database, an object of
            the caller's own, or `None` for this process alone.
        timeout_s: Seconds to wait for an answer of what a URL names.

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
        # The packages of the extras are imported in there.
        from langchain_smartroute.state.redis import RedisState  # noqa: PLC0415

        return RedisState(source, timeout_s=timeout_s)
    from langchain_smartroute.state.sql import SqlState  # noqa: PLC0415

    return SqlState(source, timeout_s=timeout_s)
