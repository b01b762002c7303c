"""Resolves the user's own fallbacks: what is tried after each candidate, without circles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.errors import ConfigurationError

__all__ = ["checked_fallbacks"]


def checked_fallbacks(fallbacks: Mapping[str, Any], catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Validate and resolve the user's own fallbacks.

    Args:
        fallbacks: Alias → aliases to try when it fails.
        catalog: The catalog with the aliases.

    Returns:
        Alias → everything to try after it, the fallbacks of fallbacks included.

    Raises:
        ConfigurationError: For an unknown alias or a circle.
    """
    faults: list[str] = []
    direct: dict[str, tuple[str, ...]] = {}
    for alias, value in fallbacks.items():
        if not isinstance(value, str | list | tuple):
            faults.append(f"fallbacks.{alias} = {value!r}: must be an alias or a list of aliases")
            continue
        targets = (value,) if isinstance(value, str) else tuple(value)
        direct[alias] = targets
        faults += [
            f"fallbacks.{alias} = {list(targets)!r}: no model {name!r}; use one of"
            f" {', '.join(catalog.models)}"
            for name in (alias, *targets)
            if name not in catalog.models
        ]
    if not faults:
        for alias in direct:
            circle = _circle(alias, direct)
            if circle:
                faults.append(
                    f"fallbacks.{alias}: goes in a circle ({' → '.join(circle)}); break it"
                )
    if faults:
        raise ConfigurationError(*faults)
    return {alias: tuple(_following(alias, direct)) for alias in direct}


def _circle(start: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The path from an alias back to itself; empty: none."""
    paths: list[tuple[str, ...]] = [(start, target) for target in direct.get(start, ())]
    visited: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] == start:
            return path
        if path[-1] not in visited:
            visited.add(path[-1])
            paths += [(*path, target) for target in direct.get(path[-1], ())]
    return ()


def _following(alias: str, direct: Mapping[str, tuple[str, ...]]) -> dict[str, None]:
    """Fallbacks in order, each followed by its own; a dict keeps the order without repeats."""
    fallbacks: dict[str, None] = {}
    for target in direct.get(alias, ()):
        fallbacks[target] = None
        fallbacks |= {t: None for t in _following(target, direct) if t not in fallbacks}
    return fallbacks
