"""Numbers within a schema's bounds."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["fit_number"]


def fit_number(schema: dict[str, Any], kind: str, found: list[int | float]) -> int | float:
    """Take the first number of `found` that fits the schema, or generate one.

    Args:
        schema: Bounds and `multipleOf`.
        kind: `integer` or `number`.
        found: Unused numbers of the text; the one taken is removed.
    """
    for position, number in enumerate(found):
        if kind == "integer" and number != int(number):
            continue
        if _fits(schema, number):
            del found[position]
            return int(number) if kind == "integer" else number
    return _made_up(schema, kind)


def _fits(schema: dict[str, Any], number: float) -> bool:
    step = schema.get("multipleOf")
    return (
        number >= schema.get("minimum", -math.inf)
        and number > schema.get("exclusiveMinimum", -math.inf)
        and number <= schema.get("maximum", math.inf)
        and number < schema.get("exclusiveMaximum", math.inf)
        and (not step or math.isclose(number / step, round(number / step)))
    )


def _made_up(schema: dict[str, Any], kind: str) -> int | float:
    """Generate a number within the bounds: 1, else one next to a bound or between both."""
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    step = schema.get("multipleOf") or 1
    candidates: list[float] = [1, 0]
    for bound in (low, high):
        if math.isfinite(bound):
            near = math.floor(bound / step) * step
            candidates += [bound, near, near + step, near - step]
    if math.isfinite(low) and math.isfinite(high):
        candidates.append((low + high) / 2)
    for candidate in candidates:
        whole = candidate == int(candidate)
        if _fits(schema, candidate) and (kind == "number" or whole):
            return int(candidate) if whole else candidate
    return 1
