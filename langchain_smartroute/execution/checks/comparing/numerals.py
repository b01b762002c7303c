"""Numbers in words: Chinese numerals, and English ones up to ninety-nine."""

# ruff: noqa: RUF001 - the Chinese nought looks like a letter

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["counts", "in_digits"]

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_PLACES = {"十": 10, "百": 100, "千": 1_000}
_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CHARS = "".join([*_DIGITS, *_PLACES, *_GROUPS])
_MOST_CHARS = 30

_CHINESE = re.compile(
    rf"(?P<minus>[负負]?)(?:(?P<percent>百分之)|(?P<below>[{_CHARS}]+)分之)?"
    rf"(?P<whole>[{_CHARS}]+)(?:[点點](?P<part>[{''.join(_DIGITS)}]+))?(?P<rest>[^{_CHARS}点點]*)"
)
_COUNTED = frozenset(
    [
        "个",
        "個",
        "元",
        "块",
        "人",
        "天",
        "年",
        "岁",
        "次",
        "只",
        "本",
        "支",
        "件",
        "米",
        "克",
        "升",
        "公里",
        "千米",
        "厘米",
        "毫米",
        "公斤",
        "千克",
        "小时",
        "分钟",
        "秒",
        "度",
    ]
)
"""Counters after a single numeral; before other words it is often not a number (一样, 十分)."""

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH = {word: n for n, word in enumerate(f"{_UNITS} {_TEENS}".split())} | {
    word: 10 * n for n, word in enumerate(_TENS.split(), start=2)
}
_ENGLISH_NUMBER = re.compile(r"([A-Za-z]{3,9})(?:[- ]([A-Za-z]{3,5}))?(?P<rest>(?:\s[^\W\d]+)?)")
_ONES = range(1, 10)
_LEAST_TENS = 20


def in_digits(text: str) -> str:
    """Convert a number in words, with its unit, to digits; other texts are returned unchanged.

    Example:
        >>> in_digits("三百二十五元"), in_digits("三分之二"), in_digits("twenty-five apples")
        ('325元', '2/3', '25 apples')
        >>> in_digits("一样"), in_digits("five or six")
        ('一样', 'five or six')
    """
    if len(text) > _MOST_CHARS:
        return text
    return _chinese(text) or _english(text) or text


def counts(word: str) -> bool:
    """Whether a lower-case word is a number or a part of one.

    Example:
        >>> counts("twenty"), counts("三千"), counts("千米"), counts("apples")
        (True, True, False, False)
    """
    return word in _ENGLISH or any(c in _DIGITS or c == "十" for c in word)


def _chinese(text: str) -> str | None:
    found = _CHINESE.fullmatch(text)
    if found is None:
        return None
    whole, rest = _value_of(found["whole"]), found["rest"].strip()
    below = _value_of(found["below"]) if found["below"] else 1
    if whole is None or not below:
        return None
    alone = len(found["whole"]) == 1 and not (found["percent"] or found["below"] or found["part"])
    if alone and rest and rest not in _COUNTED:
        return None
    part = "".join(str(_DIGITS[c]) for c in found["part"] or "")
    value = Fraction(f"{whole}.{part}" if part else whole) / below
    shown = f"{whole}.{part}" if part else str(value)
    sign, unit = "-" if found["minus"] else "", "%" if found["percent"] else ""
    return f"{sign}{shown}{unit}{rest}"


def _value_of(text: str) -> int | None:
    """The value of Chinese numerals; `None` if it is not certain.

    Three or more digits without units of ten are a year or a code (二〇二四); two may be an
    estimate (五六).
    """
    if all(c in _DIGITS for c in text):
        digits = "".join(str(_DIGITS[c]) for c in text)
        return int(digits) if len(text) in (1, *range(3, _MOST_CHARS)) else None
    total = section = 0
    digit: int | None = None
    least = 10**12
    for at, c in enumerate(text):
        if c in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[c]
        elif c in _PLACES:
            if not digit and not (c == "十" and at == 0):
                return None
            section += (digit or 1) * _PLACES[c]
            digit = None
        else:
            section += digit or 0
            if not section or _GROUPS[c] >= least:
                return None
            least, digit = _GROUPS[c], None
            total, section = total + section * least, 0
    if digit and len(text) > 1 and text[-2] in "百千万萬亿億":
        # 三百五 may be 350 or 305.
        return None
    return total + section + (digit or 0)


def _english(text: str) -> str | None:
    found = _ENGLISH_NUMBER.fullmatch(text)
    if found is None:
        return None
    first, second = _ENGLISH.get(found[1].casefold()), found[2]
    if first is None:
        return None
    if second is None:
        return f"{first}{found['rest']}"
    ones = _ENGLISH.get(second.casefold())
    if ones is None:
        return f"{first} {second}{found['rest']}" if not found["rest"] else None
    return f"{first + ones}{found['rest']}" if first >= _LEAST_TENS and ones in _ONES else None
