"""Quantities: numbers with separators, currencies, fractions, scales and units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from langchain_smartroute.execution.checks.comparing.number_forms import PLAIN_NUMBER, number_of
from langchain_smartroute.execution.checks.comparing.numerals import in_digits
from langchain_smartroute.execution.checks.comparing.plain import plainly_written, single_blanks
from langchain_smartroute.execution.checks.comparing.units import (
    CURRENCIES,
    OTHER_DIMENSION,
    in_base_unit,
    is_unit,
    units_of,
)

__all__ = [
    "TOLERANCE",
    "Quantity",
    "near",
    "quantity_of",
    "same_quantities",
    "same_quantity",
]

TOLERANCE: Final = 1e-6
"""The largest relative difference at which rounded numbers are equal."""

_EXACT = 100_000
"""Numbers that are integers times this have few decimals and count as exact."""

_MOST_CHARS = 200
_LARGEST_BASE = 1_000_000

_CURRENCY = r"(?:US\s?\$|[$€£¥￥₹₽₩]|USD|EUR|GBP|CNY|RMB|Rs\.?)"
_QUANTITY = re.compile(
    rf"(?P<sign>[-+]?)\s?(?P<money>{_CURRENCY}?)\s?(?P<sign2>[-+]?)"
    rf"(?:(?P<whole>\d+)\s(?=\d+\s?/))?"
    rf"(?P<number>{PLAIN_NUMBER})(?:\s?/\s?(?P<below>{PLAIN_NUMBER}))?"
    rf"(?:\s?(?:\^|\*\*)\s?\{{?(?P<power>[-+]?\d{{1,3}})\}}?)?"
    rf"(?:[eE](?P<exp>[-+]?\d{{1,3}})|\s?[×x*]\s?10\s?(?:\^|\*\*)\s?\{{?(?P<exp10>[-+]?\d{{1,3}})\}}?)?"
    rf"(?P<blank>\s?)(?P<unit>[^\d\n]{{0,80}}(?:[²³]|\^\{{?[23]\}}?)?)",
)
_BEFORE = re.compile(
    r"(?:(?P<name>[A-Za-z]\w{0,20})\s?)?(?:=|≈|:)\s*|(?:about|approximately|approx\.?)\s+",
)
_LETTER = re.compile(r"[A-Za-z][_\d]{0,3}")
_BOLD_END = re.compile(r"\*\*(?=\s|[^\W\d]|$)")
_BETWEEN = re.compile(
    r"(?:(?:\s*,\s*|\s+)(?:(?:and|und|et|y|和|又)\s*)?|(?<=[^\W\d_])[和又]?\s*)(?=\d)"
)
_CODE = re.compile(r"0\d")
"""Start of a code such as 007, which is not a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit.

    Attributes:
        value: The exact number.
        units: The words of its unit, the same for `$` and `dollars`; empty: no unit.
        name: The variable it is assigned to (`x = 5`); empty: none.
        letter: Whether its unit is a letter directly after it, which may also be a variable (`5m`).
    """

    value: Fraction
    units: frozenset[str] = frozenset()
    name: str = ""
    letter: bool = False


def quantity_of(text: str) -> Quantity | None:
    """Parse a text as a quantity; `None` if it is anything else.

    Args:
        text: More than 200 characters are not a quantity.

    Example:
        >>> quantity_of("$1,250.50") == quantity_of("1250.5 dollars")
        True
        >>> quantity_of("3 of 4 people") is None, quantity_of("5x") is None
        (True, True)
    """
    if len(text) > _MOST_CHARS:
        return None
    plain = single_blanks(plainly_written(text)).strip(" \t*`_~")
    before = _BEFORE.match(plain)
    plain = plain[before.end() :] if before else plain
    plain = in_digits(_BOLD_END.sub("", plain).rstrip(" .。"))
    if not any(c.isnumeric() for c in plain) or len(plain) > _MOST_CHARS:
        return None
    found = _QUANTITY.fullmatch(plain)
    if found is None or _CODE.match(found["number"]):
        return None
    value = _value_of(found)
    unit = found["unit"]
    counted = units_of(unit, money=found["money"], beside=bool(unit) and not found["blank"])
    if value is None or counted is None:
        return None
    name = before["name"] if before and before["name"] else ""
    return Quantity(
        value=value * counted.scale,
        units=counted.units,
        name=name if _LETTER.fullmatch(name) else "",
        letter=counted.letter,
    )


def same_quantity(a: Quantity, b: Quantity, *, tolerance: float) -> bool:
    """Whether two quantities are equal; one without a unit matches any unit.

    One unit may be more specific (18 dollars, 18 dollars a head), but not of another dimension
    (5 km, 5 km per hour). Units of time, length, mass and volume are converted.

    Args:
        a: One.
        b: The other.
        tolerance: The largest relative difference at which they are equal; see `near`.
    """
    if a.name and b.name and a.name != b.name:
        return False
    if near(a.value, b.value, tolerance):
        if not (a.units and b.units):
            return not (a.letter or b.letter)
        nested = a.units <= b.units or b.units <= a.units
        other = (a.units ^ b.units) & OTHER_DIMENSION
        # Of money the question says what it is for: $18 is $18 every day.
        paid = other <= {"per"} and a.units & b.units & CURRENCIES
        return nested and bool(not other or paid)
    # "50 %" is also written as 0.5.
    for share, number in ((a, b), (b, a)):
        if "%" in share.units and not number.units:
            return near(share.value / 100, number.value, tolerance)
    return _same_amount([a], [b], tolerance)


def _same_amount(a: Sequence[Quantity], b: Sequence[Quantity], tolerance: float) -> bool:
    """Whether two sums are equal in the smallest unit, such as 2 h and 30 min and 150 min."""
    amounts = []
    for terms in (a, b):
        found = [in_base_unit(t.value, t.units) for t in terms if not t.letter]
        known = [amount for amount in found if amount is not None]
        if len(known) < len(terms) or len({base for _, base in known}) != 1:
            return False
        amounts.append((sum(value for value, _ in known), known[0][1]))
    (one, base), (other, other_base) = amounts
    return base == other_base and near(Fraction(one), Fraction(other), tolerance)


def same_quantities(a: str, b: str, *, tolerance: float) -> bool | None:
    """Whether two texts of several quantities, such as hours and minutes, have the same ones.

    Args:
        a: One, of at most 200 characters.
        b: The other.
        tolerance: As for `near`.

    Returns:
        `None` if none of them is several numbers with known units, or one of them is something
        else.
    """
    found = [_quantities(text) for text in (a, b)]
    if not any(found):
        return None
    alone = [quantity_of(text) for text in (a, b)]
    ones, others = (
        several or ([one] if one else []) for several, one in zip(found, alone, strict=True)
    )
    if not ones or not others:
        return None
    pairs = zip(ones, others, strict=False)
    same = len(ones) == len(others) and all(
        same_quantity(x, y, tolerance=tolerance) for x, y in pairs
    )
    return same or (_is_one(ones) and _is_one(others) and _same_amount(ones, others, tolerance))


def _is_one(terms: Sequence[Quantity]) -> bool:
    """Whether quantities are one, in units of which each is smaller than the one before."""
    found = [in_base_unit(Fraction(1), term.units) for term in terms]
    sizes = [size[0] for size in found if size is not None]
    return len(sizes) == len(terms) and all(large > small for large, small in pairwise(sizes))


def _quantities(text: str) -> list[Quantity]:
    if len(text) > _MOST_CHARS:
        return []
    parts = _BETWEEN.split(plainly_written(text).strip(" .。"))
    found = [quantity_of(part) for part in parts]
    known = [q for q in found if q is not None and q.units and all(map(is_unit, q.units))]
    return known if len(known) == len(parts) > 1 else []


def near(a: Fraction, b: Fraction, tolerance: float) -> bool:
    """Whether two numbers are equal up to rounding.

    Args:
        a: One.
        b: The other.
        tolerance: The largest relative difference. Up to the default it only allows for
            rounding: two numbers of at most five decimals have to be equal.

    Example:
        >>> near(Fraction(1, 3), Fraction("0.3333333"), 1e-6)
        True
        >>> near(Fraction(10_000_001), Fraction(10_000_002), 1e-6)
        False
    """
    if a == b:
        return True
    if tolerance <= TOLERANCE and not (_EXACT % a.denominator or _EXACT % b.denominator):
        return False
    return abs(a - b) <= Fraction(tolerance) * max(abs(a), abs(b))


def _value_of(found: re.Match[str]) -> Fraction | None:
    value = number_of(found["number"])
    if found["power"]:
        power = int(found["power"])
        if found["below"] or value > _LARGEST_BASE or (not value and power < 0):
            return None
        value **= power
    if found["below"]:
        below = number_of(found["below"])
        if not below:
            return None
        value /= below
    if found["whole"]:
        value += int(found["whole"])
    exponent = found["exp"] or found["exp10"]
    if exponent:
        value *= Fraction(10) ** int(exponent)
    return -value if "-" in (found["sign"], found["sign2"]) else value
