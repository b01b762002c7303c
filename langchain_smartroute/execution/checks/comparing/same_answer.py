"""Whether two answers come to the same: as numbers, values, JSON, tool calls or code."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.comparing.code_form import code_form, code_in
from langchain_smartroute.execution.checks.comparing.final_answer import option_of, options_of
from langchain_smartroute.execution.checks.comparing.literals import (
    NOTHING,
    literal_of,
    same_value,
)
from langchain_smartroute.execution.checks.comparing.quantities import (
    last_number,
    plainly_written,
    quantity_of,
    same_quantity,
)

__all__ = ["COMPARISONS", "TOLERANCE", "Comparison", "same_answer"]

Comparison = Literal["auto", "number", "value", "json", "tool_calls", "code"]
"""What two answers are compared as; `auto`: as what they are."""

COMPARISONS: Final[tuple[Comparison, ...]] = get_args(Comparison)
TOLERANCE: Final = 1e-6
"""The largest relative difference of numbers that counts as none."""

_AROUND_SIGNS = re.compile(r"\s*([-=+*/^()<>])\s*")
_MIXED_CASE = re.compile(r"[^\W\d_]*[a-zà-ÿа-я][A-ZÀ-ÞА-Я]")
_MARKS = " \t\n*_`\"'“”\u2018\u2019«»「」"
_ENDS = _MARKS + ".,;:!。，；："
_SAYINGS = {
    **dict.fromkeys(
        [
            "yes",
            "ja",
            "oui",
            "sí",
            "si",
            "sim",
            "da",
            "да",
            "はい",
            "是",
            "是的",
            "对",
            "对的",
            "正确",
            "네",
            "예",
        ],
        True,
    ),
    **dict.fromkeys(
        [
            "no",
            "nein",
            "non",
            "não",
            "nie",
            "нет",
            "いいえ",
            "否",
            "不",
            "不是",
            "不对",
            "错",
            "错误",
            "不正确",
            "아니요",
        ],
        False,
    ),
}
"""Whole answers that say yes or no."""
_ARTICLES = re.compile(r"^(?:the|a|an)\s+")


def same_answer(a: Any, b: Any, *, by: Comparison = "auto", tolerance: float = TOLERANCE) -> bool:
    r"""Whether two final answers are the same; pure, bounded, and never raising on answers.

    Args:
        a: One: a text, or a value such as a number, a list or parsed JSON; for
            `tool_calls`, a sequence of calls with `name` and `args`.
        b: The other.
        by: `number` compares the last number of each; `value` what they are, be it a
            number with its unit, an option, a literal or words; `json` parsed JSON;
            `tool_calls` names and arguments in any order; `code` what it shows without
            formatting. `auto`: calls and values as such, texts as code where both show some.
        tolerance: The largest relative difference of numbers that counts as none.

    Returns:
        `False` where one of them is `None`: nothing said is no agreement.

    Raises:
        ConfigurationError: For an unknown `by`.

    Example:
        >>> same_answer("$1,200", "1200 dollars"), same_answer("0.75", r"\frac{3}{4}")
        (True, True)
        >>> same_answer("[1, 'a']", '[1,"a"]'), same_answer("(B)", "B. Paris")
        (True, True)
        >>> same_answer({"day": 1.0}, '{"day": 1}', by="json")
        True
    """
    if by not in COMPARISONS:
        raise ConfigurationError(f"by = {by!r} is unknown; use one of {', '.join(COMPARISONS)}")
    if a is None or b is None:
        return False
    return _BY[by](a, b, tolerance)


def _by_kind(a: Any, b: Any, tolerance: float) -> bool:
    if _are_calls(a) and _are_calls(b):
        return _same_calls(a, b, tolerance)
    if isinstance(a, str) and isinstance(b, str):
        codes = code_in(a), code_in(b)
        if codes[0] is not None and codes[1] is not None:
            return code_form(codes[0]) == code_form(codes[1])
    return _same_values(a, b, tolerance)


def _same_numbers(a: Any, b: Any, tolerance: float) -> bool:
    found = [quantity_of(last_number(str(text)) or "") for text in (a, b)]
    if found[0] is None or found[1] is None:
        return False
    return same_quantity(found[0], found[1], tolerance=tolerance)


def _same_values(a: Any, b: Any, tolerance: float) -> bool:
    if not (isinstance(a, str) and isinstance(b, str)):
        values = [literal_of(v) if isinstance(v, str) else v for v in (a, b)]
        if NOTHING in values:
            return _same_values(str(a), str(b), tolerance)
        return same_value(values[0], values[1], tolerance=tolerance)
    if a.strip() == b.strip():
        return bool(a.strip())
    quantities = quantity_of(a), quantity_of(b)
    if quantities[0] is not None and quantities[1] is not None:
        return same_quantity(quantities[0], quantities[1], tolerance=tolerance)
    return _same_texts(a, b, tolerance)


def _same_texts(a: str, b: str, tolerance: float) -> bool:
    """Two texts that are no numbers: literals, options, or words."""
    values = literal_of(a), literal_of(b)
    if values[0] is not NOTHING and values[1] is not NOTHING:
        return same_value(values[0], values[1], tolerance=tolerance)
    quoted = [isinstance(value, str) for value in values]
    if any(quoted):
        # A quoted string is a program's: every letter of it counts.
        plain = [
            v if isinstance(v, str) else t.strip() for v, t in zip(values, (a, b), strict=True)
        ]
        return plain[0] == plain[1]
    options = option_of(a), option_of(b)
    if options[0] is not None and options[1] is not None:
        return options[0] == options[1]
    several = options_of(a), options_of(b)
    if several[0] is not None and several[1] is not None:
        return several[0] == several[1]
    words = _words(a), _words(b)
    if words[0] in _SAYINGS and words[1] in _SAYINGS:
        return _SAYINGS[words[0]] == _SAYINGS[words[1]]
    return bool(words[0]) and words[0] == words[1]


def _words(text: str) -> str:
    """Words without marks around them and blanks around signs; case counts in `camelCase`."""
    plain = plainly_written(text).lstrip(_MARKS).rstrip(_ENDS)
    plain = plain if _MIXED_CASE.search(plain) else plain.casefold()
    plain = _ARTICLES.sub("", " ".join(plain.split()))
    return _AROUND_SIGNS.sub(r"\1", plain)


def _same_json(a: Any, b: Any, tolerance: float) -> bool:
    values = [literal_of(_unfenced(v)) if isinstance(v, str) else v for v in (a, b)]
    return NOTHING not in values and same_value(values[0], values[1], tolerance=tolerance)


def _unfenced(text: str) -> str:
    return code_in(text) or text


def _same_code(a: Any, b: Any, _tolerance: float) -> bool:
    forms = [code_form(code_in(str(text)) or str(text)) for text in (a, b)]
    return bool(forms[0]) and forms[0] == forms[1]


def _are_calls(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and bool(value)
        and all(isinstance(call, Mapping) and {"name", "args"} <= call.keys() for call in value)
    )


def _same_calls(
    a: Iterable[Mapping[str, Any]], b: Iterable[Mapping[str, Any]], tolerance: float
) -> bool:
    """Whether the same calls are made, in any order, each as often."""
    left = list(b)
    for call in a:
        found = next((other for other in left if _same_call(call, other, tolerance)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _same_call(a: Mapping[str, Any], b: Mapping[str, Any], tolerance: float) -> bool:
    if a.get("name") != b.get("name"):
        return False
    return same_value(_given(a["args"]), _given(b["args"]), tolerance=tolerance, quoted=True)


def _given(arguments: Any) -> Any:
    """Arguments without those that are given as nothing: left out, they are the same."""
    if not isinstance(arguments, Mapping):
        return arguments
    return {name: value for name, value in arguments.items() if value is not None}


_BY: Final[Mapping[str, Callable[[Any, Any, float], bool]]] = {
    "auto": _by_kind,
    "number": _same_numbers,
    "value": _same_values,
    "json": _same_json,
    "tool_calls": _same_calls,
    "code": _same_code,
}
