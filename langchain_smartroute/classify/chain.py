"""A chain of classifiers: the next one is run where the previous one is unsure.

The first classifier is fast and free; a judge or an embedding costs time or money. So the next
one is run only where the two most likely tasks have close probabilities, with a time limit. If
it fails, the previous result is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TYPE_CHECKING, ClassVar

from langchain_smartroute.classify.base import (
    Attempted,
    Classifier,
    ClassifierLike,
    as_classifier,
    attempted,
    attempted_async,
    name_of,
)
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Classification

if TYPE_CHECKING:
    from langchain_smartroute.classify.request import UserRequest

__all__ = ["ClassifierChain"]


@dataclass(frozen=True, slots=True, weakref_slot=True, init=False)
class ClassifierChain:
    """Asks one classifier after another until one is sure.

    Args:
        *stages: Classifiers, or callables on the text; the cheapest first.
        margin: Difference in probability between the two most likely tasks from which on no
            further classifier is run.
        timeout_s: Seconds that each stage after the first may take; the attribute is
            `stage_timeout_s`.

    Raises:
        ConfigurationError: If there is no stage, or a number is out of range.

    Example:
        >>> from langchain_smartroute.classify import ClassifierChain, UserRequest
        >>> def unsure(text):
        ...     return {"code": 0.5, "general": 0.5}
        >>> chain = ClassifierChain(unsure, lambda text: "math", margin=0.2)
        >>> classification = chain.classify(UserRequest(text="2 + 2"))
        >>> classification.task, classification.source
        ('math', 'unsure → <lambda>')
    """

    bounded: ClassVar[bool] = True

    stages: tuple[Classifier, ...]
    margin: float
    stage_timeout_s: float

    def __init__(
        self, *stages: ClassifierLike, margin: float = 0.25, timeout_s: float = 3.0
    ) -> None:
        if not stages:
            raise ConfigurationError("ClassifierChain(): has no stage; give at least one")
        if not 0 <= margin <= 1:
            raise ConfigurationError(f"margin = {margin!r}: must lie between 0 and 1")
        if not timeout_s > 0:
            raise ConfigurationError(f"timeout_s = {timeout_s!r}: must be more than 0 seconds")
        object.__setattr__(self, "stages", tuple(as_classifier(stage) for stage in stages))
        object.__setattr__(self, "margin", margin)
        object.__setattr__(self, "stage_timeout_s", timeout_s)

    def classify(self, request: UserRequest) -> Classification:
        """Run the stages in turn; failed ones are named in the source."""
        classification: Classification | None = None
        for stage, limit in self._asked():
            classification = _joined(
                classification, attempted(stage, request, timeout_s=limit), stage
            )
            if self._is_sure(classification):
                break
        return _known(classification)

    async def aclassify(self, request: UserRequest) -> Classification:
        """The asynchronous form of `classify`."""
        classification: Classification | None = None
        for stage, limit in self._asked():
            classification = _joined(
                classification, await attempted_async(stage, request, timeout_s=limit), stage
            )
            if self._is_sure(classification):
                break
        return _known(classification)

    def _asked(self) -> Iterator[tuple[Classifier, float | None]]:
        """The stages with their time limits; the first uses its own."""
        for number, stage in enumerate(self.stages):
            yield stage, self.stage_timeout_s if number else None

    def _is_sure(self, classification: Classification) -> bool:
        best = [*nlargest(2, classification.scores.values()), 0.0, 0.0]
        return bool(classification.scores) and best[0] - best[1] >= self.margin


def _joined(
    before: Classification | None, classification: Attempted, stage: Classifier
) -> Classification:
    """The later result, or the previous one with the later stage's failure in its source."""
    prefix = f"{before.source} → " if before is not None else ""
    if not isinstance(classification, Classification):
        fault = f"{prefix}{name_of(stage)}: failed ({type(classification).__name__})"
        known = before or Classification(scores={})
        return replace(known, source=fault)
    level = classification.difficulty or (before.difficulty if before is not None else None)
    return replace(classification, source=f"{prefix}{classification.source}", difficulty=level)


def _known(classification: Classification | None) -> Classification:
    """The final result; `general` where every stage failed."""
    if classification is None or not classification.scores:
        return Classification(
            scores={"general": 1.0}, source=classification.source if classification else ""
        )
    return classification
