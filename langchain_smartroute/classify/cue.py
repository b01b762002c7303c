"""Cues: wording that indicates a task, stored as data and compiled on first use.

A table of regular expressions searched one after another costs milliseconds to
compile and tens of microseconds each to search. A cue therefore names its first words, and its
expression is compiled and searched only if one of them occurs in the text: for most requests
one to three cues of a hundred. Every gap is bounded and its parts are disjoint, so there is no
excessive backtracking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_smartroute.types import Task

__all__ = ["ARTICLE", "NEAR", "NEXT", "WITHIN", "Cue", "CueIndex"]

NEXT = r"\s+"
"""The tail is the next word."""

ARTICLE = r"\s+(?:(?:an?|the)\s+)?"
"""The tail is the next word, an article apart."""

NEAR = r"\s+(?:\S+\s+){0,4}?"
"""At most four words lie between."""

WITHIN = r"[^\n]{0,40}?"
"""At most forty characters of the line lie between."""

_FIRST_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Wording that indicates a task.

    Attributes:
        task: The indicated task.
        heads: First words or stems, as alternatives joined by `|`.
        tails: Regular expression of what must follow; empty: nothing.
        gap: Regular expression of what may stand between head and tail.
        stems: Whether heads are parts of words (for inflected languages, or scripts without
            spaces) instead of whole words.
    """

    task: Task
    heads: str
    tails: str = ""
    gap: str = NEXT
    stems: bool = False

    def found_in(self, text: str) -> bool:
        """Whether the lower-case `text` contains this wording."""
        return _compiled(self).search(text) is not None


@cache
def _compiled(cue: Cue) -> re.Pattern[str]:
    heads = f"(?:{cue.heads})"
    edge = "" if cue.stems else r"\b"
    follows = rf"{cue.gap}(?:{cue.tails})" if cue.tails else ""
    return re.compile(f"{edge}{heads}{follows}{edge}")


class CueIndex:
    """Index of cues by their first words."""

    def __init__(self, cues: Iterable[Cue]) -> None:
        """Index `cues`; nothing is compiled."""
        words: dict[str, list[Cue]] = {}
        stems: dict[str, list[Cue]] = {}
        for cue in cues:
            for head in cue.heads.split("|"):
                key = head if cue.stems else _FIRST_WORD.findall(head)[0]
                entries = (stems if cue.stems else words).setdefault(key, [])
                if cue not in entries:
                    entries.append(cue)
        self._words = words
        self._stems = stems

    def tasks_in(self, text: str) -> list[Task]:
        """The task of each cue found in `text`, once per cue."""
        lowered = text.lower()
        candidates: dict[Cue, None] = {}
        for word in self._words.keys() & set(_FIRST_WORD.findall(lowered)):
            candidates.update(dict.fromkeys(self._words[word]))
        if not lowered.isascii():
            for stem, cues in self._stems.items():
                if stem in lowered:
                    candidates.update(dict.fromkeys(cues))
        return [cue.task for cue in candidates if cue.found_in(lowered)]
