"""Feature hashing: character and word n-grams of a text.

Everything is integer arithmetic on whole arrays, modulo 2³², so that the same
text gives the same features on every platform, in some fifty numpy calls. Three parts of a text
have separate features: the whole (in a bounded window), the first and the last words. Requests
are mostly stated there, so a page pasted between them has no more weight than the request about
it.

In scripts with spaces words are separated by them; each Chinese character or kana is a word of
its own, so word pairs are character pairs there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.characters import HEAD_CHARS, TAIL_CHARS, window
from langchain_smartroute.classify.form import form_of

__all__ = ["BITS", "BLOCKS", "Hashed", "hashed"]

BITS = 16
"""Features are numbered from 0 to 2 ** BITS - 1."""

BLOCKS = ("characters", "words", "opening", "closing", "form")
"""The blocks of features; each has its own weight and is normalised by its size."""

EDGE_WORDS = 12
"""Number of words in the opening and in the closing."""

_LONGEST = 4
_EDGE_ORDERS = (3, 4)
_UNITS = 0x10000
_SEPARATOR, _LETTER, _WHOLE = 0, 1, 2
"""Kinds of UTF-16 code units: separator, part of a word, word of its own."""

_Codes = npt.NDArray[np.uint32]


class Hashed(NamedTuple):
    """The features of a text.

    Attributes:
        indices: Indices of the features, block by block, with repetitions.
        starts: Offset of each block; no block is empty.
        sizes: Number of features of each block.
    """

    indices: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    sizes: npt.NDArray[np.intp]


def _u32(value: int) -> _Codes:
    """A constant. As an array of no dimension, since numpy would convert a scalar at each use."""
    return np.array(value & 0xFFFFFFFF, np.uint32)


_STEP = _u32(0x0100_0193 * 3)
_WORD_STEP = 0x85EB_CA6B
_PAIR_STEP = _u32(0xC2B2_AE35)
_MIX = (_u32(0x9E37_79B1), _u32(0x2C1B_3C6D))
_SALTS = np.array([0, 0x5BD1_E995, 0x27D4_EB2F, 0x1656_67B1, 0x9E3D_79F9], np.uint32)
"""Salts that separate the blocks' features."""

_FOLD_SHIFT = _u32(15)
_BUCKET_SHIFT = _u32(32 - BITS)
_CONSTANT = np.array([0xFFFF_FFFF], np.uint32)
_MOST_UNITS = 2 * (HEAD_CHARS + TAIL_CHARS + 1) + 2


def _powers(base: int) -> _Codes:
    values, value = [], 1
    for _ in range(_MOST_UNITS + 1):
        values.append(value)
        value = value * base & 0xFFFFFFFF
    return np.array(values, np.uint32)


_POWERS = _powers(_WORD_STEP)
_INVERSES = _powers(pow(_WORD_STEP, -1, 2**32))


def _kinds() -> npt.NDArray[np.uint8]:
    """Code unit → kind. Anything but punctuation, symbols and spaces counts as a letter."""
    kinds = np.full(_UNITS, _LETTER, np.uint8)
    for first, last in (
        (0x00, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9),
        (0xBB, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x60C, 0x60C), (0x61B, 0x61B), (0x61F, 0x61F),
        (0x964, 0x965), (0x2000, 0x206F), (0x2190, 0x2BFF), (0x3000, 0x3004), (0x3008, 0x3020),
        (0xD800, 0xF8FF), (0xFE00, 0xFE6F), (0xFF00, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40),
        (0xFF5B, 0xFF65),
    ):  # fmt: skip
        kinds[first : last + 1] = _SEPARATOR
    for first, last in ((0x2E80, 0x2FFF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF)):
        kinds[first : last + 1] = _WHOLE
    return kinds


def _folds() -> _Codes:
    """Code unit → code: one for all digits, one for all spaces, ASCII for full-width forms."""
    folds = np.arange(_UNITS, dtype=np.uint32)
    folds[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    for zero in (0x30, 0x660, 0x6F0, 0x966, 0xFF10):
        folds[zero : zero + 10] = 0x30
    folds[[0x09, 0x0B, 0x0C, 0x0D, 0xA0, 0x3000]] = 0x20
    return folds


_KINDS = _kinds()
_FOLDS = _folds()
_INNER = _FOLDS * (_KINDS != _SEPARATOR)
"""Code unit → code within a word, 0 between words."""

_ASCII_TABLES = tuple(bytes(table[:256].astype(np.uint8)) for table in (_KINDS, _INNER, _FOLDS))
"""The same for ASCII, as tables of `bytes.translate`, which is faster than numpy's `take`."""


def hashed(text: str) -> Hashed:
    """The features of `text`; of a long text the window is read. Never raises."""
    seen = window(text)
    is_ascii = seen.isascii()
    kinds, inner, folded = _codes(f"\n{seen.lower()}\n", is_ascii=is_ascii)
    starts = _word_starts(kinds, has_whole=not is_ascii)
    words = _words(inner, starts)
    pairs = words[:-1] * _PAIR_STEP
    pairs += words[1:]
    grams = [folded]
    for order in range(2, _LONGEST + 1):
        grown = grams[-1][:-1] * _STEP
        grown += grams[0][order - 1 :]
        grams.append(grown)
    many = len(starts) > EDGE_WORDS
    opens = int(starts[EDGE_WORDS]) if many else len(folded)
    closes = int(starts[-EDGE_WORDS]) - 1 if many else 0
    return _numbered(
        grams,
        [words, pairs],
        [
            words[:EDGE_WORDS],
            pairs[: EDGE_WORDS - 1],
            *(grams[order - 1][: max(0, opens - order + 1)] for order in _EDGE_ORDERS),
        ],
        [
            words[-EDGE_WORDS:],
            pairs[1 - EDGE_WORDS :],
            *(grams[order - 1][closes:] for order in _EDGE_ORDERS),
        ],
        [np.array(form_of(seen), np.uint32)],
    )


def _codes(text: str, *, is_ascii: bool) -> tuple[npt.NDArray[np.uint8], _Codes, _Codes]:
    """The kind, the code within a word and the code of each code unit."""
    if is_ascii:
        content = text.encode("ascii")
        kinds, inner, folded = (
            np.frombuffer(content.translate(table), np.uint8) for table in _ASCII_TABLES
        )
        return kinds, inner.astype(np.uint32), folded.astype(np.uint32)
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    units = units[:_MOST_UNITS].astype(np.intp)
    return _KINDS.take(units), _INNER.take(units), _FOLDS.take(units)


def _word_starts(kinds: npt.NDArray[np.uint8], *, has_whole: bool) -> npt.NDArray[np.intp]:
    """Start of each word; the first code unit is a separator.

    Args:
        kinds: Kinds of all code units.
        has_whole: Whether there may be code units that are words of their own.
    """
    after = kinds[1:]
    if has_whole:
        begins = after != kinds[:-1]
        begins |= after == _WHOLE
        begins &= after != _SEPARATOR
    else:
        begins = after > kinds[:-1]
    found: npt.NDArray[np.intp] = begins.nonzero()[0]
    found += 1
    return found


def _words(inner: _Codes, starts: npt.NDArray[np.intp]) -> _Codes:
    """A position-independent polynomial hash per word.

    Each code is multiplied by the power of its position, with 0 for separators; the inverse
    power of a word's start makes the sum independent of its position.
    """
    inner *= _POWERS[: len(inner)]
    words: _Codes = np.add.reduceat(inner, starts, dtype=np.uint32)
    words *= _INVERSES.take(starts)
    return words


def _numbered(*blocks: list[_Codes]) -> Hashed:
    """Hash every block, in the order of `BLOCKS`.

    Each block starts with a constant feature, so that none is empty.
    """
    pieces: list[_Codes] = []
    starts, sizes, begin = [], [], 0
    for parts in blocks:
        pieces.append(_CONSTANT)
        pieces += parts
        size = 1 + sum(map(len, parts))
        starts.append(begin)
        sizes.append(size)
        begin += size
    placed = np.array((starts, sizes), np.intp)
    keys = np.concatenate(pieces)
    keys ^= _SALTS.repeat(placed[1])
    keys *= _MIX[0]
    keys ^= keys >> _FOLD_SHIFT
    keys *= _MIX[1]
    keys >>= _BUCKET_SHIFT
    return Hashed(keys.astype(np.intp), placed[0], placed[1])
