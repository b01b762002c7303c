"""Generates strings for a JSON schema, from a text where possible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox import evidence
from langchain_smartroute.sandbox.judgements import is_spam, sentiment

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TextSource"]

_PLACE_KEYS = re.compile(
    r"city|location|place|country|region|town|destination|origin|where|address"
)
_NAME_KEYS = re.compile(r"name|person|customer|author|user|company|title|recipient|artist")
_WHOLE_KEYS = re.compile(
    r"^(?:query|question|text|input|content|message|prompt|sentence|document|expression|request|q|search)"
)
_KINDS: tuple[tuple[re.Pattern[str], Callable[[str], list[str]]], ...] = (
    (re.compile(r"e-?mail"), evidence.emails),
    (re.compile(r"date|day|when|birthday|deadline"), evidence.dates),
    (re.compile(r"url|uri|link|website|homepage"), evidence.urls),
    (re.compile(r"phone|telephone|mobile"), evidence.phones),
)
_FORMATS = {
    "email": "someone@example.com",
    "date": "2025-01-01",
    "date-time": "2025-01-01T00:00:00Z",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
}
_FORMAT_KEYS = {"date-time": "date", "uri": "url"}
_GENERIC = (
    "a",
    "A",
    "abc",
    "ABC",
    "Abc",
    "0",
    "000",
    "00000",
    "AB-123",
    "a1",
    "2025-01-01",
    "12:00",
)
"""Tried where a pattern rejects the string made from the description."""


class TextSource:
    """Gives out the parts of a text, each once.

    Args:
        text: What the user wrote.
        ignored: Quoted parts that are not values, such as the names of keys.
    """

    def __init__(self, text: str, *, ignored: frozenset[str] = frozenset()) -> None:
        self._text = text
        self._used: set[str] = set()
        self._quoted = [part for part in evidence.quoted(text) if part not in ignored]

    def take(self, key: str, schema: dict[str, Any]) -> str:
        """A string for property `key`: from the text, else made from its description."""
        for candidate in self._candidates(key, schema):
            if candidate not in self._used and _fits(candidate, schema):
                self._used.add(candidate)
                return candidate
        return self._made_up(key, schema)

    def take_all(self, key: str, schema: dict[str, Any]) -> list[str]:
        """Every part of the text that fits a list named `key`."""
        typed = self._typed(key, schema)
        found = typed if typed is not None else self._quoted or evidence.names(self._text)
        return [part for part in dict.fromkeys(found) if _fits(part, schema)]

    def has(self, key: str, schema: dict[str, Any]) -> bool:
        """Whether the text has a value that is clearly for `key`."""
        if schema.get("type", "string") != "string":
            return False
        if self._stated(key) or self._typed(key, schema):
            return True
        return bool(_PLACE_KEYS.search(key.lower()) and evidence.places(self._text))

    def judged(self, options: list[Any]) -> Any:
        """The option for the text's sentiment, or for spam, if that is what the options are."""
        lower = {str(option).lower(): option for option in options}
        if {"positive", "negative"} <= lower.keys():
            return lower.get(sentiment(self._text), options[0])
        if "spam" in lower and len(options) == 2:  # noqa: PLR2004 - spam and its opposite
            other = next(option for name, option in lower.items() if name != "spam")
            return lower["spam"] if is_spam(self._text) else other
        return None

    def _candidates(self, key: str, schema: dict[str, Any]) -> list[str]:
        """Candidate parts of the text, the best first."""
        name = key.lower()
        stated, typed = self._stated(key), self._typed(key, schema)
        if stated or typed is not None:
            return [*stated, *(typed or ())]
        if _PLACE_KEYS.search(name):
            return [*self._quoted, *evidence.places(self._text), *evidence.names(self._text)]
        if _WHOLE_KEYS.search(name):
            return [*self._quoted, self._text.strip()]
        found = [*self._quoted, *evidence.names(self._text)]
        if schema.get("description") and not _NAME_KEYS.search(name):
            return self._quoted
        return [*found, *evidence.places(self._text)]

    def _stated(self, key: str) -> list[str]:
        """Values given with the key: `key: value`, `key is value`, `key = value`."""
        spoken = re.escape(key).replace("_", "[_ ]")
        if not spoken:
            return []
        pattern = rf"\b{spoken}\b\s*(?:=|:|is|of|named)\s*(?:\"([^\"]+)\"|'([^']+)'|([\w@.+-]+))"
        matches = re.findall(pattern, self._text, re.IGNORECASE)
        return ["".join(groups).rstrip(".,") for groups in matches]

    def _typed(self, key: str, schema: dict[str, Any]) -> list[str] | None:
        """Addresses, dates and the like, for a key or format of that kind; `None` for others."""
        form = schema.get("format", "")
        name = _FORMAT_KEYS.get(form, form) or key.lower()
        for pattern, find in _KINDS:
            if pattern.search(name):
                return find(self._text)
        return None

    def _made_up(self, key: str, schema: dict[str, Any]) -> str:
        description = schema.get("description") or schema.get("title") or key or "answer"
        about = evidence.topic(self._text)
        plain = str(description).strip().rstrip(".").replace("_", " ")
        text = plain[:1].upper() + plain[1:] + (f" ({about})" if about else "")
        options = [_FORMATS.get(schema.get("format", ""), text), *_GENERIC]
        options += [word.strip(".,;:!?") for word in self._text.split()]
        fitting = (option for option in map(_sized(schema), options) if _fits(option, schema))
        return next(fitting, options[0])


def _sized(schema: dict[str, Any]) -> Callable[[str], str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")

    def resize(text: str) -> str:
        filled = text
        while len(filled) < least:
            filled += text or "x"
        return filled[: max(least, most if most is not None else len(text))]

    return resize


def _fits(text: str, schema: dict[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return False
    form = schema.get("format")
    if form == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    if form == "date-time" and "T" not in text:
        return False
    pattern = schema.get("pattern")
    return pattern is None or re.search(pattern, text) is not None
