"""A cue: wording that points to a task, kept as data and compiled when first needed.

A table of regular expressions searched one after another costs milliseconds to
compile and tens of microseconds each to search. A cue therefore names the words
that it begins with; only when one of them occurs in the text is its expression
compiled and tried, which for most requests means one to three of a hundred.
Every gap is bounded and its parts are disjoint, so no text makes one backtrack.
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
    """Wording that points to a task.

    Attributes:
        task: The task it points to.
        heads: Words or stems that it begins with, as alternatives joined by `|`.
        tails: What must follow, as an expression; empty: the head is enough.
        gap: What may lie between head and tail.
        stems: Whether heads are pieces of words (languages that inflect or write
            without spaces) and not whole words.
    """

    task: Task
    heads: str
    tails: str = ""
    gap: str = NEXT
    stems: bool = False

    def found_in(self, text: str) -> bool:
        """Whether the lower-case `text` has this wording."""
        return _compiled(self).search(text) is not None


@cache
def _compiled(cue: Cue) -> re.Pattern[str]:
    heads = f"(?:{cue.heads})"
    edge = "" if cue.stems else r"\b"
    follows = rf"{cue.gap}(?:{cue.tails})" if cue.tails else ""
    return re.compile(f"{edge}{heads}{follows}{edge}")


class CueIndex:
    """Cues by the words that they begin with."""

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
