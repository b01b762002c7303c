"""Values as programs write them: JSON and Python literals, compared deeply."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from numbers import Number
from typing import Any, Final

__all__ = ["NOTHING", "literal_of", "same_value"]

NOTHING: Final = object()
"""What a text is that is no literal; `None` is one."""

_MOST_CHARS = 20_000
_MOST_DEPTH = 50
_ESCAPE = re.compile(r"\\([\s\S])")
_PYTHON = re.compile(r"[\[({]|[bBrRuU]{0,2}['\"]|None$|True$|False$")
_WARNS = re.compile(r"\b\d\w*(?:and|else|for|if|in|is|not|or)\b|\\[4-7][0-7]{2}")
_KNOWN_ESCAPES = frozenset("\\'\"abfnrtv01234567xNuU\n")
_WORDS = {"true": True, "false": False, "null": None}


def literal_of(text: str) -> Any:
    """The value that a text is as JSON or Python; `NOTHING` where it is none; never raises.

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
        # Also reads true and null inside, which Python does not.
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if not _PYTHON.match(text) or _WARNS.search(text):
        return NOTHING
    try:
        return ast.literal_eval(_ESCAPE.sub(_known, text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return NOTHING


def same_value(a: Any, b: Any, *, tolerance: float, quoted: bool = False, depth: int = 0) -> bool:
    """Whether two values are the same, members and order included.

    Args:
        a: One.
        b: The other.
        tolerance: The largest relative difference of numbers that counts as none.
        quoted: Whether a text may stand for the value that it is as a literal, as in the
            arguments of tool calls: `"3"` for 3.
        depth: How deep in a value these are; beyond fifty levels nothing is the same.
    """
    if quoted and isinstance(a, str) != isinstance(b, str):
        a, b = _unquoted(a), _unquoted(b)
    if depth > _MOST_DEPTH or isinstance(a, bool) != isinstance(b, bool):
        return False
    deeper = partial(same_value, tolerance=tolerance, quoted=quoted, depth=depth + 1)
    if _is_number(a) and _is_number(b):
        return _same_number(a, b, tolerance)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(deeper(a[key], b[key]) for key in a)
    if _is_row(a) and _is_row(b):
        return (isinstance(a, tuple), len(a)) == (isinstance(b, tuple), len(b)) and all(
            deeper(x, y) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, AbstractSet) and isinstance(b, AbstractSet):
        return a == b
    return type(a) is type(b) and bool(a == b)


def _unquoted(value: Any) -> Any:
    """What a text is as a literal, if it is one that is no text itself; any other value as is."""
    read = literal_of(value) if isinstance(value, str) else NOTHING
    return value if read is NOTHING or isinstance(read, str) else read


def _known(escape: re.Match[str]) -> str:
    """An escape that Python knows; of any other the backslash is meant, and does not warn."""
    return escape.group() if escape.group(1) in _KNOWN_ESCAPES else f"\\{escape.group()}"


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def _is_row(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _same_number(a: Any, b: Any, tolerance: float) -> bool:
    if a == b:
        return True
    try:
        return math.isclose(a, b, rel_tol=tolerance) or (a != a and b != b)  # noqa: PLR0124 - both are no number
    except (TypeError, OverflowError):
        return False
