"""Wordings in one language, stored as data and compiled on first use.

As with the classifier's cues, an expression is only searched if one of its trigger texts
occurs, so an ordinary answer takes a few substring searches. Every gap in an expression is
bounded.
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
"""Start of a sentence."""

CLAUSE = r"(?:^|(?<=[.!?:;,…(—–])|(?<=[-.!?:;,…(—–] ))"
"""Start of a sentence, or of a part of one after punctuation."""

NUMBER = r"(?:[-−+$€£√]? ?[\d½⅓¼⅔¾π∞]|[a-z]\^?\d? ?=|e²)"
"""Start of a numeric answer."""

SHORTLY = r"\S*(?: \S{1,6}){0,2}(?=[.!?,;\n]|$)"
"""End of the sentence, or of its part, after at most two short words."""

_OPENERS = " \t.!?:;,\n…(—–、。！？，；（"
_BETWEEN_SENTENCES = re.compile(r"[.!?]\s+|[。！？\n]+")
_LONGEST_SENTENCE_CHARS = 500
_SHORT_CHARS = 800
"""Length up to which all languages are searched, as short texts may lack `needs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A wording in answers.

    Attributes:
        triggers: Lower-case texts, joined by `|`, at least one of which it contains.
        expression: Regular expression for a lower-case sentence.
    """

    triggers: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The wordings of one language.

    Attributes:
        wordings: The wordings to search for.
        voided_by: Expression that voids a later wording in the same sentence: a condition,
            reported speech, a negation.
        needs: Lower-case texts, joined by `|`, one of which occurs in any longer text in the
            language; empty: always search.
        spaced: Whether the language has spaces between words; wordings then start at a word.
    """

    wordings: tuple[Wording, ...]
    voided_by: str
    needs: str = ""
    spaced: bool = True

    def hinted_in(self, text: str) -> list[tuple[Wording, list[str]]]:
        """The wordings with triggers in the lower-case `text`, and these triggers."""
        if len(text) > _SHORT_CHARS and self.needs and not triggered(self.needs, text):
            return []
        hints = ((w, [t for t in pieces(w.triggers) if t in text]) for w in self.wordings)
        return [(wording, found) for wording, found in hints if found]

    def says(self, wording: Wording, sentence: str) -> bool:
        """Whether a lower-case `sentence` has a wording that is not voided."""
        expression = wording.expression
        if self.spaced:
            expression = rf"(?<!\w)(?:{expression})"
        for match in compiled(expression).finditer(sentence):
            words = match.group()
            start = match.start() + len(words) - len(words.lstrip(_OPENERS))
            if compiled(self.voided_by).search(sentence[:start]) is None:
                return True
        return False


def sentences_of(prose: str) -> list[str]:
    """The sentences of `prose`; very long ones are truncated."""
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
    """Split triggers joined by `|`."""
    return tuple(triggers.split("|"))


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """The expression, compiled once."""
    return re.compile(expression)
