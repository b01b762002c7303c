"""Sources and dates of prices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_smartroute.catalog import ModelSpec

__all__ = ["price_lines", "price_sources"]


def price_sources(specs: Iterable[ModelSpec]) -> dict[str, list[str]]:
    """Source and date of a price → aliases of the models that have it from there."""
    found: dict[str, list[str]] = {}
    for spec in specs:
        price = spec.price_at(datetime.now(tz=UTC))
        source = "unknown" if price is None else f"{price.source}, checked {price.date}"
        found.setdefault(source, []).append(spec.alias)
    return found


def price_lines(sources: dict[str, list[str]]) -> list[str]:
    """The same as lines of text: one for a common source, else one per source."""
    if len(sources) == 1:
        return [f"Prices: {next(iter(sources))}."]
    lines = (f"  {', '.join(aliases)}: {source}" for source, aliases in sources.items())
    return ["Prices:", *lines] if sources else []
