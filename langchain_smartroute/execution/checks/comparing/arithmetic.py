"""Arithmetic on exact and irrational numbers that refuses what it could not tell apart.

A `Fraction` is exact; a `complex` is rounded, and only used within sizes at which rounding does
not hide a difference. Anything else raises `ValueError` or an `ArithmeticError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

__all__ = [
    "Number",
    "absolute",
    "added",
    "alike",
    "applied",
    "chosen",
    "divided",
    "factorial",
    "multiplied",
    "raised",
    "repeating",
    "subtracted",
]

Number = Fraction | complex

_MOST_BITS = 4_000
_MOST_POWER = 400
_SMALL, _LARGE = 1e-6, 1e9
"""Sizes of numbers that are combined with irrational ones."""

_NOUGHT = 1e-11
"""Size below which irrational numbers that are subtracted cancel out."""

_ROUNDED = 1e-9


def added(a: Number, b: Number) -> Number:
    """The sum."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _exact(a + b)
    found = _rounded(a) + _rounded(b)
    return Fraction(0) if abs(found) < _NOUGHT else _rounded(found)


def subtracted(a: Number, b: Number) -> Number:
    """The difference."""
    return added(a, multiplied(b, Fraction(-1)))


def multiplied(a: Number, b: Number) -> Number:
    """The product."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _exact(a * b)
    return Fraction(0) if not (a and b) else _rounded(_rounded(a) * _rounded(b))


def divided(a: Number, b: Number) -> Number:
    """The quotient."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _exact(a / b)
    return Fraction(0) if not a else _rounded(_rounded(a) / _rounded(b))


def raised(base: Number, power: Number) -> Number:
    """A power; of a negative number an odd root is real."""
    if isinstance(power, Fraction) and power.denominator == 1:
        times = abs(power.numerator)
        if times > _MOST_POWER or _bits(base) * times > _MOST_BITS:
            raise OverflowError
        if isinstance(base, Fraction):
            return _exact(base**power.numerator)
        return _rounded(base**power.numerator)
    if not base:
        if power.real <= 0:
            raise ZeroDivisionError
        return Fraction(0)
    inner, outer = _rounded(base), _rounded(power)
    odd = isinstance(power, Fraction) and power.denominator % 2
    if odd and not inner.imag and inner.real < 0:
        sign = -1 if isinstance(power, Fraction) and power.numerator % 2 else 1
        return _rounded(sign * (-inner) ** outer)
    return _rounded(inner**outer)


def applied(function: Callable[[complex], complex], value: Number) -> Number:
    """A function of a number, such as its sine."""
    found = function(_rounded(value))
    return Fraction(0) if abs(found) < _NOUGHT else _rounded(found)


def absolute(value: Number) -> Number:
    """The absolute value."""
    return abs(value) if isinstance(value, Fraction) else complex(abs(value))


def factorial(value: Number) -> Number:
    """The factorial of a whole number up to 200."""
    return Fraction(math.factorial(_whole(value)))


def chosen(n: Number, k: Number) -> Number:
    """The number of ways to choose `k` of `n`."""
    return Fraction(math.comb(_whole(n), _whole(k)))


def repeating(before: str, period: str) -> Fraction:
    """A decimal whose last digits repeat without end: `0.1` and `6` make 1/6."""
    places = len(before.partition(".")[2])
    begun = Fraction(before + "0")
    return begun + Fraction(int(period), (10 ** len(period) - 1) * 10**places)


def alike(a: Number, b: Number) -> bool:
    """Whether two numbers are equal, or as good as where one of them is rounded."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    return abs(complex(a) - complex(b)) <= _ROUNDED * max(abs(complex(a)), abs(complex(b)))


def _bits(value: Number) -> int:
    if not isinstance(value, Fraction):
        return 0
    return value.numerator.bit_length() + value.denominator.bit_length()


def _exact(value: Fraction) -> Fraction:
    if _bits(value) > _MOST_BITS:
        raise OverflowError
    return value


def _rounded(value: Number) -> complex:
    found = complex(value)
    if value and not _SMALL <= abs(found) <= _LARGE:
        raise OverflowError
    # What rounding leaves of an imaginary part would change the side of a branch.
    return complex(found.real) if abs(found.imag) < _NOUGHT * abs(found.real) else found


def _whole(value: Number) -> int:
    if isinstance(value, Fraction) and value.denominator == 1 and value.numerator in range(201):
        return value.numerator
    raise ValueError
