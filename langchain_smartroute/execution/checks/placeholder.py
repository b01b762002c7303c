"""The placeholder check: code with parts left out.

The reference design rejects code answers with a `TODO` or the word "placeholder".
Taken literally that rejects a to-do application, an HTML attribute and a sentence
about SQL parameters; here they count where they stand in for code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify import user_request
from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.prose import answer_text, head_and_tail

__all__ = ["PlaceholderCheck"]

_WINDOW_CHARS = 20_000

_COMMENT = r"(?:#|//|/\*|<!--|--|;|%|\"\"\"|^[ \t]*\*)"
_TODO = re.compile(
    rf"{_COMMENT}[^\n]{{0,80}}?\bTODO\b|^\W{{0,8}}TODO\b(?:[ \t]*[:(\-–—]|\W{{0,4}}$)"
    r"|(?:Error|Exception|panic!?)\(\W{0,4}TODO\b|\btodo!\(",
    re.MULTILINE,
)
_WORD = re.compile(
    rf"{_COMMENT}[^\n]{{0,80}}?\bplaceholder\b(?![-_=:(]|s| (?:text|attribute|label"
    rf"|colou?r|style|image|syntax|prop|key)\b)"
    r"|^\W{0,8}placeholder\W{0,4}$|\breturn\s{1,4}[\"'(]{0,2}placeholder\b"
    r"|\b(?:is|are|as|just|only|remains?|returns?) (?:just |only |currently "
    r"|still )?an? (?:simple )?placeholder\b(?! (?:text|attribute|label|image)\b)"
    r"|\bplaceholder (?:implementation|logic|function|method|body|code|for (?:the"
    r"|your) (?:actual|real|missing))\b",
    re.MULTILINE | re.IGNORECASE,
)
_TODO_ASKED = re.compile(r"to-?do", re.IGNORECASE)
_WORD_ASKED = re.compile(r"placeholder|skeleton|stub|template|boilerplate|scaffold", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlaceholderCheck(BuiltinCheck):
    r"""Rejects code whose work is left out: a `TODO`, or a "placeholder" in its place.

    Both count in comments, on a line of their own and where code returns them, not
    as an attribute (`placeholder="Name"`), in a sentence about something else, or
    where the user's request itself has the word. Reads the first and the last
    20,000 characters.

    Example:
        >>> PlaceholderCheck()([], AIMessage("def area(r):\n    # TODO: implement\n    pass"))
        'placeholder: TODO'
        >>> PlaceholderCheck()([], AIMessage('<input placeholder="Name">'))
    """

    name: ClassVar[str] = "placeholder"
    tasks: ClassVar[frozenset[str] | None] = frozenset({"code"})

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
        """Return the placeholder found, or `None`."""
        text = head_and_tail(answer_text(answer), _WINDOW_CHARS)
        todo = "TODO" in text or "todo!" in text
        word = "placeholder" in text or "Placeholder" in text or "PLACEHOLDER" in text
        if not (todo or word):
            return None
        asked = user_request(messages).full_text
        if todo and _TODO.search(text) and not _TODO_ASKED.search(asked):
            return "placeholder: TODO"
        if word and _WORD.search(text) and not _WORD_ASKED.search(asked):
            return "placeholder: word"
        return None
