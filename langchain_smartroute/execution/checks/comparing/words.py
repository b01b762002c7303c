"""Compares texts that are not numbers, options or literals."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re
from typing import Final

from langchain_smartroute.execution.checks.comparing.plain import MOST_CHARS, plainly_written

__all__ = ["same_words"]

_PAIRS = (("**", "**"), ("*", "*"), ("`", "`"), ('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"),
          ("«", "»"), ("「", "」"), ("《", "》"), ("_", "_"))  # fmt: skip
_MOST_PAIRS = 4
_ENDS = ".。"
_SAYING_ENDS = " \t\n*_`\"'“”.,;:!。，；：！"

_ARTICLE = re.compile(r"^(?:[Tt]he|[Aa]n?)\s+(?=\S)")
_LINE_ENDS = re.compile(r"[ \t]*\n[ \t\n]*")
_SHORTEST_IN_CAPITALS: Final = 4

_FORMULA = re.compile(r"[\w\s.,;:'|()\[\]{}<>=+\-*/^°√π∞≤≥≠∪∩∈±×÷∅]+")
_NAME = re.compile(r"[^\W\d_]+")
_FUNCTIONS = frozenset(
    [
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "log", "exp",
        "sqrt", "max", "min", "mod",
    ]
)  # fmt: skip
_SIGN = re.compile(r"[=+\-*/^<>√≤≥≠∪∩∈±×÷]|[\[(][^\[\]()]{1,80},[^\[\]()]{1,80}[\])]")
_AROUND_SIGNS = re.compile(r"\s*([-=+*/^()\[\]{}<>,≤≥≠∪∩∈±×÷√])\s*")
_NAMED = re.compile(r"[a-zA-Z](?:\([a-z]\))?[=∈](?=\S)")
"""The variable that a formula is the value of."""

_CLOCK = re.compile(r"(\d{1,2})(?:\s?:\s?(\d\d))?\s?([ap])\.?\s?m", re.IGNORECASE)
_RATIO = re.compile(r"(?<=\d)\s?:\s?(?=\d)")
_IN_LIST = re.compile(r"(?<=\d),[ ]+(?=\d{1,2}(?!\d))")
_LONGEST_NAME = 2

_YES = (
    "yes", "ja", "oui", "sí", "si", "sim", "da", "да", "はい", "是", "是的", "对", "对的",
    "正确", "正确的", "√", "✓", "✔",
    "네", "예",
)  # fmt: skip
_NO = (
    "no", "nein", "non", "não", "nie", "нет", "いいえ", "否", "不", "不是", "不对",
    "错", "错误", "错误的", "×", "✗", "✘",
    "不正确", "아니요",
)  # fmt: skip
_SAYINGS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
"""Complete answers that mean yes or no."""


def same_words(a: str, b: str) -> bool:
    """Whether two texts are equal, ignoring markup around them and a final full stop.

    Case is ignored for the first letter, and for a single word in capitals. White space counts,
    except in formulas.

    Args:
        a: One. Texts of more than 2,000 characters have to be equal.
        b: The other.

    Example:
        >>> same_words("**Blue**", "blue."), same_words("x + 1", "x+1")
        (True, True)
        >>> same_words("iPhone", "Iphone"), same_words("oh!!", "oh!")
        (False, False)
    """
    if max(len(a), len(b)) > MOST_CHARS:
        return a.strip() == b.strip() != ""
    sayings = _saying(a), _saying(b)
    if sayings[0] is not None and sayings[1] is not None:
        return sayings[0] == sayings[1]
    clocks = _clock(a), _clock(b)
    if clocks[0] is not None and clocks[1] is not None:
        return clocks[0] == clocks[1]
    one, other = _words(a), _words(b)
    if not one or not other:
        return False
    same = one == other or _decapitalised(one) == _decapitalised(other)
    return same or _capitals(one, other) or _capitals(other, one) or _same_unnamed(one, other)


def _same_unnamed(one: str, other: str) -> bool:
    """Whether only one of two formulas names its variable: `y=2x+3` and `2x+3`."""
    named = [_NAMED.match(text) for text in (one, other)]
    if (named[0] is None) == (named[1] is None):
        return False
    bare = [t[name.end() :] if name else t for t, name in zip((one, other), named, strict=True)]
    return bare[0] == bare[1]


def _clock(text: str) -> tuple[int, int, str] | None:
    """Hour, minute and half of the day."""
    found = _CLOCK.fullmatch(plainly_written(text).strip(_SAYING_ENDS.replace(":", "")))
    return None if found is None else (int(found[1]), int(found[2] or 0), found[3].lower())


def _saying(text: str) -> bool | None:
    return _SAYINGS.get(text.strip(_SAYING_ENDS).casefold())


def _words(text: str) -> str:
    """A text without paired markup around it and a full stop after it."""
    plain = plainly_written(text)
    for _ in range(_MOST_PAIRS):
        plain = _bare(plain.strip())
    plain = _RATIO.sub(":", plain)
    plain = _IN_LIST.sub(",", _ARTICLE.sub("", _LINE_ENDS.sub(" ", plain)))
    return _AROUND_SIGNS.sub(r"\1", plain) if _is_formula(plain) else plain


def _bare(text: str) -> str:
    if text[-1:] in _ENDS and not text.endswith(("..", "。。")):
        text = text[:-1].rstrip()
    for opened, closed in _PAIRS:
        inner = text[len(opened) : -len(closed)]
        around = text.startswith(opened) and text.endswith(closed)
        if around and inner.strip() and opened not in inner and closed not in inner:
            return inner.strip() if opened in "**`" else inner
    return text


def _is_formula(text: str) -> bool:
    """Whether a text is a formula, in which spaces do not count: it has signs, and no words."""
    if not _FORMULA.fullmatch(text) or not _SIGN.search(text):
        return False
    names = _NAME.findall(text)
    return all(len(name) <= _LONGEST_NAME or name in _FUNCTIONS for name in names)


def _decapitalised(text: str) -> str:
    """A text with a lower-case first letter; single letters and `iPhone` are not changed."""
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def _capitals(large: str, other: str) -> bool:
    """Whether the first text is a single word, the other one, in capitals."""
    one_word = large.isalpha() and len(large) >= _SHORTEST_IN_CAPITALS
    return one_word and large.isupper() and other[1:].islower() and large == other.upper()
