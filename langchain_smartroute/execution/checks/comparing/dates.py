"""Dates, as they are written in English, in Chinese and by ISO 8601.

`1/5/2010` is none, as its day and month depend on the country.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["CalendarDate", "date_of"]

_MOST_CHARS = 60
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_NUMBERS = {name[:3].lower(): number for number, name in enumerate(_MONTHS, 1)}
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_BEFORE = r"(?:on\s+)?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+)?(?:the\s+)?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})"
_WRITTEN = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_BEFORE}{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?",
        rf"{_BEFORE}{_MONTH}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR})?",
        rf"(?:in\s+)?{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        rf"{_YEAR}(?P<sign>[-/.])(?P<month>\d\d?)(?P=sign)(?P<day>\d\d?)",
        rf"(?:{_YEAR}\s*年)?\s*(?P<month>\d\d?)\s*月(?:\s*(?P<day>\d\d?)\s*[日号])?",
    )
]
_LAST_MONTH, _LAST_DAY = 12, 31


class CalendarDate(NamedTuple):
    """A date, of which the year or the day may not be said."""

    year: int | None
    month: int
    day: int | None


def date_of(text: str) -> CalendarDate | None:
    """The date that a text is; `None`: it is something else, or has more words.

    Example:
        >>> date_of("on May 1st, 2010") == date_of("2010-05-01") == date_of("2010年5月1日")
        True
        >>> date_of("1/5/2010") is date_of("May") is None
        True
    """
    if len(text) > _MOST_CHARS or not any(char.isdigit() for char in text):
        return None
    plain = text.strip(" \t\n.。*`")
    found = next(filter(None, (form.fullmatch(plain) for form in _WRITTEN)), None)
    if found is None:
        return None
    groups = found.groupdict()
    month = _NUMBERS.get(groups["month"][:3].lower()) or int(groups["month"])
    year, day = (int(groups[name]) if groups.get(name) else None for name in ("year", "day"))
    is_date = 1 <= month <= _LAST_MONTH and (day is None or 1 <= day <= _LAST_DAY)
    return CalendarDate(year, month, day) if is_date else None
