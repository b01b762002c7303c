"""Extracts values from a text: numbers, names, places, quotes, addresses, dates, a topic.

Simple regular expressions are enough, as the sandbox only has to give plausible values.
"""

from __future__ import annotations

import re

__all__ = [
    "dates",
    "emails",
    "names",
    "numbers",
    "phones",
    "places",
    "quoted",
    "stem",
    "topic",
    "urls",
    "words",
]

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}\.? {_MONTH} \d{{4}})\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[ -]\d{3,8}){1,4}(?!\w)")
_PHONE_DIGITS = 7
_NUMBER_LENGTH = 30
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|\u201c([^\u201d\n]+)\u201d|\u300c([^\u300d\n]+)\u300d|`([^`\n]+)`"
)
_NAME = re.compile(
    r"[^\W\d_a-z][\w'\u2019-]*(?:(?: (?:de|van|von|of|la) | )[^\W\d_a-z][\w'\u2019-]*)*"
)
_PLACE = re.compile(
    r"\b(?:in|for|to|at|from|near|of)\s+((?:the )?[^\W\d_a-z][\w'\u2019-]*"
    r"(?:,? [^\W\d_a-z][\w'\u2019-]*)*)"
)
_SMALL_PLACE = re.compile(
    r"\b(?:in|for|at|near) (?!the |a |my |(?:today|tomorrow|now|this|general|detail|english)\b)"
    r"([a-z]{3,})\b"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|[\u3040-\u30ff\u4e00-\u9fff]")

_COMMON_TEXT = """
a about also an and answer any are ask asked at be brief but by calculate can classify compare
compute could create customer describe do does each explain extract find following for from
generate get give hello hey hi how i if in into is it its json just keys last let list make
many me my named new no not of on one only or our please put question return say set show
simple so solve some summarize tell text than thanks that the their them then there these they
this to tool translate two up us use user using very want was we were what what's when where
which who why will with without word words would write yes you your
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def emails(text: str) -> list[str]:
    """E-mail addresses, each once."""
    return list(dict.fromkeys(match.rstrip(".") for match in _EMAIL.findall(text)))


def urls(text: str) -> list[str]:
    """Web addresses, each once."""
    return list(dict.fromkeys(match.rstrip(".,;") for match in _URL.findall(text)))


def dates(text: str) -> list[str]:
    """Dates as they are written, each once."""
    return list(dict.fromkeys(_DATE.findall(text)))


def phones(text: str) -> list[str]:
    """Telephone numbers as they are written, dates left out."""
    found = dict.fromkeys(_PHONE.findall(_DATE.sub(" ", text)))
    return [item for item in found if sum(map(str.isdigit, item)) >= _PHONE_DIGITS]


def numbers(text: str) -> list[int | float]:
    """Numbers in order, parts of dates left out."""
    found = (match.replace(",", "") for match in _NUMBER.findall(_DATE.sub(" ", text)))
    sane = (item for item in found if len(item) <= _NUMBER_LENGTH)
    return [float(item) if "." in item else int(item) for item in sane]


def quoted(text: str) -> list[str]:
    """Texts in quotation marks."""
    return ["".join(groups) for groups in _QUOTED.findall(text)]


def places(text: str) -> list[str]:
    """Capitalised words after in, for, to, at, from, near or of; else the last lower-case one."""
    found = [match.rstrip(".,") for match in _PLACE.findall(text)]
    small = [word for word in _SMALL_PLACE.findall(text) if word not in _COMMON]
    return found or small[-1:]


def names(text: str) -> list[str]:
    """Runs of capitalised words, without common words that begin a sentence."""
    found = []
    for match in _NAME.findall(text):
        parts = match.split()
        while parts and parts[0].lower() in _COMMON:
            parts = parts[1:]
        if parts:
            found.append(" ".join(parts).removesuffix("'s").removesuffix("\u2019s"))
    return found


def words(text: str) -> list[str]:
    """The words in lower case; each Chinese or Japanese character is a word."""
    return [word.lower() for word in _WORD.findall(text)]


def stem(word: str) -> str:
    """A rough word stem, so that `emails` matches `email` and `adding` matches `add`."""
    for ending in ("ing", "ies", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004 - a stem's least
            return word.removesuffix(ending)
    return word


def topic(text: str, limit: int = 4) -> str:
    """The first few significant words of a text, or its beginning."""
    telling = [word for word in _WORD.findall(text) if word.lower() not in _COMMON]
    latin = [word for word in telling if word.isascii() and len(word) > 1]
    if latin:
        return " ".join(list(dict.fromkeys(latin))[:limit])
    return " ".join(text.split())[:24]
