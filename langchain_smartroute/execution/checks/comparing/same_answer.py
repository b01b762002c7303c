"""Compares two answers as numbers, values, JSON, tool calls or code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.comparing.code_form import code_form, code_in
from langchain_smartroute.execution.checks.comparing.dates import date_of
from langchain_smartroute.execution.checks.comparing.final_answer import marked_answer
from langchain_smartroute.execution.checks.comparing.formulas import same_formula
from langchain_smartroute.execution.checks.comparing.literals import (
    NOTHING,
    literal_of,
    same_value,
)
from langchain_smartroute.execution.checks.comparing.number_forms import last_number
from langchain_smartroute.execution.checks.comparing.options import option_of, options_of
from langchain_smartroute.execution.checks.comparing.parts import is_chinese, parts_of
from langchain_smartroute.execution.checks.comparing.plain import plainly_written
from langchain_smartroute.execution.checks.comparing.quantities import (
    TOLERANCE,
    quantity_of,
    same_quantities,
    same_quantity,
)
from langchain_smartroute.execution.checks.comparing.words import same_words
from langchain_smartroute.execution.checks.comparing.written_calls import written_calls

__all__ = ["COMPARISONS", "TOLERANCE", "Comparison", "same_answer"]

Comparison = Literal["auto", "number", "value", "json", "tool_calls", "code"]
"""Kind of comparison; `auto`: by the answers' kind."""

COMPARISONS: Final[tuple[Comparison, ...]] = get_args(Comparison)
_MOST_CALLS = 100
_MOST_DEPTH = 50
_COMMAS = re.compile(r"(?<=\w),[ ]?(?=\w)")


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
            said = _said_after(a), _said_after(b)
            differ = said[0] and said[1] and not _same_values(said[0], said[1], tolerance)
            return not differ and code_form(codes[0]) == code_form(codes[1])
    return _same_values(a, b, tolerance)


def _said_after(text: str) -> str | None:
    """The final answer in the text after an answer's code."""
    return marked_answer(text[text.rfind("```") + 3 :]) if "```" in text else None


def _same_numbers(a: Any, b: Any, tolerance: float) -> bool:
    one, other = last_number(_text(a)), last_number(_text(b))
    if one is None or other is None:
        return False
    found = quantity_of(one), quantity_of(other)
    if found[0] is None or found[1] is None:
        return one == other
    return same_quantity(found[0], found[1], tolerance=tolerance)


def _same_values(a: Any, b: Any, tolerance: float) -> bool:
    if not (isinstance(a, str) and isinstance(b, str)):
        values = [literal_of(v) if isinstance(v, str) else v for v in (a, b)]
        if any(value is NOTHING for value in values):
            return _same_values(_text(a), _text(b), tolerance)
        return same_value(values[0], values[1], tolerance=tolerance)
    if a.strip() == b.strip():
        return bool(a.strip())
    calls = [written_calls(a), written_calls(b)]
    if (calls[0] is None) != (calls[1] is None):
        calls = [
            written_calls(t, keyed=True) if c is None else c
            for t, c in zip((a, b), calls, strict=True)
        ]
    if calls[0] is not None and calls[1] is not None:
        return _same_calls(calls[0], calls[1], tolerance)
    measured = _same_measures(a, b, tolerance)
    return _same_texts(a, b, tolerance) if measured is None else measured


def _same_measures(a: str, b: str, tolerance: float) -> bool | None:
    """Whether two dates or quantities are equal; `None`: they are something else."""
    dates = date_of(a), date_of(b)
    if dates[0] is not None and dates[1] is not None:
        return dates[0] == dates[1]
    quantities = quantity_of(a), quantity_of(b)
    if quantities[0] is not None and quantities[1] is not None:
        return same_quantity(quantities[0], quantities[1], tolerance=tolerance)
    return same_quantities(a, b, tolerance=tolerance)


def _same_texts(a: str, b: str, tolerance: float) -> bool:
    """Whether two texts other than numbers are equal: literals, options, or words."""
    values = _literal(a), _literal(b)
    if values[0] is not NOTHING and values[1] is not NOTHING:
        return same_value(values[0], values[1], tolerance=tolerance)
    quoted = [isinstance(value, str) for value in values]
    if any(quoted):
        # A quoted string belongs to a program: every letter counts.
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
    if _same_parts(a, b, tolerance):
        return True
    formulas = same_formula(a, b, tolerance=tolerance)
    return same_words(a, b) if formulas is None else formulas


def _same_parts(a: str, b: str, tolerance: float) -> bool:
    """Whether both have several parts, numbered or listed in Chinese, which are the same."""
    chinese = any(is_chinese(text) for text in (a, b))
    ones, others = parts_of(a, chinese=chinese), parts_of(b, chinese=chinese)
    if ones is None or others is None or len(ones) != len(others):
        return False
    return all(_same_values(x, y, tolerance) for x, y in zip(ones, others, strict=True))


def _literal(text: str) -> Any:
    r"""Parse a text as a literal, also with LaTeX's braces (`\{1, 2\}`)."""
    found = literal_of(text)
    if found is NOTHING and "\\" in text:
        plain = literal_of(plainly_written(text))
        return plain if isinstance(plain, set | list | tuple) else NOTHING
    return found


def _same_json(a: Any, b: Any, tolerance: float) -> bool:
    values = [literal_of(_unfenced(v)) if isinstance(v, str) else v for v in (a, b)]
    known = all(value is not NOTHING for value in values)
    return known and same_value(values[0], values[1], tolerance=tolerance)


def _text(value: Any) -> str:
    """A value as text; empty if it has too many digits or is nested too deeply."""
    try:
        return str(value)
    except (ValueError, RecursionError):
        return ""


def _unfenced(text: str) -> str:
    return code_in(text) or text


def _same_code(a: Any, b: Any, _tolerance: float) -> bool:
    forms = [code_form(code_in(text) or text) for text in (_text(a), _text(b))]
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
    """Whether the same calls occur equally often, in any order unless there are very many."""
    calls, left = list(a), list(b)
    if len(calls) != len(left):
        return False
    if len(calls) > _MOST_CALLS:
        return all(_same_call(x, y, tolerance) for x, y in zip(calls, left, strict=True))
    for call in calls:
        found = (at for at, other in enumerate(left) if _same_call(call, other, tolerance))
        at = next(found, None)
        if at is None:
            return False
        left.pop(at)
    return True


def _same_call(a: Mapping[str, Any], b: Mapping[str, Any], tolerance: float) -> bool:
    if a.get("name") != b.get("name"):
        return False
    return same_value(_given(a["args"]), _given(b["args"]), tolerance=tolerance)


def _given(arguments: Any) -> Any:
    """Arguments without `None` values, which are equivalent to missing ones."""
    if not isinstance(arguments, Mapping):
        return arguments
    return {name: _argument(value) for name, value in arguments.items() if value is not None}


def _argument(value: Any, depth: int = 0) -> Any:
    """An argument as the tool takes it: lists for tuples, and blanks after commas for none."""
    if isinstance(value, str):
        holds_json = value.startswith(("{", "["))
        return value if holds_json else _COMMAS.sub(", ", value.strip())
    if isinstance(value, Mapping) and depth <= _MOST_DEPTH:
        return {key: _argument(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and depth <= _MOST_DEPTH:
        return [_argument(item, depth + 1) for item in value]
    return value


_BY: Final[Mapping[str, Callable[[Any, Any, float], bool]]] = {
    "auto": _by_kind,
    "number": _same_numbers,
    "value": _same_values,
    "json": _same_json,
    "tool_calls": _same_calls,
    "code": _same_code,
}
