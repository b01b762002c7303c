"""Answers with several parts: numbered ones, and lists in Chinese."""

# ruff: noqa: RUF001, RUF002 - full-width punctuation is intended

from __future__ import annotations

import re

__all__ = ["is_chinese", "parts_of"]

_MOST_CHARS = 400
_CHINESE = re.compile(r"[\u4e00-\u9fff、，；]")
_LABEL = re.compile(r"[(（]([1-9])[)）]\s*[.．:：]?|([①-⑨])")
_SEPARATOR = re.compile(r"[、，；;\n]|,(?!\d{3}(?!\d))|[和与及](?=\S)")
_ENDS = " \t\n;；,，。.、"


def is_chinese(text: str) -> bool:
    """Whether a text of at most 400 characters has Chinese letters or signs."""
    return len(text) <= _MOST_CHARS and _CHINESE.search(text) is not None


def parts_of(text: str, *, chinese: bool) -> tuple[str, ...] | None:
    """The parts of an answer, in their order; `None`: it has one.

    Args:
        text: More than 400 characters are not read.
        chinese: Whether it may be a list in Chinese.

    Example:
        >>> parts_of("（1）3；（2）-5", chinese=False), parts_of("长江和黄河", chinese=True)
        (('3', '-5'), ('长江', '黄河'))
        >>> parts_of("a, b", chinese=False) is None
        True
    """
    if len(text) > _MOST_CHARS:
        return None
    labels = list(_LABEL.finditer(text))
    places = [int(found[1] or ord(found[2]) - ord("①") + 1) for found in labels]
    if len(places) > 1 and places == [*range(1, len(places) + 1)]:
        if text[: labels[0].start()].strip():
            return None
        ends = [*(found.start() for found in labels[1:]), len(text)]
        pairs = zip(labels, ends, strict=True)
        return _kept([text[found.end() : end] for found, end in pairs])
    return _kept(_SEPARATOR.split(text.strip(_ENDS))) if chinese else None


def _kept(parts: list[str]) -> tuple[str, ...] | None:
    """Parts without the marks after them, if there are several and none is empty."""
    found = tuple(part.strip(_ENDS) for part in parts)
    return found if len(found) > 1 and all(found) else None
