"""The pattern classifier: the published design's baseline, without any dependency.

It serves installations without numpy, and as the baseline for other classifiers.
The score of a task is the number of its cues in the text; the task with the highest score is
chosen, or `general` without any. Scores become probabilities by

    p(task) = 2 · score / (2 · sum of scores + 1),   p(general) = 1 / (the same)

so one cue alone means 67 %, two cues of one task 80 %, and a tie splits evenly.
Ties are broken by `TIE_ORDER`, which puts rarer and more specific tasks first.
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
"""Tasks that a request can clearly ask for about an image; others count as vision."""

_UNCLEAR_IN_FOLLOW_UP = frozenset({"general", "reasoning"})
"""Tasks that say nothing about a follow-up such as "why?", whatever the conversation is about."""


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
        """Classify the request's text; an unclear follow-up takes the earlier task."""
        scores = _scores(request.text, sees_image="image" in request.modalities)
        if _winner(scores) in _UNCLEAR_IN_FOLLOW_UP:
            for earlier in reversed(request.earlier):
                before = _scores(earlier)
                if before:
                    scores = before
                    break
        return Classification(scores=_probabilities(scores), source="patterns")


def _scores(text: str, *, sees_image: bool = False) -> dict[Task, float]:
    """Task → number of its cues in `text`, without tasks that have none.

    With an image vision gets a score of one. Tasks that can be done on an image count double,
    so that one clear cue wins; those that are part of vision ("explain", "classify") count
    half.
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
    """Probabilities of all ten tasks, in the order of `TIE_ORDER`."""
    total = 2 * sum(scores.values()) + 1
    return {
        task: (1 if task == "general" else 2 * scores.get(task, 0)) / total for task in TIE_ORDER
    }
