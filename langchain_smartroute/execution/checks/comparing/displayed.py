r"""Formulas within a text: on lines of their own, and as the only ones of a sentence."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re
from itertools import pairwise

from langchain_smartroute.execution.checks.comparing.statements import statements_of
from langchain_smartroute.execution.checks.comparing.units import is_unit, units_of

__all__ = ["formula_of_line", "is_formula", "on_one_line"]

_DISPLAYED = re.compile(
    r"\\\[\s{0,40}((?:(?!\\[\[\]])[\s\S]){1,300}?)\s{0,40}\\\]|\$\$\s{0,40}([^$]{1,300}?)\s{0,40}\$\$"
)
_FORMULA = re.compile(r"(?<![\\$])\$([^$\n]{1,200})\$(?!\$)|\\\(((?:(?!\\[()]).){1,200})\\\)")
_BETWEEN = re.compile(r"[\s,;，；、]*(?:and|or|und|oder|和|或|与)?[\s,;]*")
_SIGNS = re.compile(r"[<>≤≥=\\^_{}√±|!]")
_RELATION = re.compile(r"[<>≤≥≠]|!=|\\[lg]e|\\(?:lt|gt|ne|neq)(?![a-zA-Z])|\\[lg]eq")
_OTHER = re.compile(
    r"\d|\b(?:not|least|most|between|than|if|when|where|for|with|from)\b|[不非至若当]",
    re.IGNORECASE,
)
"""Words by which a formula is not the value of its sentence."""


def on_one_line(text: str) -> str:
    r"""Text with each displayed formula on one line, between single dollar signs.

    Example:
        >>> on_one_line("Thus\n\\[\nx = 2\n\\]\n")
        'Thus\n$x = 2$\n'
    """
    return _DISPLAYED.sub(lambda found: f"${' '.join((found[1] or found[2]).split())}$", text)


def formula_of_line(line: str) -> str | None:
    r"""The formula of a sentence that has no other, or its formulas as one list.

    Example:
        >>> formula_of_line(r"Therefore $x \geq 5$ is the solution.")
        'x \\geq 5'
        >>> formula_of_line("She pays $64 for the 16 glasses, or $4 each.") is None
        True
    """
    found = list(_FORMULA.finditer(line))
    if not found or _OTHER.search(line[: found[0].start()] + line[found[-1].end() :]):
        return None
    value = line[found[0].start() : found[-1].end()]
    if len(found) == 1:
        value = (found[0][1] or found[0][2]).strip()
    between = [line[a.end() : b.start()] for a, b in pairwise(found)]
    after = line[found[-1].end() :].strip(" .。,")
    if not all(map(_BETWEEN.fullmatch, between)) or not _SIGNS.search(value):
        return None
    counted = units_of(after) if after else None
    if counted is not None and all(map(is_unit, counted.units)):
        return None
    return value if len(found) > 1 or _is_answer(value) else None


def is_formula(line: str) -> bool:
    r"""Whether a line is a formula as a whole, and not only one number or what is equal to it.

    Example:
        >>> is_formula(r"(-\infty, 3)"), is_formula("5 + 7 = 12"), is_formula("So x = 2")
        (True, False, False)
    """
    read = statements_of(line) if _SIGNS.search(line) or "," in line else None
    return read is not None and any(
        s.shape or s.whole or (s.name and len(read) > 1) or (s.names and not s.name) for s in read
    )


def _is_answer(value: str) -> bool:
    """Whether a formula is the answer as a whole: an equation that is not only a value."""
    if "=" not in value or _RELATION.search(value):
        return True
    read = statements_of(value)
    return read is not None and (len(read) > 1 or any(statement.whole for statement in read))
