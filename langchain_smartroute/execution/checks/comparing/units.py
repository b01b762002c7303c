"""Names and symbols of units in several languages, and scales such as million.

An ambiguous name (a pound of weight or money, `m` for minute or metre) stands for its most
common unit, or only for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from langchain_smartroute.execution.checks.comparing.numerals import counts

__all__ = [
    "CURRENCIES",
    "OTHER_DIMENSION",
    "Counted",
    "in_base_unit",
    "is_unit",
    "unit_of",
    "units_of",
]

_SYMBOLS = (
    "kW", "MW", "GW", "mW", "kWh", "MWh", "Hz", "kHz", "MHz", "GHz", "Pa", "kPa", "MPa", "kB", "KB",
    "MB", "GB", "TB", "kJ", "MJ", "kcal",
)  # fmt: skip
_NAMES = {
    "usd": "$ us$ dollar 美元", "eur": "€ euro 欧元", "gbp": "£ pound 英镑",
    "cny": "¥ rmb yuan 元 块 人民币", "inr": "₹ rs rupee", "rub": "₽ ruble", "krw": "₩ won",
    "%": "percent pct", "‰": "permille", "°": "degree 度", "¢": "cent",
    "km": "kilometer kilometre 公里 千米", "m": "meter metre 米",
    "cm": "centimeter centimetre 厘米",
    "mm": "millimeter millimetre 毫米", "mi": "mile 英里", "ft": "foot feet 英尺", "yd": "yard",
    "kg": "kilogram kilo 公斤 千克", "g": "gram 克", "mg": "milligram 毫克", "lb": "lbs",
    "t": "ton tonne 吨", "l": "liter litre 升", "ml": "milliliter millilitre 毫升",
    "h": "hour hr hrs 小时 hora heure stunde", "min": "minute mins 分钟 minuto",
    "s": "second sec secs 秒", "day": "天 日 tag jour", "week": "周 星期", "month": "月 个月",
    "year": "yr yrs 年", "people": "person 人", "item": "个 件",
    "square": "squared sq 平方 ² ^2 ^{2}", "cubic": "cubed 立方 ³ ^3 ^{3}",
    "per": "je pro par por 每 every", "inch": "inche 英寸",
    "c": "celsius", "f": "fahrenheit", "W": "watt", "V": "volt", "J": "joule", "N": "newton",
    **dict.fromkeys(
        _SYMBOLS, ""
    ),
}  # fmt: skip
_ALIKE = {name: unit for unit, names in _NAMES.items() for name in (unit, *names.split())}

_RATE = re.compile(
    r"\b(?:an?|each|every)\s+(?=(?:second|minute|hour|day|week|month|year)\b)", re.IGNORECASE
)
_UNIT_TEXT = re.compile(
    r"(?:\s*+(?:[^\W\d_]++(?:['.-][^\W\d_]++)*+['.]?+|[%‰°$€£¥₹₽₩²³¢/,;:()]|\^\{?[23]\}?))*+\s*+"
)
_UNIT = re.compile(r"[^\W\d_]+(?:['.][^\W\d_]+)?|[%‰°$€£¥₹₽₩²³¢/]|\^\{?[23]\}?")
_FIRST_WORD = re.compile(r"[A-Za-z]+(?![^\W\d_])")
_CHINESE_UNITS = ("千米", "千克", "千瓦", "千卡", "百分")
_CHINESE_SCALES = {
    "百": 10**2, "千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "만": 10**4,
    "억": 10**8,
}  # fmt: skip
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "dozen": 12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_SUFFIXES = {
    "k": 10**3, "K": 10**3, "M": 10**6, "mn": 10**6, "mio": 10**6, "B": 10**9, "bn": 10**9,
    "mrd": 10**9, "tn": 10**12,
}  # fmt: skip
_MONEY_SUFFIXES = _SUFFIXES | {"m": 10**6, "b": 10**9, "t": 10**12, "T": 10**12}
_OPERATIONS = frozenset(
    [
        "plus", "minus", "divided", "multiplied", "pi", "sqrt", "sin", "cos", "tan", "log", "ln",
        "mod", "exp", "choose", "factorial", "infinity", "and", "or", "und", "oder", "et", "ou",
        "y", "o", "和", "或",
    ]
)  # fmt: skip
_TWO_LETTERS = ("th", "st", "nd", "rd", "am", "pm")
_LONGEST_SYMBOL = 3

CURRENCIES: Final = frozenset(["usd", "eur", "gbp", "cny", "inr", "rub", "krw"])

OTHER_DIMENSION: Final = frozenset(["per", "square", "cubic"])
"""Words that change the dimension of a unit: a rate, an area, a volume."""


_IN_BASE: Final = {
    "s": {"s": 1, "min": 60, "h": 3_600, "day": 86_400, "week": 604_800},
    "mm": {"mm": 1, "cm": 10, "m": 1_000, "km": 1_000_000},
    "mg": {"mg": 1, "g": 1_000, "kg": 1_000_000},
    "ml": {"ml": 1, "l": 1_000},
    "inch": {"inch": 1, "ft": 12, "yd": 36, "mi": 63_360},
    "¢": {"¢": 1, "usd": 100},
}
"""Smallest unit → units that are so many of it. Tons are left out, as there are several."""

_BASES = {unit: (base, n) for base, units in _IN_BASE.items() for unit, n in units.items()}


def in_base_unit(value: Fraction, units: frozenset[str]) -> tuple[Fraction, str] | None:
    """A quantity in the smallest unit of its kind; `None`: its unit is no such unit.

    Example:
        >>> in_base_unit(Fraction(5, 2), frozenset(["h"]))
        (Fraction(9000, 1), 's')
    """
    found = _BASES.get(next(iter(units))) if len(units) == 1 else None
    return None if found is None else (value * found[1], found[0])


def unit_of(name: str) -> str | None:
    """The unit of a name; `None`: unknown.

    Args:
        name: One word in the singular, in lower case but for symbols such as `W`.

    Example:
        >>> unit_of("kilometre"), unit_of("公里"), unit_of("apple")
        ('km', 'km', None)
    """
    return _ALIKE.get(name)


def is_unit(name: str) -> bool:
    """Whether a quantity's unit is a known unit, or a word of one."""
    return name in _NAMES or name in OTHER_DIMENSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The scale and unit after a number.

    Attributes:
        scale: Factor of the number, such as a million.
        units: The words of its unit.
        letter: Whether the unit is one letter directly after the number.
    """

    scale: int
    units: frozenset[str]
    letter: bool


def units_of(text: str, *, money: str = "", beside: bool = False) -> Counted | None:
    """Parse the scale and unit after a number; `None`: it is not a unit.

    Args:
        text: The text after the number, of at most some hundred characters.
        money: The currency sign before the number.
        beside: Whether there is no space between number and text.

    Example:
        >>> units_of("million dollars").scale, units_of("k", money="$", beside=True).scale
        (1000000, 1000)
        >>> units_of("x", beside=True) is None
        True
    """
    text = _RATE.sub("per ", text.replace("per cent", "percent")).strip()
    text = text.replace("平方", "平方 ").replace("立方", "立方 ")
    if not _UNIT_TEXT.fullmatch(text):
        return None
    scale = 1
    while text[:1] in _CHINESE_SCALES and not text.startswith(_CHINESE_UNITS):
        scale, text = scale * _CHINESE_SCALES[text[0]], text[1:].lstrip()
    suffix = _FIRST_WORD.match(text)
    if suffix is not None and (beside or money):
        scale *= (_MONEY_SUFFIXES if money else _SUFFIXES).get(suffix[0], 1)
        known = suffix[0] in (_MONEY_SUFFIXES if money else _SUFFIXES)
        text, beside = (text[suffix.end() :], False) if known else (text, beside)
    words = [word.strip("'.") for word in _UNIT.findall(text)]
    if any(_is_none(word, first=not at, beside=beside) for at, word in enumerate(words)):
        return None
    units = {_alike(money)} if money else set()
    for word in words:
        name = _alike(word)
        scale *= _SCALES.get(name, 1)
        units |= set() if name in _SCALES else {name}
    alone = beside and len(words) == 1 and len(words[0]) == 1 and words[0].isascii()
    return Counted(scale=scale, units=frozenset(units), letter=alone and words[0].isalpha())


def _alike(word: str) -> str:
    """Normalise a word: singular, and lower case unless that is a different symbol."""
    if word == "/":
        return "per"
    folded = word.casefold().strip("'.")
    single = folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded  # noqa: PLR2004 - "gas", "is"
    known = unit_of(word) or unit_of(folded) or unit_of(single)
    symbol = len(word) <= _LONGEST_SYMBOL and word[1:] != word[1:].lower()
    return known or (word if symbol else single)


def _is_none(word: str, *, first: bool, beside: bool) -> bool:
    """Whether a word after a number means that it is not a quantity."""
    folded = word.casefold()
    if folded in _OPERATIONS or counts(folded) or (first and folded in ("squared", "cubed")):
        return True
    plain = word.isascii() and word.isalpha()
    if len(word) == 1 and (plain or "\u03b1" <= word <= "\u03c9"):
        return unit_of(word) is None and folded not in ("c", "f", "l") and (first or word != "a")
    strange = plain and first and beside and len(word) == 2  # noqa: PLR2004 - two variables
    known = unit_of(word) or unit_of(folded)
    return strange and known is None and folded not in _TWO_LETTERS
