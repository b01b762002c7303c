"""Form features of a text: length, lines, digits, code punctuation, first and last character.

Unlike words, form is largely independent of the language. Each property is quantised to one of
sixteen steps on a logarithmic scale: twice the length is one step more.
"""

from __future__ import annotations

from typing import Final

__all__ = ["STEPS", "form_of"]

STEPS: Final = 16
"""Number of steps of a property."""

_SHARE_UNIT = 64
"""Shares are counted in sixty-fourths, so that one mark in a short text is noticeable."""


def _class_table() -> bytes:
    """UTF-8 byte → class: 0 digit, n line break, c code, q quote, w space, u other lead byte."""
    table = bytearray(b"-" * 256)
    for mark in b"{}[]()<>=;_\\/|&#$`*+":
        table[mark] = ord("c")
    for mark in b"\"'":
        table[mark] = ord("q")
    for digit in b"0123456789":
        table[digit] = ord("0")
    table[ord("\n")] = ord("n")
    table[ord(" ")] = ord("w")
    table[ord("?")] = ord("?")
    for lead in range(0xC0, 0x100):
        table[lead] = ord("u")
    for lead in range(0xE3, 0xEE):  # kana, Han, Hangul
        table[lead] = ord("h")
    return bytes(table)


_CLASSES = _class_table()
_ENDINGS = (
    "?\uff1f\u061f",
    ".\u3002\u0964",
    ":\uff1a",
    "!\uff01",
    '"\u201d\u300d\u00bb',
    ")\uff09",
    "}",
    ";",
    "`",
)
_LAST = {mark: kind for kind, marks in enumerate(_ENDINGS, start=1) for mark in marks}
"""Last character → kind, including full-width forms and other scripts."""


def form_of(text: str) -> list[int]:
    """The form features of a bounded `text`, one number per property and step."""
    size = len(text)
    count = text.encode("utf-8", "replace").translate(_CLASSES).count
    digits, code, questions = count(b"0"), count(b"c"), count(b"?")
    leads = wide = 0
    if not text.isascii():
        leads, wide = count(b"u"), count(b"h")
        questions += text.count("\uff1f") + text.count("\u061f")
    stripped = text.strip()
    scale = _SHARE_UNIT / (size + 1)
    steps = (
        (2 * size + 1).bit_length(),  # length, a step per factor of two
        (size * size + 1).bit_length() // 2,  # length again, with thresholds between those
        count(b"w").bit_length(),  # spaces
        count(b"n").bit_length(),  # lines
        int(digits * scale).bit_length(),  # digits, by share and by count
        digits.bit_length(),
        int(code * scale).bit_length(),  # code punctuation, likewise
        code.bit_length(),
        count(b"q").bit_length(),  # quotes
        int(4 * wide / (size + 1)),  # East Asian characters, in quarters
        int((leads + wide) * scale).bit_length(),  # characters beyond ASCII
        questions.bit_length(),
        _LAST.get(stripped[-1:], 0),  # kind of the last character
        _beginning(stripped[:1]),
    )
    last = STEPS - 1
    return [STEPS * kind + (min(last, step)) for kind, step in enumerate(steps)]


def _beginning(first: str) -> int:
    """Kind of the first character: upper case, lower case, digit, quote or punctuation."""
    if first.isupper():
        return 1
    if first.islower():
        return 2
    return 3 * first.isdigit() + 4 * (first in "\"'“「«`#")
