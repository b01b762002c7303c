"""The pattern classifier: the published design's baseline, without any dependency.

It is there for installations without numpy and as the yardstick for the others.
The score of a task is the number of its cues that the text has; the highest wins;
without any it is `general`. Scores become probabilities by

    p(task) = 2 · score / (2 · sum of scores + 1),   p(general) = 1 / (the same)

so one cue alone means 67 %, two cues of one task 80 %, and a tie splits evenly.
Of equal tasks the first in `TIE_ORDER` wins: what is rarer and more specific.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from langchain_smartroute.classify.characters import window
from langchain_smartroute.classify.cue import CueIndex
from langchain_smartroute.classify.english import ADDED, REFERENCE
from langchain_smartroute.classify.languages import LANGUAGES
from langchain_smartroute.types import Classification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.classify.request import UserRequest
    from langchain_smartroute.types import Task

__all__ = ["TIE_ORDER", "PatternClassifier"]

TIE_ORDER: tuple[Task, ...] = (
    "vision",
    "code",
    "math",
    "translation",
    "summarization",
    "extraction",
    "creative",
    "classification",
    "reasoning",
    "general",
)

_ON_IMAGES = frozenset({"code", "math", "translation", "summarization", "extraction", "creative"})
"""Tasks that a request may clearly ask for about an image; others are seeing itself."""

_UNCLEAR_IN_FOLLOW_UP = frozenset({"general", "reasoning"})
"""What a follow-up such as "why?" looks like, whatever the conversation is about."""


@cache
def _index() -> CueIndex:
    return CueIndex((*REFERENCE, *ADDED, *LANGUAGES))


@dataclass(frozen=True, slots=True)
class PatternClassifier:
    """Classifies by wording, in eleven languages.

    Example:
        >>> from langchain_smartroute.classify import PatternClassifier, UserRequest
        >>> PatternClassifier().classify(UserRequest(text="Translate this into French")).task
        'translation'
    """

    inline: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    def classify(self, request: UserRequest) -> Classification:
        """Score the request's text; a follow-up that is unclear alone takes the earlier task."""
        scores = _scores(request.text, sees_image="image" in request.modalities)
        if _winner(scores) in _UNCLEAR_IN_FOLLOW_UP:
            for earlier in reversed(request.earlier):
                before = _scores(earlier)
                if before:
                    scores = before
                    break
        return Classification(scores=_probabilities(scores), source="patterns")


def _scores(text: str, *, sees_image: bool = False) -> dict[Task, float]:
    """Task → number of its cues in `text`, tasks without any left out.

    With an image a score of one goes to vision; tasks that can be done on an image
    count double, so that one clear cue wins, and those that are seeing itself
    ("explain", "classify") half.
    """
    scores: dict[Task, float] = {}
    for task in _index().tasks_in(window(text)):
        scores[task] = scores.get(task, 0) + 1
    if not sees_image:
        return scores
    weighed = {t: s * (2 if t in _ON_IMAGES or t == "vision" else 0.5) for t, s in scores.items()}
    return {**weighed, "vision": weighed.get("vision", 0) + 1}


def _winner(scores: Mapping[Task, float]) -> Task:
    return max(TIE_ORDER, key=lambda task: scores.get(task, 0)) if scores else "general"


def _probabilities(scores: Mapping[Task, float]) -> dict[str, float]:
    """All ten tasks, in the order in which ties are broken; they sum to one."""
    total = 2 * sum(scores.values()) + 1
    return {
        task: (1 if task == "general" else 2 * scores.get(task, 0)) / total for task in TIE_ORDER
    }
