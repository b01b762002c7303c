"""Parses JSON and Python literals, and compares values deeply."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from functools import partial
from numbers import Number
from typing import Any, Final

from langchain_smartroute.execution.checks.comparing.quantities import near

__all__ = ["JSON", "NOTHING", "literal_of", "python_source", "same_value"]

NOTHING: Final = object()
"""Result for a text that is not a literal, as `None` is one."""

_MOST_CHARS = 20_000
_MOST_DEPTH = 50
_ESCAPE = re.compile(r"\\([\s\S])")
_PYTHON = re.compile(r"[\[({]|[bBrRuU]{0,2}['\"]|None$|True$|False$")
_WARNS = re.compile(r"\b\d\w*(?:and|else|for|if|in|is|not|or)\b|\\[4-7][0-7]{2}")
_KNOWN_ESCAPES = frozenset("\\'\"abfnrtv01234567xNuU\n")
_RAW = re.compile(r"(?<![^\W_])[bB]?[rR][bB]?['\"]")
_NOT_ZERO = re.compile(r"-?[0.]*[1-9]")
_FAR = re.compile(r"[eE]-\d|\d{300}")
_WORDS = {"true": True, "false": False, "null": None}


def literal_of(text: str) -> Any:
    """Parse a text as JSON or Python literal; `NOTHING` if it is neither. Never raises.

    Example:
        >>> literal_of("{'a': (1, 2)}") == literal_of('{"a": (1,2)}')
        True
        >>> literal_of("twelve") is NOTHING
        True
    """
    text = text.strip()
    if not text or len(text) > _MOST_CHARS:
        return NOTHING
    if text in _WORDS:
        return _WORDS[text]
    try:
        # JSON first, as Python does not parse `true` and `null`.
        return JSON.decode(text)
    except (ValueError, RecursionError):
        pass
    source = python_source(text) if _PYTHON.match(text) else None
    if source is None:
        return NOTHING
    try:
        tree = ast.parse(source, mode="eval")
        value = ast.literal_eval(tree)
        return value if _is_exact(tree, text) else NOTHING
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return NOTHING


def python_source(text: str) -> str | None:
    """A text that Python parses without a warning; `None`: its escapes are ambiguous."""
    if _WARNS.search(text) or ("\\" in text and _RAW.search(text)):
        return None
    return _ESCAPE.sub(_known, text)


def same_value(a: Any, b: Any, *, tolerance: float, depth: int = 0) -> bool:
    """Whether two values are equal, including members and order.

    Args:
        a: One.
        b: The other.
        tolerance: The largest relative difference of numbers that counts as none.
        depth: Current level of nesting; beyond fifty levels nothing is equal.
    """
    if depth > _MOST_DEPTH or isinstance(a, bool) != isinstance(b, bool):
        return False
    deeper = partial(same_value, tolerance=tolerance, depth=depth + 1)
    if _is_number(a) and _is_number(b):
        return _same_number(a, b, tolerance)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(deeper(a[key], b[key]) for key in a)
    if _is_row(a) and _is_row(b):
        return (isinstance(a, tuple), len(a)) == (isinstance(b, tuple), len(b)) and all(
            deeper(x, y) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, str) and isinstance(b, str):
        return a == b or (_is_json(a) and _is_json(b) and deeper(literal_of(a), literal_of(b)))
    sets = isinstance(a, AbstractSet) and isinstance(b, AbstractSet)
    return (sets or type(a) is type(b)) and a is not NOTHING and bool(a == b)


def _float(text: str) -> float:
    """Parse a float; raises if it is out of range, so that it would equal other numbers."""
    value = float(text)
    if math.isinf(value) or (not value and _NOT_ZERO.match(text)):
        raise ValueError
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; raises for a duplicate key, as it is unknown which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


JSON: Final = json.JSONDecoder(parse_float=_float, object_pairs_hook=_mapping)
"""Decoder that refuses what Python would change."""


def _is_exact(tree: ast.AST, text: str) -> bool:
    """Whether a literal is unambiguous: no duplicate keys, no numbers out of range."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [ast.literal_eval(key) for key in node.keys if key is not None]
            if len(set(keys)) < len(node.keys):
                return False
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, float) and (math.isinf(value) or not (value or not _FAR.search(text))):
            return False
    return True


def _known(escape: re.Match[str]) -> str:
    """A valid Python escape; in others the backslash is doubled, so that Python does not warn."""
    return escape.group() if escape.group(1) in _KNOWN_ESCAPES else f"\\{escape.group()}"


def _is_json(text: str) -> bool:
    """Whether a string holds an object, as the arguments of a call do: its blanks mean nothing."""
    return text[:1] == "{" and text.rstrip()[-1:] == "}"


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def _is_row(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _same_number(a: Any, b: Any, tolerance: float) -> bool:
    if a == b:
        return True
    try:
        if a != a or b != b:  # noqa: PLR0124 - is no number
            return bool(a != a and b != b)  # noqa: PLR0124
        return near(_exactly(a), _exactly(b), tolerance)
    except (TypeError, ValueError, OverflowError):
        return False


def _exactly(value: Any) -> Fraction:
    """The exact value of a number as written; raises if it is not finite."""
    return Fraction(value) if isinstance(value, int) else Fraction(str(float(value)))
