"""Numbers in digits: patterns, parsing, and search in texts."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice

from langchain_smartroute.execution.checks.comparing.plain import plainly_written

__all__ = ["PLAIN_NUMBER", "SCRIPTS", "last_number", "number_of", "numbers_in"]

_READ_CHARS = 20_000
"""Number of characters at a text's end that are searched for its last number."""

_WINDOW, _LAP, _EDGE = 1_000, 300, 50
_MOST_NUMBERS = 100

_GROUPED = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d{1,3}(?:[ '_\u202f]\d{3})+(?:[.,]\d+)?"
)
PLAIN_NUMBER = rf"(?:{_GROUPED}|\d+(?:[.,]\d+)?|\.\d+)(?!\d)"
"""Pattern of a number in digits, with any usual thousands and decimal separators."""

SCRIPTS = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
"""Chinese, Japanese and Korean letters: no blank stands between them and a number."""

_NUMBER = re.compile(
    rf"(?<![.^/])(?<![^\W{SCRIPTS}])(?:[-+](?<![\w)]-))?(?:\d+ (?=\d+\s?/\s?\d))?{PLAIN_NUMBER}"
    rf"(?:\s?/\s?{PLAIN_NUMBER}|[eE][-+]?\d+(?!\w))?"
)


def last_number(text: str) -> str | None:
    """The last number in a text, in plain digits; `None`: there is none.

    Args:
        text: Of a long one the last 20,000 characters are searched. A number that may start
            before that part is ignored.

    Example:
        >>> last_number("3 and 4 make 7."), last_number("1,250 of them"), last_number("none")
        ('7', '1,250', None)
    """
    for end in range(len(text), max(len(text) - _READ_CHARS, 0), _LAP - _WINDOW):
        start = max(end - _WINDOW, 0)
        if start and _last(plainly_written(text[start + _LAP : end])) is None:
            continue
        found = _last(plainly_written(text[start:end]))
        if found is not None:
            return None if start and found.start() < _EDGE else found.group()
    return None


def numbers_in(text: str) -> list[re.Match[str]]:
    """The numbers of a normalised text, at most the first hundred."""
    return list(islice(_NUMBER.finditer(text), _MOST_NUMBERS))


def number_of(text: str) -> Fraction:
    """Parse digits with separators; of two kinds the last one is the decimal separator.

    Args:
        text: A match of `PLAIN_NUMBER`, of at most some thousand digits.
    """
    digits = re.sub(r"[ '_\u202f]", "", text)
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands, decimal = (",", ".") if dot > comma else (".", ",")
        return Fraction(digits.replace(thousands, "").replace(decimal, "."))
    if comma >= 0:
        head, *groups = digits.split(",")
        grouped = len(groups) > 1 or (len(groups[0]) == 3 and head.strip("0") != "")  # noqa: PLR2004 - a group of thousands
        return Fraction(digits.replace(",", "" if grouped else "."))
    return Fraction(digits.replace(".", "") if digits.count(".") > 1 else digits)


def _last(plain: str) -> re.Match[str] | None:
    found = None
    for match in _NUMBER.finditer(plain):
        found = match
    return found
