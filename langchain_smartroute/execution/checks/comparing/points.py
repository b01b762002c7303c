"""Values of mathematical expressions at fixed points.

Each variable has a fixed number at each of three points.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from zlib import crc32

from langchain_smartroute.execution.checks.comparing.arithmetic import Number, applied

__all__ = ["Value", "constant", "each", "of_each", "variable"]

Value = tuple[Number, ...]
"""One number for each point."""

_POINTS = 3


def constant(number: Number) -> Value:
    """The same number at every point."""
    return (number,) * _POINTS


def variable(name: str) -> Value:
    """A variable's numbers, which follow from its name."""
    return tuple(
        Fraction(crc32(f"{name} {point}".encode()) % 997 + 101, 499) * (-1) ** (point // 2)
        for point in range(_POINTS)
    )


def each(operation: Callable[[Number, Number], Number], a: Value, b: Value) -> Value:
    """An operation on two values, point by point."""
    return tuple(operation(x, y) for x, y in zip(a, b, strict=True))


def of_each(function: Callable[[complex], complex], value: Value) -> Value:
    """A function of a value, point by point."""
    return tuple(applied(function, number) for number in value)
