r"""Compares mathematical answers by value: in whatever form they are written.

`(x+1)^2` is `x^2+2x+1`, `x \geq 5` is `[5,\infty)`, and `2x - y + 3 = 0` is `y = 2x + 3`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from langchain_smartroute.execution.checks.comparing.arithmetic import alike, divided
from langchain_smartroute.execution.checks.comparing.points import Value, each
from langchain_smartroute.execution.checks.comparing.quantities import near
from langchain_smartroute.execution.checks.comparing.statements import Statement, statements_of

__all__ = ["same_formula"]

_UNORDERED = ("{}", "union", "relation")

_SOLUTIONS = re.compile(r"[\\√±^=∈<>]|\)\s*(?:,|and|or)|\bor\b|或")
"""Signs of a list of solutions, which has no order."""

Same = Callable[[Statement, Statement], bool]


def same_formula(a: str, b: str, *, tolerance: float) -> bool | None:
    r"""Whether two mathematical answers are the same; `None`: one of them is not read as one.

    The order of a list counts in round brackets, and where one list names what the other does
    not. A list without any mathematical sign is not read as solutions.

    Args:
        a: One, in LaTeX or plain signs.
        b: The other.
        tolerance: As for `near`, between numbers.

    Example:
        >>> same_formula(r"x \geq 5", r"[5, \infty)", tolerance=1e-6)
        True
        >>> same_formula(r"\sqrt{2x}", r"\sqrt{2}x", tolerance=1e-6)
        False
        >>> same_formula("a tie", "a draw", tolerance=1e-6) is None
        True
    """
    one, other = statements_of(a), statements_of(b)
    if one is None or other is None:
        return None
    if len(_members(one, other)) != len(_members(other, one)):
        one, other = statements_of(a, listed=True) or one, statements_of(b, listed=True) or other

    def same(x: Statement, y: Statement) -> bool:
        return _same(x, y, tolerance)

    if len(one) + len(other) > 2 and not (_SOLUTIONS.search(a) or _SOLUTIONS.search(b)):  # noqa: PLR2004
        # A program's output, or figures in the order that was asked for.
        return None
    return _same_lists(_members(one, other), _members(other, one), same)


def _members(statements: Sequence[Statement], others: Sequence[Statement]) -> Sequence[Statement]:
    """The members of a list, also of a set, or of a tuple whose members the other one names."""
    only = statements[0] if len(statements) == 1 else None
    if only is None:
        return statements
    named = _named(others)
    tuples = only.shape == "()" and (not only.name or only.name[0] == "(")
    opened = tuples if named else only.shape in ("{}", "union")
    return only.items if opened else statements


def _named(statements: Sequence[Statement]) -> bool:
    """Whether each of several statements has a name of its own."""
    names = {s.name.partition("_")[0] for s in statements if s.name}
    return len(names) == len(statements) > 1


def _same_lists(one: Sequence[Statement], other: Sequence[Statement], same: Same) -> bool:
    if len(one) != len(other):
        return False
    if _named(one) != _named(other):
        return all(map(same, one, other))
    left = list(other)
    for statement in one:
        at = next((n for n, found in enumerate(left) if same(statement, found)), None)
        if at is None:
            return False
        left.pop(at)
    return True


def _same(a: Statement, b: Statement, tolerance: float) -> bool:
    if a.name and b.name and not _same_name(a.name, b.name):
        return _proportional(a.equation, b.equation)
    if a.units and b.units and a.units != b.units:
        return False
    if a.whole != b.whole or a.shape != b.shape:
        return False
    if a.value is None or b.value is None:
        return _same_rows(a, b, tolerance)
    if a.whole:
        return _proportional(a.equation, b.equation)
    return _same_value(a.value, b.value, tolerance, free=not (a.names or b.names))


def _same_name(a: str, b: str) -> bool:
    """Whether two names may be one: `y` and `f(x)`, or `x` and a solution `x_1`."""
    if a == b or {"y", "f(x)"} == {a, b}:
        return True
    return a.partition("_")[0] == b.partition("_")[0] and ("_" in a) != ("_" in b)


def _same_rows(a: Statement, b: Statement, tolerance: float) -> bool:
    def same(x: Statement, y: Statement) -> bool:
        if a.shape != "relation":
            return _same(x, y, tolerance)
        return x.shape == y.shape and _proportional(x.value, y.value, upwards=x.shape != "≠")

    if a.shape in _UNORDERED:
        return _same_lists(a.items, b.items, same)
    return len(a.items) == len(b.items) and all(map(same, a.items, b.items))


def _same_value(a: Value, b: Value, tolerance: float, *, free: bool) -> bool:
    if all(map(alike, a, b)):
        return True
    numbers = [value[0] for value in (a, b)]
    if not free or any(number.imag for number in numbers):
        return False
    one, other = (Fraction(number.real) for number in numbers)
    return near(one, other, tolerance)


def _proportional(a: Value | None, b: Value | None, *, upwards: bool = False) -> bool:
    """Whether the differences of two equations are multiples of each other, or positive ones."""
    if a is None or b is None or not (all(a) and all(b)):
        return False
    try:
        ratios = each(divided, a, b)
    except (ValueError, ArithmeticError):
        return False
    constant = all(alike(ratio, ratios[0]) for ratio in ratios)
    return constant and (not upwards or (not ratios[0].imag and ratios[0].real > 0))
