r"""Rewrites a mathematical answer in plain signs, and takes the unit off its end."""

from __future__ import annotations

import re

from langchain_smartroute.execution.checks.comparing.plain import in_one_script, with_signs
from langchain_smartroute.execution.checks.comparing.units import is_unit, units_of

__all__ = ["tidied"]

_TIDY = (
    (re.compile(r"(?<=[,(\[])\s*\+\s*(?=∞|\\infty)"), ""),
    (re.compile(r"(?<![A-Za-z\\])([a-z])(\d)(?=\s*=)"), r"\1_\2"),
    (re.compile(r"(?<=\d)(?:,\\!|\{,\}|\\,)\s*(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\(?:text|mathrm|textrm|mbox|hbox)\s*\{\s*,?\s*(and|or|e|i)\s*,?\s*\}"), r" \1 "),
    (re.compile(r"\\operatorname\s*\{(\w{1,9})\}"), r"\\\1 "),
    (re.compile(r"\\(?:math(?:rm|bf|bb|it|sf)|bm|boldsymbol)\s*\{([^{}]{1,40})\}"), r"\1"),
    (re.compile(r"\^\s*\{?\s*\\circ(?![a-zA-Z])\s*\}?"), "°"),
    (re.compile(r"(?<!\\)\\(?:[,!;: ]|(?:limits|bigl|bigr|Bigl|Bigr)(?![a-zA-Z]))|~"), " "),
    (re.compile(r"\\(?:leqslant|leq)(?![a-zA-Z])|<="), "≤"),
    (re.compile(r"\\(?:geqslant|geq)(?![a-zA-Z])|>="), "≥"),
    (re.compile(r"\\approx(?![a-zA-Z])"), "≈"),
    (re.compile(r"\\mid(?![a-zA-Z])"), "|"),
    (re.compile(r"!="), "≠"),
    (re.compile(r"\\langle(?![a-zA-Z])"), "⟨"),
    (re.compile(r"\\rangle(?![a-zA-Z])"), "⟩"),
    (re.compile(r"\\([%$#{}])"), r"\1"),
    (re.compile(r"\\left\s*\.|\\right\s*\."), ""),
)  # fmt: skip
_UNIT = re.compile(
    r"(?:\\(?:text|mathrm|textrm|textbf|textnormal|mbox)\s*\{\s*([^{}]{1,60}?)\s*\}"
    r"|(?<=\s)([A-Za-z]{2,}(?: [a-z]+){0,4}))(\s*\^\s*\{?[23]\}?)?\s*$"
)

_INDEX = re.compile("(?<=[A-Za-z])[\u2080-\u2089]+")


def tidied(text: str) -> tuple[str, frozenset[str]]:
    r"""A mathematical answer in plain signs, and the words of its unit.

    Args:
        text: LaTeX or plain signs, of at most some hundred characters.

    Example:
        >>> tidied(r"$x \leq 4{,}000$"), tidied(r"6\sqrt{2}\text{ cm}^2")[0]
        (('x ≤ 4000', frozenset()), '6\\sqrt{2}')
    """
    text = in_one_script(_INDEX.sub(_indexed, text)).strip(" .。`*")
    for pattern, instead in _TIDY:
        text = pattern.sub(instead, text)
    text = with_signs(text).strip(" .。")
    unit = _UNIT.search(text)
    counted = units_of((unit[1] or unit[2]) + (unit[3] or "")) if unit else None
    if unit is None or counted is None or counted.scale != 1:
        return text, frozenset()
    if not (unit[1] and unit[1].isalpha()) and not all(map(is_unit, counted.units)):
        return text, frozenset()
    return text[: unit.start()].strip(), counted.units


def _indexed(found: re.Match[str]) -> str:
    """LaTeX for an index in small digits, which would become digits after the letter."""
    return f"_{{{''.join(str(ord(digit) - 0x2080) for digit in found[0])}}}"
