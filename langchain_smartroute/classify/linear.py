"""The default classifier: a multilingual linear model over hashed n-grams.

It was trained on prompts in sixteen languages (see the artefact's card, and
`smartroute evaluate classifier`) and needs numpy alone. The weights are loaded on the first
request, in a few milliseconds, and shared by all instances.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Classification, rounded_shares

if TYPE_CHECKING:
    from langchain_smartroute.classify.request import UserRequest
    from langchain_smartroute.classify.scorer import Scorer
    from langchain_smartroute.types import Difficulty

__all__ = ["LinearClassifier", "read_shipped"]

_SHIPPED = "linear.weights"
_PARTS = 1_000_000
"""Steps from 0 to 1 of a probability."""

_VAGUE = frozenset({"general", "reasoning"})
"""Tasks that say nothing about a follow-up such as "why?", whatever the conversation is about."""

_NAMED_FROM, _NAMED_TO = 0.4, 0.8
"""Probabilities of a follow-up's own task from which it counts partly, and fully."""

_MEDIUM_FROM, _HARD_FROM = 0.4, 1.2
"""Expected levels, from 0 to 2, from which a request counts as medium, and as hard.

Below 0.5 and 1.5, since few of the training prompts are hard. Chosen on
ninety prompts with a person's labels (the tests' `difficulty_prompts.jsonl`).
"""

_SEEING = frozenset({"general", "reasoning", "classification"})
"""Tasks that a request about an image is mostly classified as by its words alone."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class LinearClassifier:
    """Classifies by hashed n-grams, learned from labelled prompts.

    Args:
        path: An artefact of your own, from `smartroute train`; left out: the shipped one.

    Example:
        >>> from langchain_smartroute.classify import LinearClassifier, UserRequest
        >>> request = UserRequest(text="Translate this into French: hi")
        >>> classification = LinearClassifier().classify(request)
        >>> classification.task, classification.difficulty
        ('translation', 'easy')
    """

    inline: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    exact: ClassVar[bool] = True

    path: str | Path | None = None

    def classify(self, request: UserRequest) -> Classification:
        """Classify the request's text, with earlier turns where it is a follow-up."""
        scorer = self._scorer()
        scores = scorer.scores(request.text)
        tasks = scorer.artefact.tasks
        shares = _softmax(scores[: len(tasks)])
        if request.earlier:
            shares = _in_conversation(shares, request, scorer)
        by_task = dict(zip(tasks, shares, strict=True))
        if "image" in request.modalities:
            by_task = _about_image(by_task)
        return Classification(
            scores=rounded_shares(by_task, parts=_PARTS),
            difficulty=_level(scores[len(tasks) :], scorer.artefact.levels),
            source="linear",
        )

    def load(self) -> LinearClassifier:
        """Read the artefact now rather than at the first request.

        Raises:
            ConfigurationError: If the file cannot be read, is damaged, or is none.
        """
        self._scorer()
        return self

    @property
    def card(self) -> Mapping[str, Any]:
        """The artefact's model card: version, training data, licences, evaluation.

        Raises:
            ConfigurationError: As for `load`.
        """
        artefact = self._scorer().artefact
        return {"version": artefact.version, "tasks": artefact.tasks, **artefact.card}

    def _scorer(self) -> Scorer:
        return _loaded(None if self.path is None else str(self.path))


@lru_cache(maxsize=8)
def _loaded(path: str | None) -> Scorer:
    """The scorer of a file; `None`: the shipped one."""
    # numpy is imported here, on the first request.
    from langchain_smartroute.classify.scorer import Scorer  # noqa: PLC0415

    if path is None:
        return read_shipped()
    try:
        return Scorer.of_bytes(Path(path).read_bytes(), name=path)
    except OSError as error:
        raise ConfigurationError(
            f"classifier = {path!r}: cannot be read ({error.strerror}); correct the path"
        ) from error


def read_shipped() -> Scorer:
    """Read the weights that came with the package."""
    from langchain_smartroute.classify.scorer import Scorer  # noqa: PLC0415 - as above

    content = resources.files(__package__).joinpath(_SHIPPED).read_bytes()
    return Scorer.of_bytes(content, name=_SHIPPED)


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _in_conversation(shares: list[float], request: UserRequest, scorer: Scorer) -> list[float]:
    """Probabilities of a follow-up: the earlier turns', unless it clearly has a task of its own."""
    tasks = scorer.artefact.tasks
    before = list(shares)
    for number, earlier in enumerate(request.earlier):
        shares_of_turn = _softmax(scorer.scores(earlier)[: len(tasks)])
        before = shares_of_turn if not number else _mixed(before, shares_of_turn, tasks)
    return _mixed(before, shares, tasks)


def _mixed(before: Sequence[float], after: Sequence[float], tasks: Sequence[str]) -> list[float]:
    """Mix two turns; the later one's weight grows with the probability of a task of its own."""
    own_task = max((s for s, t in zip(after, tasks, strict=True) if t not in _VAGUE), default=0.0)
    weight = min(1.0, max(0.0, (own_task - _NAMED_FROM) / (_NAMED_TO - _NAMED_FROM)))
    return [(1 - weight) * b + weight * n for b, n in zip(before, after, strict=True)]


def _about_image(shares: Mapping[str, float]) -> dict[str, float]:
    """With an image, count general, reasoning and classification as vision."""
    vision = sum(share for task, share in shares.items() if task in _SEEING or task == "vision")
    others = {task: 0.0 if task in _SEEING else share for task, share in shares.items()}
    return {**others, "vision": vision}


def _level(scores: Sequence[float], levels: Sequence[str]) -> Difficulty | None:
    """The level by the expected one; `None` where difficulty was not trained."""
    if not levels:
        return None
    expected = sum([place * share for place, share in enumerate(_softmax(scores))])
    return cast("Difficulty", levels[(expected >= _MEDIUM_FROM) + (expected >= _HARD_FROM)])
