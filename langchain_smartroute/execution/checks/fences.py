"""Parses fenced code blocks, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

__all__ = ["MOST_FENCES", "Block", "blocks_of"]

_FENCE = re.compile(r"(?<![`~])([`~][`~]{2,}+)[ \t]{0,20}([^`\n]{0,200})$", re.MULTILINE)
_INDENT_CHARS = 20
_HOLDS_FENCES = frozenset({"markdown", "md", "mdx", "text", "txt"})
MOST_FENCES = 1_000
"""Maximum number of fences read in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block.

    Attributes:
        language: The first word after the fence, lower case; often empty.
        code: The content without the fences.
        closed: Whether it has a closing fence.
    """

    language: str
    code: str
    closed: bool = True


@dataclass(slots=True)
class _Open:
    mark: str
    language: str
    start: int
    inner: int = 0

    def closes(self, mark: str, info: str) -> bool:
        """Whether this fence line ends the block; nested fences are counted."""
        if mark[0] != self.mark[0] or len(mark) < len(self.mark):
            return False
        if info:
            self.inner += self.language in _HOLDS_FENCES
            return False
        if self.inner:
            self.inner -= 1
            return False
        return True


def blocks_of(text: str) -> Iterator[Block]:
    """The fenced blocks of `text`, at most its first five hundred.

    A nested block is part of the outer one. A single fence at the end is not a block.
    """
    current: _Open | None = None
    for fence in islice(_fences(text), MOST_FENCES):
        mark, info = fence.group(1), fence.group(2).strip()
        if current is None:
            language = info.split(" ", 1)[0].strip("{}.:,").lower()
            current = _Open(mark=mark, language=language, start=fence.end() + 1)
        elif current.closes(mark, info):
            yield Block(language=current.language, code=text[current.start : fence.start()])
            current = None
    if current is not None and text[current.start :].strip():
        yield Block(language=current.language, code=text[current.start :], closed=False)


def _fences(text: str) -> Iterator[re.Match[str]]:
    """The fences of `text`, with only white space or `>` before them in their line."""
    if "```" not in text and "~~~" not in text:
        return
    for fence in _FENCE.finditer(text):
        before = text[max(0, fence.start() - _INDENT_CHARS) : fence.start()]
        same = len(set(fence.group(1))) == 1
        if same and not before.rpartition("\n")[2].strip(" \t>"):
            yield fence
