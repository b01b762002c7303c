"""Wordings: what answers say in one language, kept as data and compiled when first needed.

As with the classifier's cues, an expression is only tried where one of its plain
triggers occurs, so an ordinary answer costs a few substring searches. Every gap in
an expression is bounded.
"""

# ruff: noqa: RUF001 - the punctuation of the languages read here

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = [
    "CLAUSE",
    "NUMBER",
    "SENTENCE",
    "SHORTLY",
    "Language",
    "Wording",
    "compiled",
    "triggered",
]

SENTENCE = r"(?:^|(?<=[.!?:…(])|(?<=[-.!?:…(] ))"
"""A sentence begins here."""

CLAUSE = r"(?:^|(?<=[.!?:;,…(—–])|(?<=[-.!?:;,…(—–] ))"
"""A sentence or a part of one, set off by punctuation, begins here."""

NUMBER = r"(?:[-−+$€£√]? ?[\d½⅓¼⅔¾π∞]|[a-z]\^?\d? ?=|e²)"
"""What an answer in figures begins with."""

SHORTLY = r"\S*(?: \S{1,6}){0,2}(?=[.!?,;\n]|$)"
"""The sentence, or its part, ends within two short words."""

_OPENERS = " \t.!?:;,\n…(—–、。！？，；（"
_BETWEEN_SENTENCES = re.compile(r"[.!?]\s+|[。！？\n]+")
_LONGEST_SENTENCE_CHARS = 500
_SHORT_CHARS = 800
"""Up to here all languages are looked for: a sentence or two may lack `needs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Something that answers say.

    Attributes:
        triggers: Pieces of lower-case text, joined by `|`, one of which it holds.
        expression: What it looks like in a lower-case sentence.
    """

    triggers: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The wordings of one language.

    Attributes:
        wordings: What is looked for.
        voided_by: What takes the meaning away where it stands before a wording in the
            same sentence: a condition, a report of what others say, a negation.
        needs: Pieces of lower-case text, joined by `|`, one of which any longer text in
            the language has; empty: it is always looked for.
        spaced: Whether it puts spaces between words; a wording then begins at a word.
    """

    wordings: tuple[Wording, ...]
    voided_by: str
    needs: str = ""
    spaced: bool = True

    def hinted_in(self, text: str) -> list[tuple[Wording, list[str]]]:
        """The wordings of which the lower-case `text` has a trigger, with those it has."""
        if len(text) > _SHORT_CHARS and self.needs and not triggered(self.needs, text):
            return []
        hints = ((w, [t for t in pieces(w.triggers) if t in text]) for w in self.wordings)
        return [(wording, found) for wording, found in hints if found]

    def says(self, wording: Wording, sentence: str) -> bool:
        """Whether a lower-case `sentence` has a wording of this language, and means it."""
        expression = wording.expression
        if self.spaced:
            expression = rf"(?<!\w)(?:{expression})"
        for match in compiled(expression).finditer(sentence):
            said = match.group()
            start = match.start() + len(said) - len(said.lstrip(_OPENERS))
            if compiled(self.voided_by).search(sentence[:start]) is None:
                return True
        return False


def sentences_of(prose: str) -> list[str]:
    """The sentences of `prose`, overlong ones cut off."""
    parts = _BETWEEN_SENTENCES.split(prose)
    return [part[:_LONGEST_SENTENCE_CHARS] for part in parts if part]


def triggered(triggers: str, text: str) -> bool:
    """Whether one of `triggers`, joined by `|`, occurs in `text`."""
    for trigger in pieces(triggers):  # noqa: SIM110 - most answers are looked at, in half the time
        if trigger in text:
            return True
    return False


@cache
def pieces(triggers: str) -> tuple[str, ...]:
    """The single triggers of those joined by `|`."""
    return tuple(triggers.split("|"))


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """The expression, compiled once."""
    return re.compile(expression)
