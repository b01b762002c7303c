"""Exact arithmetic on an expression found in a text."""

from __future__ import annotations

import ast
import operator
import re
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["solve"]

_SPOKEN = (
    (re.compile(r"\bplus\b", re.IGNORECASE), "+"),
    (re.compile(r"\bminus\b", re.IGNORECASE), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b|\u00d7", re.IGNORECASE), "*"),
    (re.compile(r"\bdivided by\b|\u00f7", re.IGNORECASE), "/"),
    (re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent) of ", re.IGNORECASE), r"\1/100*"),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"\^"), "**"),
)
_EXPRESSION = re.compile(r"(?<![\w.])[-(]*\d[\d\s.+*/%()-]*[\d)](?![\w])")
_OPERATOR = re.compile(r"[\d)]\s*(?:\*\*|//|[-+*/%])\s*[-(]*\d")
_MAX_LENGTH = 200
_MAX_POWER = 256

_BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: operator.mod,
}


def solve(text: str) -> tuple[str, str] | None:
    """Find the first arithmetic expression in a text and evaluate it.

    Returns:
        The expression and its value, or `None` if there is none (or it is too
        large, or divides by zero).
    """
    for pattern, replacement in _SPOKEN:
        text = pattern.sub(replacement, text)
    for match in _EXPRESSION.finditer(text):
        expression = match.group().strip()
        if not _OPERATOR.search(expression) or len(expression) > _MAX_LENGTH:
            continue
        try:
            return expression, _shown(_value(ast.parse(expression, mode="eval").body))
        except (SyntaxError, ValueError, ArithmeticError):
            continue
    return None


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        if compute := _BINARY.get(type(node.op)):
            return compute(left, right)
    raise ValueError(f"{ast.dump(node)} is not arithmetic")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(abs(base.numerator), base.denominator).bit_length()
    if exponent.denominator != 1 or abs(exponent) * size > _MAX_POWER * 4:
        raise ValueError(f"{base} ** {exponent} is too large or not rational")
    return Fraction(base ** int(exponent))


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"
