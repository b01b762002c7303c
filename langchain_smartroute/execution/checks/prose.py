"""The text of an answer for checks: bounded, without reasoning, code and quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from langchain_core.messages import AIMessage

__all__ = ["answer_text", "as_prose", "head_and_tail", "plain"]

_TEXT_TYPES = frozenset({"text", "output_text"})
_THOUGHT, _THOUGHT_END = "<think>", "</think>"

_STRAIGHT = (("\u2019", "'"), ("\u2018", "'"), ("\u00a0", " "), ("\u202f", " "))

# Each alternative starts with a literal character, which makes the search fast.
_NOT_PROSE = re.compile(
    r"```[\s\S]*?(?:\n {0,3}```|\Z)|~~~[\s\S]*?(?:\n {0,3}~~~|\Z)"
    r"|\n[ \t]{0,20}>[^\n]*"
    r"|`[^`\n]{1,200}`"
    r'|"[^"\n]{1,400}"'
    r"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»|»[^«\n]{1,400}«"
    r"|「[^」\n]{1,400}」|『[^』\n]{1,400}』|《[^》\n]{1,100}》"
    r"|'(?<!\w')[^'\n]{1,200}(?:'\w[^'\n]{1,200}){0,6}'(?!\w)"
)
"""Fenced blocks, quoted lines, inline code and quotations."""


def answer_text(answer: AIMessage) -> str:
    """The text of an answer: its text blocks, without reasoning. Never raises.

    Reasoning inside the text (`<think>…</think>` at the start) is not part of the answer; if it
    has no end, there is no answer.
    """
    content = answer.content
    text = content if isinstance(content, str) else "".join(_texts(content))
    start = len(text) - len(text.lstrip())
    if not text.startswith(_THOUGHT, start):
        return text
    end = text.find(_THOUGHT_END, start)
    return "" if end < 0 else text[end + len(_THOUGHT_END) :]


def _texts(blocks: object) -> Iterator[str]:
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, str):
            yield block
        elif isinstance(block, dict) and str(block.get("type", "text")) in _TEXT_TYPES:
            text = block.get("text")
            if isinstance(text, str):
                yield text


def head_and_tail(text: str, chars: int) -> str:
    """The first and the last `chars` characters of `text`."""
    if len(text) <= 2 * chars:
        return text
    return f"{text[:chars]}\n{text[-chars:]}"


def plain(text: str) -> str:
    """`text` in lower case, with straight apostrophes and plain spaces, without bold marks."""
    for mark, straight in (*_STRAIGHT, ("*", ""), ("__", "")):
        text = text.replace(mark, straight)
    return text.lower()


def as_prose(plain_text: str) -> str:
    """A result of `plain` with code and quotations replaced by “…”."""
    return _NOT_PROSE.sub("…", f"\n{plain_text}")
