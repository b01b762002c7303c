r"""The value of a mathematical expression in LaTeX or plain signs, at fixed points.

Two expressions with the same values at all of them are the same (`(x+1)^2` and `x^2+2x+1`).
Rational numbers are exact; roots, logarithms and angles are floating point, and only within sizes
at which that tells numbers apart.
"""

# ruff: noqa: RUF001 - these characters are intended

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from langchain_smartroute.execution.checks.comparing.arithmetic import (
    absolute,
    added,
    chosen,
    divided,
    factorial,
    multiplied,
    raised,
    repeating,
    subtracted,
)
from langchain_smartroute.execution.checks.comparing.points import (
    Value,
    constant,
    each,
    of_each,
    variable,
)

__all__ = ["FUNCTIONS", "NO_PRODUCTS", "expression_of", "with_names"]

_MOST_CHARS = 300
_MOST_DEPTH = 25
FUNCTIONS: Final[dict[str, Callable[[complex], complex]]] = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan,
    "cot": lambda x: 1 / cmath.tan(x), "sec": lambda x: 1 / cmath.cos(x),
    "csc": lambda x: 1 / cmath.sin(x), "arcsin": cmath.asin, "arccos": cmath.acos,
    "arctan": cmath.atan, "sinh": cmath.sinh, "cosh": cmath.cosh, "tanh": cmath.tanh,
    "ln": cmath.log, "lg": cmath.log10, "log": cmath.log10, "exp": cmath.exp,
}  # fmt: skip
_GREEK = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega",
    "Delta", "Gamma", "Omega", "Phi", "Psi", "Sigma", "Theta", "infty", "ell",
])  # fmt: skip
_CONSTANTS: Final[dict[str, complex]] = {"pi": math.pi, "π": math.pi, "e": math.e, "i": 1j}
_APPLIED = frozenset("fghFGHP")
"""Letters that name a function where a bracket follows."""

NO_PRODUCTS = frozenset(
    ["so", "is", "it", "if", "in", "of", "on", "or", "to", "at", "as", "an", "be", "by", "we", "no"]
)

_PART = re.compile(
    r"\s*(?:(?P<repeating>\d*\.\d*)\\overline\s*\{(?P<period>\d{1,9})\}"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>\\[a-zA-Z]+|[a-zA-Z]+|[α-ωΑ-Ω∞√])"
    r"|(?P<sign>\*\*|[-+*/^_!|(){}\[\]°%'×÷·]))"
)
_DIGIT = re.compile(r"\s*(\d)")
_SUBSCRIPT = re.compile(r"\s*_\s*(?:\{\s*([\w,+-]{1,20})\s*\}|(\w))|'")
_PROPER = re.compile(r"\s*\\[dtc]?frac\s*\{?\s*(\d+)\s*\}?\s*\{?\s*(\d+)\s*\}?")
_OPENS = {"(": ")", "{": "}", "|": "|"}


def expression_of(text: str) -> Value | None:
    r"""The values of an expression; `None`: the text is none, or too large to be told apart.

    Args:
        text: LaTeX, or plain signs, of at most 300 characters.

    Example:
        >>> expression_of(r"\frac{1}{2}x") == expression_of("x/2")
        True
        >>> expression_of(r"\frac{1}{2}x") == expression_of(r"\frac{1}{2x}")
        False
        >>> expression_of("an apple") is None
        True
    """
    found = with_names(text)
    return None if found is None else found[0]


def with_names(text: str) -> tuple[Value, frozenset[str]] | None:
    """As `expression_of`, with the names of the expression's variables."""
    if len(text) > _MOST_CHARS or not text.strip():
        return None
    reader = _Reader(text.rstrip())
    try:
        value = reader.sum()
        return (value, frozenset(reader.names)) if reader.at == len(reader.text) else None
    except (ValueError, ArithmeticError):
        return None


class _Reader:
    """Reads a text from left to right and computes as it does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: set[str] = set()
        self._depth = 0

    def sum(self) -> Value:
        """Terms with signs between them."""
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise ValueError(self.text)
        total = self._product()
        while (sign := self._sign("+", "-")) is not None:
            total = each(added if sign == "+" else subtracted, total, self._product())
        self._depth -= 1
        return total

    def _product(self) -> Value:
        value = self._signed(lambda: self._mixed() or self._power())
        over = False
        while True:
            sign = self._sign("*", "×", "·", "\\cdot", "\\times", "/", "÷", "\\div")
            if sign is None:
                kind = self._peek()
                if kind is None or over or kind["number"]:
                    # 1/2x may be x/2 or 1/(2x).
                    if kind is not None and (over or kind["number"]):
                        raise ValueError(self.text)
                    return value
                value = each(multiplied, value, self._power())
                continue
            over = sign in ("/", "÷", "\\div")
            other = self._signed(self._power)
            value = each(divided if over else multiplied, value, other)

    def _mixed(self) -> Value | None:
        """A whole number before a proper fraction, which are added."""
        found = _PART.match(self.text, self.at)
        if found is None or not (found["number"] or "").isdigit():
            return None
        proper = _PROPER.match(self.text, found.end())
        if proper is None:
            return None
        if int(proper[1]) >= int(proper[2]):
            raise ValueError(self.text)
        self.at = proper.end()
        whole = int(found["number"])
        return constant(Fraction(int(proper[1]), int(proper[2])) + whole)

    def _signed(self, read: Callable[[], Value]) -> Value:
        """What follows, negated after a minus sign."""
        negative = self._sign("-") is not None
        value = read()
        return each(multiplied, value, constant(Fraction(-1))) if negative else value

    def _power(self) -> Value:
        value = self._followed(self._primary())
        if self._sign("^", "**") is None:
            return value
        return self._followed(each(raised, value, self._exponent()))

    def _exponent(self) -> Value:
        return self._signed(lambda: self._followed(self._primary()))

    def _followed(self, value: Value) -> Value:
        """A value with the factorial, degree or percent signs after it."""
        while (sign := self._sign("!", "°", "%", "\\%")) is not None:
            if sign == "!":
                value = tuple(map(factorial, value))
            else:
                part = Fraction(1, 100) if sign != "°" else math.pi / 180 + 0j
                value = each(multiplied, value, constant(part))
        return value

    def _primary(self) -> Value:
        found = _PART.match(self.text, self.at)
        if found is None:
            raise ValueError(self.text)
        if found["sign"]:
            closing = _OPENS.get(found["sign"])
            if closing is None:
                raise ValueError(self.text)
            self.at = found.end()
            inner = self.sum()
            if self._sign(closing) is None:
                raise ValueError(self.text)
            return tuple(map(absolute, inner)) if closing == "|" else inner
        self.at = found.end()
        if found["period"]:
            return constant(repeating(found["repeating"], found["period"]))
        if found["number"]:
            if self.text[self.at : self.at + 1] == "_":
                raise ValueError(self.text)
            return constant(Fraction(found["number"]))
        return self._named(found["name"])

    def _named(self, name: str) -> Value:
        bare = name.lstrip("\\")
        if bare in ("sqrt", "√"):
            return self._root()
        if bare in ("frac", "dfrac", "tfrac", "cfrac"):
            above = self._argument()
            return each(divided, above, self._argument())
        if bare in ("binom", "dbinom", "tbinom"):
            above = self._argument()
            return each(chosen, above, self._argument())
        if bare in FUNCTIONS:
            return self._applied(bare)
        if name.startswith("\\") and bare not in _GREEK and bare not in _CONSTANTS:
            raise ValueError(self.text)
        if not name.startswith("\\") and bare != "pi" and len(bare) > 1:
            # Letters side by side are multiplied; a longer word is none.
            if len(bare) > 2 or bare.lower() in NO_PRODUCTS:  # noqa: PLR2004
                raise ValueError(self.text)
            self.at -= len(bare) - 1
            bare = bare[0]
        return self._variable(bare)

    def _variable(self, name: str) -> Value:
        index = _SUBSCRIPT.match(self.text, self.at)
        if index is not None:
            self.at = index.end()
            name += index[1] or index[2] or index[0]
        elif name in _CONSTANTS:
            return constant(_CONSTANTS[name] + 0j)
        if name[0] in _APPLIED and self.text[self.at : self.at + 1] == "(":
            raise ValueError(self.text)
        self.names.add(name)
        return variable(name)

    def _root(self) -> Value:
        degree = constant(Fraction(2))
        if self._sign("[") is not None:
            degree = self.sum()
            if self._sign("]") is None:
                raise ValueError(self.text)
        return each(raised, self._argument(), each(divided, constant(Fraction(1)), degree))

    def _argument(self) -> Value:
        r"""One digit, as in `\frac12`, or a group."""
        digit = _DIGIT.match(self.text, self.at)
        if digit is None or self.text[self.at - 1] == "√":
            return self._primary()
        self.at = digit.end()
        return constant(Fraction(digit[1]))

    def _applied(self, function: str) -> Value:
        base = None
        if function == "log" and self._sign("_") is not None:
            base = self._argument()
        power = self._exponent() if self._sign("^") is not None else None
        value = self._power()
        while (kind := self._peek()) is not None and kind["sign"] is None:
            if kind["name"] and kind["name"].lstrip("\\") in FUNCTIONS:
                break
            value = each(multiplied, value, self._power())
        if base is not None:
            found = each(divided, of_each(cmath.log, value), of_each(cmath.log, base))
        else:
            found = of_each(FUNCTIONS[function], value)
        return found if power is None else each(raised, found, power)

    def _peek(self) -> re.Match[str] | None:
        """What follows, if it is multiplied without a sign."""
        found = _PART.match(self.text, self.at)
        if found is None or (found["sign"] and found["sign"] not in "({"):
            return None
        return None if found["name"] in ("\\cdot", "\\times", "\\div") else found

    def _sign(self, *signs: str) -> str | None:
        """Read one of these signs, if it is next."""
        found = _PART.match(self.text, self.at)
        read = None if found is None else found["sign"] or found["name"]
        if found is None or read not in signs:
            return None
        self.at = found.end()
        return read
