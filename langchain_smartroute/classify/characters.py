"""Counts the letters of each writing system in a text, in about a microsecond.

Token estimates and script detection both need the mix of characters, on every
message of a history. A loop over characters is too slow for that and `re` is not
much faster, so the text is encoded and each UTF-8 *lead byte* is mapped to a
class: the lead byte alone distinguishes Han, Cyrillic and Arabic. Where a lead byte is shared
by several systems (0xE0: Devanagari, Thai, …), the characters themselves are compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_smartroute.types import Script

__all__ = ["HEAD_CHARS", "TAIL_CHARS", "byte_classes", "sample", "script_of", "window"]

HEAD_CHARS = 2300
"""Number of characters read at the start of a text."""

TAIL_CHARS = 680
"""Number of characters read at the end of a text, where requests are often placed."""

_SAMPLES = 16
_SAMPLE_CHARS = 256

# Class letters: a ASCII letter, 0 digit, ' ' white space, '.' ASCII punctuation,
# l Latin with marks, y Cyrillic, r Arabic, i Indic and Thai, v 0xE1 (Vietnamese,
# Georgian, Khmer), h Han, g Hangul, k kana, w full-width forms, s symbols and
# typographic punctuation, e beyond the basic plane (emoji), o other letters, - the rest.
_RANGES = (
    (0x00, 0x20, " "),
    (0x21, 0x7F, "."),
    (0x30, 0x39, "0"),
    (0x41, 0x5A, "a"),
    (0x61, 0x7A, "a"),
    (0x80, 0xBF, "-"),
    (0xC0, 0xC2, "s"),
    (0xC3, 0xCB, "l"),
    (0xCC, 0xCF, "o"),
    (0xD0, 0xD4, "y"),
    (0xD5, 0xD7, "o"),
    (0xD8, 0xDB, "r"),
    (0xDC, 0xDF, "o"),
    (0xE0, 0xE0, "i"),
    (0xE1, 0xE1, "v"),
    (0xE2, 0xE2, "s"),
    (0xE3, 0xE3, "k"),
    (0xE4, 0xE9, "h"),
    (0xEA, 0xED, "g"),
    (0xEE, 0xEE, "s"),
    (0xEF, 0xEF, "w"),
    (0xF0, 0xFF, "e"),
)


def _class_table() -> bytes:
    table = bytearray(256)
    for first, last, letter in _RANGES:
        table[first : last + 1] = letter.encode() * (last + 1 - first)
    return bytes(table)


_CLASS_OF_BYTE = _class_table()


def byte_classes(text: str) -> bytes:
    """Map `text` to its class letters, one per UTF-8 byte; count them with `bytes.count`."""
    return text.encode("utf-8", "replace").translate(_CLASS_OF_BYTE)


def window(text: str) -> str:
    """The start and the end of `text`, so that later steps take bounded time."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"


def sample(text: str) -> str:
    """At most 4,096 characters of `text`, evenly spaced, including the first and the last."""
    size = len(text)
    if size <= _SAMPLES * _SAMPLE_CHARS:
        return text
    last = size - _SAMPLE_CHARS
    starts = (last * i // (_SAMPLES - 1) for i in range(_SAMPLES))
    return "".join([text[start : start + _SAMPLE_CHARS] for start in starts])


def script_of(text: str) -> Script:
    """The writing system of most letters of `text` (in a bounded window)."""
    seen = window(text)
    if seen.isascii():
        return "latin" if any(map(str.isalpha, seen)) else "none"
    count = byte_classes(seen).count
    ascii_letters, e1 = count(b"a"), count(b"v")
    vietnamese = e1 if e1 <= ascii_letters else 0
    cjk_marks = sum(map(seen.count, "\u3000、。〈〉《》「」『』【】"))
    letters: dict[Script, int] = {
        "latin": ascii_letters + count(b"l") + vietnamese,
        "cjk": count(b"h") + count(b"g") + count(b"k") - cjk_marks,
        "cyrillic": count(b"y"),
        "arabic": count(b"r"),
        "devanagari": count(b"i"),
        "other": count(b"o") + e1 - vietnamese,
    }
    script = max(letters, key=letters.__getitem__)
    if letters[script] <= 0:
        return "none"
    if script == "devanagari":
        found = len(re.findall("[\u0900-\u097f]", seen))
        return "devanagari" if 2 * found >= letters[script] else "other"
    return script
