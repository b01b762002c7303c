"""Classification by similarity to examples, with any LangChain embedding model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import TYPE_CHECKING, Any

from langchain_smartroute.classify.prototypes import PROTOTYPES
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Classification, new_lock

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from langchain_smartroute.classify.request import UserRequest

__all__ = ["EmbeddingClassifier"]

_NEAREST = 2
"""Number of a task's nearest examples that are averaged; a mean over all is less precise."""


@dataclass(slots=True, weakref_slot=True, kw_only=True)
class _Learnt:
    """The examples as unit vectors, by task."""

    vectors: Mapping[str, Sequence[Sequence[float]]] | None = None
    lock: Any = field(default_factory=new_lock)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class EmbeddingClassifier:
    """Classifies a request by the examples that it is most similar to.

    The examples are embedded at the first request, in one call, and kept.

    Args:
        embeddings: Any LangChain embedding model.
        examples: Task → a handful of prompts; left out: the package's own, in English.
        sharpness: How fast similarity turns into probability: a task whose similarity is
            greater by one is e to this power times as likely.
        timeout_s: Seconds that a request may take.

    Raises:
        ConfigurationError: If there is no example, or a task without one.

    Example:
        >>> from langchain_core.embeddings import Embeddings
        >>> from langchain_smartroute.classify import EmbeddingClassifier, UserRequest
        >>> class Letters(Embeddings):
        ...     def embed_documents(self, texts):
        ...         return [[text.count(letter) + 0.1 for letter in "aeiou"] for text in texts]
        ...     def embed_query(self, text):
        ...         return self.embed_documents([text])[0]
        >>> examples = {"code": ["a b a"], "math": ["o o u"]}
        >>> EmbeddingClassifier(Letters(), examples).classify(UserRequest(text="a a")).task
        'code'
    """

    embeddings: Embeddings
    examples: Mapping[str, Sequence[str]] = field(default_factory=lambda: PROTOTYPES)
    sharpness: float = 20.0
    timeout_s: float = 5.0
    learnt_: _Learnt = field(default_factory=_Learnt, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Validate the examples."""
        empty = [
            task for task, texts in self.examples.items() if isinstance(texts, str) or not texts
        ]
        if not self.examples or empty:
            raise ConfigurationError(
                f"examples of {', '.join(empty) or 'no task'}: give a list of prompts for each task"
            )

    def classify(self, request: UserRequest) -> Classification:
        """Classify by similarity to every task's examples."""
        with self.learnt_.lock:
            if self.learnt_.vectors is None:
                self._learn(self.embeddings.embed_documents(self._texts()))
        return self._compared(self.embeddings.embed_query(request.full_text))

    async def aclassify(self, request: UserRequest) -> Classification:
        """The asynchronous form of `classify`."""
        if self.learnt_.vectors is None:
            self._learn(await self.embeddings.aembed_documents(self._texts()))
        return self._compared(await self.embeddings.aembed_query(request.full_text))

    def _texts(self) -> list[str]:
        return [text for texts in self.examples.values() for text in texts]

    def _learn(self, vectors: Sequence[Sequence[float]]) -> None:
        waiting = iter(vectors)
        self.learnt_.vectors = {
            task: [_of_length_one(next(waiting)) for _ in texts]
            for task, texts in self.examples.items()
        }

    def _compared(self, vector: Sequence[float]) -> Classification:
        unit_vector = _of_length_one(vector)
        likeness = {}
        for task, known in (self.learnt_.vectors or {}).items():
            found = sorted((sum(map(mul, unit_vector, v)) for v in known), reverse=True)[:_NEAREST]
            likeness[task] = sum(found) / len(found)
        highest = max(likeness.values())
        powers = {t: math.exp(self.sharpness * (s - highest)) for t, s in likeness.items()}
        total = sum(powers.values())
        return Classification(
            scores={task: power / total for task, power in powers.items()}, source="embedding"
        )


def _of_length_one(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(map(mul, vector, vector))) or 1.0
    return [value / length for value in vector]
