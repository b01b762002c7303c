r"""Reads mathematical answers: values, lists, tuples, intervals, matrices, equations.

`x \geq 5` is read as `[5,\infty)`, and `1 \pm \sqrt{2}` as two values.
"""

# ruff: noqa: RUF001 - these characters are intended

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from langchain_smartroute.execution.checks.comparing.arithmetic import subtracted
from langchain_smartroute.execution.checks.comparing.expressions import (
    NO_PRODUCTS,
    with_names,
)
from langchain_smartroute.execution.checks.comparing.points import Value, constant, each
from langchain_smartroute.execution.checks.comparing.quantities import quantity_of
from langchain_smartroute.execution.checks.comparing.tidying import tidied

__all__ = ["Statement", "statements_of"]

_MOST_CHARS = 400
_MOST_ITEMS = 40
_MOST_DEPTH = 4

_MATRIX = re.compile(
    r"(?:\[|\()?\s*\\begin\{(?:[pb]?matrix|array)\}(?:\{[clr|]{1,12}\})?(.*?)\\end\{(?:[pb]?matrix|array)\}\s*(?:\]|\))?",
    re.DOTALL,
)
_SEPARATOR = re.compile(
    r"\s*(?:[,;，；、]\s*(?:\\quad|\\qquad)?\s*(?:(?:and|or)\b)?|\b(?:and|or)\b|[和或且与]|\\q?quad)\s*"
)
_COMMA = re.compile(r"\s*[,;]\s*")
_RELATION = re.compile(r"[=<>≤≥≠]")
_UNION = re.compile("∪")
_OPENS, _CLOSES = "([{⟨", ")]}⟩"
_PAIRS = {"(": ")]", "[": ")]", "{": "}", "⟨": "⟩"}
_NAME = re.compile(r"(?:\\[a-zA-Z]+|[A-Za-zα-ω])(?:_(?:\w|\{\w{1,9}\}))?'*(?:\(\w(?:,\w)?\))?")
_CONDITION = re.compile(r"\{\s*([a-zA-Z])\s*[|:]\s*([^{}]+)\}")
"""A set by its condition: `{x | x > 2}`."""

_ARITHMETIC = re.compile(r"[-+*/.,:()\d\s]*")
"""What may be a date, a score or a telephone number as well as a sum."""

_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)")
_SIGNS = re.compile(r"[\\=<>≤≥≠^√π±∪∞∈°+*/\-|]|^[(\[{⟨].*,|\d!")
_NUMBERS = re.compile(r"[-+\d.\s]+(?:(?:[,;，；、]|\b(?:and|or)\b|[和或且与])[-+\d.\s]+)*")
_LABEL = re.compile(
    r"(?:\\[a-zA-Z]+|[A-Za-zα-ω]{1,2}(?![a-zA-Z])|[A-Z]{1,4}|_\{?\w+\}?|[{}^'|(),:+\-/°\s])++"
)
"""The left side of an equation that asks for its right one; a coefficient makes it more."""

_LETTERS = re.compile(r"(?<!\\)[a-z]+")
_FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One part of an answer.

    Attributes:
        value: Of an expression; `None`: it is something else.
        names: The variables in the expression.
        shape: Brackets of a row, `matrix`, `union`, or the signs of a relation.
        items: The members of a row, or the differences of a relation's sides.
        name: What the value is assigned to; empty: nothing.
        equation: The difference of both sides of an equation.
        whole: Whether it is the equation that is the answer, not the value.
        units: The words of the unit after it.
    """

    value: Value | None = None
    names: frozenset[str] = frozenset()
    shape: str = ""
    items: tuple[Statement, ...] = ()
    name: str = ""
    equation: Value | None = None
    whole: bool = False
    units: frozenset[str] = frozenset()


def statements_of(text: str, *, listed: bool = False) -> tuple[Statement, ...] | None:
    r"""The parts of a mathematical answer, in their order; `None`: it is not read as one.

    Args:
        text: LaTeX or plain signs, of at most 400 characters.
        listed: Read `2,5` as two numbers, not as a decimal.

    Example:
        >>> len(statements_of(r"x = \pm 2")), len(statements_of("(1, 2)")), statements_of("a tie")
        (2, 1, None)
    """
    text, units = tidied(text) if len(text) <= _MOST_CHARS else ("", frozenset())
    if len(text) > _MOST_CHARS or not text or "$" in text:
        return None
    single = quantity_of(text) is not None and not (listed and _DECIMAL_COMMA.search(text))
    parts = [text] if single else _split(text, _SEPARATOR)
    if len(parts) > _MOST_ITEMS or not (_SIGNS.search(text) or _NUMBERS.fullmatch(text)):
        return None
    found: list[Statement] = []
    for part in parts:
        for signed in _of_both_signs(part):
            item = _item(signed)
            if item is None:
                return None
            found.append(replace(item, units=units))
    return tuple(found)


def _of_both_signs(text: str) -> list[str]:
    """A text for each of the signs that ± stands for."""
    if "±" not in text and "∓" not in text:
        return [text]
    plus, minus = str.maketrans("±∓", "+-"), str.maketrans("±∓", "-+")
    return [text.translate(plus), text.translate(minus)]


def _split(text: str, separator: re.Pattern[str]) -> list[str]:
    """The parts between separators that are not in brackets."""
    parts, depth, begun, at = [], 0, 0, 0
    while at < len(text):
        if text[at] in _OPENS:
            depth += 1
        elif text[at] in _CLOSES:
            depth -= 1
        found = separator.match(text, at) if not depth else None
        if found is not None and found.end() > at:
            parts.append(text[begun:at])
            begun = at = found.end()
        else:
            at += 1
    return [part.strip() for part in [*parts, text[begun:]]]


def _item(text: str, depth: int = 0) -> Statement | None:
    text = _restated(text.strip())
    if depth > _MOST_DEPTH or not text:
        return None
    if "∈" in text:
        name, _, within = text.partition("∈")
        found = _item(within, depth + 1) if _NAME.fullmatch(name.strip()) else None
        return found and replace(found, name=re.sub(r"[\s{}]", "", name))
    if _RELATION.search(text):
        return _relation(_split_relation(text), depth)
    for shape, parts in (("union", _split(text, _UNION)), *_rows_of(text)):
        if len(parts) > 1:
            return _row(shape, [_item(part, depth + 1) for part in parts])
    matrix = _MATRIX.fullmatch(text)
    return _value(text) if matrix is None else _matrix(matrix[1], depth)


def _restated(text: str) -> str:
    """The exact part of what is rounded as well, and the condition of a set."""
    exact, rounds, rounded = text.partition("≈")
    if rounds:
        return f"{exact}={rounded}" if _NAME.fullmatch(exact.strip()) else exact.strip()
    condition = _CONDITION.fullmatch(text)
    return text if condition is None else condition[2].strip()


def _value(text: str) -> Statement | None:
    if _ARITHMETIC.fullmatch(text):
        number = quantity_of(text)
        return None if number is None else Statement(value=constant(number.value))
    found = with_names(text)
    return None if found is None else Statement(value=found[0], names=found[1])


def _row(shape: str, items: list[Statement | None]) -> Statement | None:
    known = tuple(item for item in items if item is not None)
    return Statement(shape=shape, items=known) if len(known) == len(items) else None


def _rows_of(text: str) -> list[tuple[str, list[str]]]:
    """The members of a text that is in brackets as a whole."""
    if text[0] not in _PAIRS or text[-1] not in _PAIRS[text[0]]:
        return []
    inner = _split(text[1:-1], _COMMA)
    return [(text[0] + text[-1], inner)] if all(_balanced(part) for part in inner) else []


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character in _OPENS) - (character in _CLOSES)
        if depth < 0:
            return False
    return not depth


def _matrix(inner: str, depth: int) -> Statement | None:
    rows = [row for row in inner.replace("\\hline", "").split("\\\\") if row.strip()]
    lines = [_row("row", [_item(cell, depth + 1) for cell in row.split("&")]) for row in rows]
    return _row("matrix", lines) if lines else None


def _split_relation(text: str) -> tuple[list[str], list[str]]:
    """The sides of a relation and the signs between them."""
    parts = _split(text, _RELATION)
    at, signs = 0, []
    for part in parts[:-1]:
        at = text.index(part, at) + len(part) if part else at
        sign = _RELATION.search(text, at)
        if sign is not None:
            signs.append(sign[0])
            at = sign.end()
    return parts, signs


def _relation(sides: tuple[list[str], list[str]], depth: int) -> Statement | None:
    parts, signs = sides
    if not signs or len(signs) != len(parts) - 1 or not all(parts):
        return None
    if set(signs) == {"="}:
        return _equation(parts[0], parts[-1], depth)
    if "=" in signs:
        return None
    found = [_item(part, depth + 1) for part in parts]
    values = [item.value for item in found if item is not None and item.value is not None]
    if len(values) != len(parts):
        return None
    interval = _interval(parts, signs, [item for item in found if item is not None])
    if interval is not None:
        return interval
    differences = []
    for sign, left, right in zip(signs, values, values[1:], strict=False):
        up = sign in "<≤≠"
        between = _difference(right, left) if up else _difference(left, right)
        strict = "<" if sign in "<>" else sign if sign == "≠" else "≤"
        differences.append(Statement(shape=strict, value=between))
    return Statement(shape="relation", items=tuple(differences))


def _interval(parts: list[str], signs: list[str], items: list[Statement]) -> Statement | None:
    """The interval of a single variable: of `x > 5` or `1 < x < 2`."""
    infinite = with_names("∞")
    if infinite is None or "≠" in signs:
        return None
    at = [n for n, part in enumerate(parts) if _NAME.fullmatch(part) and items[n].names]
    bounds = [item for n, item in enumerate(items) if n not in at]
    if len(at) != 1 or any(bound.names - {"∞"} for bound in bounds) or at[0] == len(signs) == 2:  # noqa: PLR2004
        return None
    if len(signs) == 1:
        sign = signs[0] if at[0] == 0 else _FLIPPED[signs[0]]
        below = sign in "<≤"
        ends = (
            (Statement(value=tuple(-v for v in infinite[0])), bounds[0])
            if below
            else (bounds[0], Statement(value=infinite[0]))
        )
        shape = (
            ("(" + (")" if sign == "<" else "]"))
            if below
            else (("(" if sign == ">" else "[") + ")")
        )
    elif len(signs) == 2 and at[0] == 1 and (signs[0] in "<≤") == (signs[1] in "<≤"):  # noqa: PLR2004
        up = signs[0] in "<≤"
        ends = (bounds[0], bounds[1]) if up else (bounds[1], bounds[0])
        first, last = signs if up else signs[::-1]
        shape = ("(" if first in "<>" else "[") + (")" if last in "<>" else "]")
    else:
        return None
    return Statement(shape=shape, items=ends, name=parts[at[0]])


def _equation(left: str, right: str, depth: int) -> Statement | None:
    """The value of the right side, under the name or expression of the left one."""
    found = _item(right, depth + 1)
    if found is None:
        return None
    named = with_names(left)
    if named is not None and not named[1]:
        return found if not found.names else _equation(right, left, depth)
    words = not NO_PRODUCTS.isdisjoint(_LETTERS.findall(left.lower()))
    if named is None and (words or not _LABEL.fullmatch(left)):
        return None
    equation = _difference(named[0], found.value) if named and found.value else None
    whole = not _LABEL.fullmatch(left) or (found.value is not None and not any(found.value))
    return replace(found, name=re.sub(r"[\s{}]", "", left), equation=equation, whole=whole)


def _difference(a: Value, b: Value) -> Value | None:
    try:
        return each(subtracted, a, b)
    except (ValueError, ArithmeticError):
        return None
