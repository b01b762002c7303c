"""Numbers as people and models write them: separators, currencies, fractions, units, LaTeX."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from langchain_smartroute.execution.checks.comparing.numerals import in_digits
from langchain_smartroute.execution.checks.comparing.units import OTHER_DIMENSION, unit_of

__all__ = ["Quantity", "last_number", "plainly_written", "quantity_of", "same_quantity"]

_MOST_CHARS = 200
_MOST_NUMBERS = 20_000
_LARGEST_BASE = 1_000_000

_SUPERSCRIPT = re.compile("(?<=[^\\W_])[\u207b\u207a]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
_MIXED_GLYPH = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_MARKS = {0x2212: "-", 0x2013: "-", 0x2044: "/", 0x66B: ".", 0x66C: ",", 0x2019: "'", 0xA0: " "}

_LATEX = (
    (re.compile(r"\\[dtc]?frac\s*\{([^{}]{1,80})\}\s*\{([^{}]{1,80})\}"), r"(\1)/(\2)"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)"), r"\1/\2"),
    (
        re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]{0,200})\}"),
        r" \1 ",
    ),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degree"), "°"),
    (re.compile(r"\\(?:times|cdot)(?![a-zA-Z])"), "×"),
    (re.compile(r"\\(?:left|right|displaystyle|quad|qquad|,|!|;|:| )"), ""),
    (re.compile(r"\\([%$#&_{}])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"(?<=\d)\{\.\}(?=\d)"), "."),
    (re.compile(r"\(\s*(-?[\d.,]{1,40})\s*\)(?=/|$)|(?<=/)\(\s*(-?[\d.,]{1,40})\s*\)"), r"\1\2"),
)

_GROUPED = (
    r"\d{1,3}(?:,\d{3}){1,12}(?:\.\d{1,40})?"
    r"|\d{1,2}(?:,\d{2}){1,12},\d{3}(?:\.\d{1,40})?"
    r"|\d{1,3}(?:\.\d{3}){1,12},\d{1,40}|\d{1,3}(?:\.\d{3}){2,12}"
    r"|\d{1,3}(?:[ '_\u202f]\d{3}){1,12}(?:[.,]\d{1,40})?"
)
_PLAIN = rf"(?:{_GROUPED}|\d{{1,40}}(?:[.,]\d{{1,40}})?|\.\d{{1,40}})(?!\d)"
_NUMBER = re.compile(rf"(?<![\w.^/])(?:[-+](?<![\w)]-))?{_PLAIN}(?:\s?/\s?{_PLAIN})?")

_CURRENCY = r"(?:US\s?\$|[$€£¥￥₹₽₩]|USD|EUR|GBP|CNY|RMB|Rs\.?)"
_QUANTITY = re.compile(
    rf"(?P<sign>[-+]?)\s?(?P<money>{_CURRENCY}?)\s?(?P<sign2>[-+]?)"
    rf"(?:(?P<whole>\d{{1,20}})\s(?=\d{{1,20}}\s?/))?"
    rf"(?P<number>{_PLAIN})(?:\s?/\s?(?P<below>{_PLAIN}))?"
    rf"(?:\s?(?:\^|\*\*)\s?\{{?(?P<power>[-+]?\d{{1,3}})\}}?)?"
    rf"(?:[eE](?P<exp>[-+]?\d{{1,3}})|\s?[×x*]\s?10\s?(?:\^|\*\*)\s?\{{?(?P<exp10>[-+]?\d{{1,3}})\}}?)?"
    rf"\s?(?P<unit>[^\d\n]{{0,80}}(?:[²³]|\^\{{?[23]\}}?)?)",
)
_BEFORE = re.compile(r"^(?:[A-Za-z]\w{0,20}\s?)?(?:=|≈|:)\s*|^(?:about|approximately|approx\.?)\s+")
_SCALES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "만": 10**4, "억": 10**8,
}  # fmt: skip
_CODE = re.compile(r"0\d")
"""How a code such as 007 begins, which is no number."""

_UNIT = re.compile(r"[^\W\d]+(?:['.][^\W\d]+)?|[%°$€£¥₹₽₩²³]|\^\{?[23]\}?")
_NOT_UNIT = re.compile(r"[=<>\[\]{}\"“”|\\+?!]|(?:^|\s)(?:and|or|und|et|y|和|或)\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit.

    Attributes:
        value: The number, exactly.
        units: The words of its unit, alike for `$` and `dollars`; empty: it has none.
    """

    value: Fraction
    units: frozenset[str] = frozenset()


def plainly_written(text: str) -> str:
    r"""Text with plain digits, signs and fractions instead of LaTeX's and other scripts'.

    Example:
        >>> plainly_written(r"$\frac{3}{4}$ \text{ kg}")
        '3/4 kg'
    """
    # What stands above is a power: as plain digits 10³ would be 103.
    text = _SUPERSCRIPT.sub(r"^\g<0>", text)
    text = unicodedata.normalize("NFKC", _MIXED_GLYPH.sub(" ", text)).translate(_MARKS)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    if "\\" in text or "{" in text:
        for pattern, plain in _LATEX:
            text = pattern.sub(plain, text)
    if text.count("$") > 1:
        text = text.replace("$", "")
    return re.sub(r"[ \t]{2,}", " ", text).strip()


def quantity_of(text: str) -> Quantity | None:
    """The quantity that a text is; `None` where it is anything else.

    Example:
        >>> quantity_of("$1,250.50") == quantity_of("1250.5 dollars")
        True
        >>> quantity_of("3 of 4 people") is None
        True
    """
    if len(text) > _MOST_CHARS:
        return None
    plain = in_digits(_BEFORE.sub("", plainly_written(text).strip(" \t*`_~")).rstrip(" .。"))
    if not any(c.isnumeric() for c in plain):
        return None
    found = _QUANTITY.fullmatch(plain)
    if found is None or _NOT_UNIT.search(found["unit"]) or _CODE.match(found["number"]):
        return None
    value = _value_of(found)
    if value is None:
        return None
    scale, units = _units_of(f"{found['money']} {found['unit']}")
    return Quantity(value=value * scale, units=units)


def same_quantity(a: Quantity, b: Quantity, *, tolerance: float) -> bool:
    """Whether two quantities are the same; one without a unit has any.

    One unit may say more than the other (18 dollars, 18 dollars a head), but not make
    something else of it (5 km, 5 km per hour).

    Args:
        a: One.
        b: The other.
        tolerance: The largest relative difference that counts as none.
    """
    if _close(a.value, b.value, tolerance):
        if not (a.units and b.units):
            return True
        nested = a.units <= b.units or b.units <= a.units
        return nested and not (a.units ^ b.units) & OTHER_DIMENSION
    # "50 %" is also written as 0.5.
    for share, number in ((a, b), (b, a)):
        if "%" in share.units and not number.units:
            return _close(share.value / 100, number.value, tolerance)
    return False


def last_number(text: str) -> str | None:
    """The last number in a text, as it stands there in plain digits."""
    found = None
    for match in islice(_NUMBER.finditer(plainly_written(text)), _MOST_NUMBERS):
        found = match.group()
    return found


def _close(a: Fraction, b: Fraction, tolerance: float) -> bool:
    return a == b or abs(a - b) <= Fraction(tolerance) * max(abs(a), abs(b))


def _value_of(found: re.Match[str]) -> Fraction | None:
    value = _number(found["number"])
    if found["power"]:
        power = int(found["power"])
        if value > _LARGEST_BASE or (not value and power < 0):
            return None
        value **= power
    if found["below"]:
        below = _number(found["below"])
        if not below:
            return None
        value /= below
    if found["whole"]:
        value += int(found["whole"])
    exponent = found["exp"] or found["exp10"]
    if exponent:
        value *= Fraction(10) ** int(exponent)
    return -value if "-" in (found["sign"], found["sign2"]) else value


def _number(text: str) -> Fraction:
    """A number in plain digits; the last of two kinds of marks is the decimal one."""
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


def _units_of(text: str) -> tuple[int, frozenset[str]]:
    """What a number is multiplied by, and the words of its unit."""
    scale, units = 1, set()
    text = text.casefold()
    for word in ("万", "萬", "亿", "億", "만", "억"):
        if text.strip().startswith(word):
            scale, text = scale * _SCALES[word], text.replace(word, " ", 1)
    for found in _UNIT.finditer(text.replace("per cent", "percent")):
        word = found.group().strip("'.")
        single = word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004 - "gas", "is"
        if single in _SCALES:
            scale *= _SCALES[single]
        else:
            units.add(unit_of(word) or unit_of(single) or single)
    return scale, frozenset(units)
