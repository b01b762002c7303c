"""The classifier interface, and how classifiers are run so that their errors fail no request.

Classifiers can be user code, which may raise, return invalid values or be asynchronous by
mistake. None of that may fail the user's call, so every classifier is run by `classify_safely`.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol, cast

from langchain_smartroute.classify.limited import run_within, run_within_async
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Caught, Classification

if TYPE_CHECKING:
    from langchain_smartroute.classify.request import UserRequest

__all__ = [
    "Classifier",
    "ClassifierLike",
    "as_classifier",
    "attempted",
    "attempted_async",
    "classify_safely",
    "classify_safely_async",
    "name_of",
]

logger = logging.getLogger(__name__)

_SUM_TOLERANCE = 1e-6
_LIMIT_S = 10.0
"""Default time limit in seconds of a classifier that runs in a thread."""


class Classifier(Protocol):
    """Says how likely each task is for a request.

    Example:
        >>> from langchain_smartroute.classify import UserRequest
        >>> from langchain_smartroute.types import Classification
        >>> class AlwaysCode:
        ...     def classify(self, request: UserRequest) -> Classification:
        ...         return Classification(scores={"code": 1.0}, source="always-code")
        >>> AlwaysCode().classify(UserRequest(text="hi")).task
        'code'
    """

    def classify(self, request: UserRequest) -> Classification:
        """Classify what the user asked."""
        ...


Attempted = Classification | BaseException | None
"""The result of a classifier: a classification, or the exception that it raised."""

ClassifierLike = Classifier | Callable[[str], str | Mapping[str, float] | Classification]
"""A classifier, or a callable from the request's text to a task, scores or a classification."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _CallableClassifier:
    """Adapts a callable to the classifier interface."""

    function: Callable[[str], str | Mapping[str, float] | Classification] = field(repr=False)
    name: str

    def classify(self, request: UserRequest) -> Classification:
        """Call the function with the text and parse its result."""
        return _read(self.function(request.full_text), name=self.name)


def as_classifier(value: ClassifierLike) -> Classifier:
    """Return a classifier unchanged, or wrap a callable.

    Args:
        value: An object with `classify(request)`, or a callable that takes the
            request's text and returns a task, a mapping task → score, or a
            `Classification`.

    Raises:
        ConfigurationError: `value` is neither, or it is asynchronous.

    Example:
        >>> from langchain_smartroute.classify import UserRequest, as_classifier
        >>> shouting = as_classifier(lambda text: "creative" if text.isupper() else "general")
        >>> shouting.classify(UserRequest(text="HELLO")).task
        'creative'
    """
    kind = type(value).__name__
    if isinstance(value, type):
        raise ConfigurationError(
            f"classifier={value.__name__} is a class: pass an instance, {value.__name__}()."
        )
    method = getattr(value, "classify", None)
    function: Any = method if callable(method) else value
    if not callable(function):
        raise ConfigurationError(
            f"classifier = {value!r} cannot be used: pass an object with "
            "classify(request), or a callable from text to a task or to scores."
        )
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
    ):
        raise ConfigurationError(
            f"The classifier {kind} is asynchronous: classifiers run in the decision, "
            "which is synchronous. Pass a plain function or method."
        )
    if callable(method):
        return cast("Classifier", value)
    return _CallableClassifier(function, name=str(getattr(value, "__name__", kind)))


def name_of(classifier: Classifier) -> str:
    """Name of a classifier in records: a callable's own name, else its class."""
    if isinstance(classifier, _CallableClassifier):
        return classifier.name
    return type(classifier).__name__


def classify_safely(classifier: Classifier, request: UserRequest) -> Classification:
    """Classify, and answer `general` where the classifier fails.

    A classifier that raises, or returns something that is no classification (no
    scores, a negative, infinite or NaN one, another type), never fails the
    request: it is named in `source`, and logged once per classifier object, without
    any text of the request. One with a `timeout_s` is held to it.

    Returns:
        A classification whose scores are probabilities.
    """
    return _or_general(attempted(classifier, request), classifier)


async def classify_safely_async(classifier: Classifier, request: UserRequest) -> Classification:
    """The same without blocking the event loop, whatever the classifier does.

    `aclassify` is awaited where there is one. A classifier without runs in a thread,
    for `timeout_s` seconds if it has that and ten if not, unless it says by
    `inline = True` that it is done before a thread would have started. (By `pure = True`
    it says that what it said of a request may be used again, by `exact = True` that its
    scores are probabilities.)
    """
    return _or_general(await attempted_async(classifier, request), classifier)


def attempted(
    classifier: Classifier, request: UserRequest, *, timeout_s: float | None = None
) -> Attempted:
    """A classification with probabilities, or what went wrong.

    Args:
        classifier: The classifier to run.
        request: The request to classify.
        timeout_s: Seconds it may take; `None`: the classifier's own limit, if any.
    """
    if _says(classifier, "inline"):
        return _answer(classifier, request)
    limit = timeout_s or getattr(classifier, "timeout_s", None)
    if limit is None or _says(classifier, "bounded"):
        return _answer(classifier, request)
    with Caught() as caught:
        return run_within(limit, lambda: _answer(classifier, request))
    return caught.error


async def attempted_async(
    classifier: Classifier, request: UserRequest, *, timeout_s: float | None = None
) -> Attempted:
    """The same without blocking the event loop."""
    limit = timeout_s or getattr(classifier, "timeout_s", None) or _LIMIT_S
    answering: Callable[[UserRequest], Any] | None = getattr(classifier, "aclassify", None)
    if _says(classifier, "inline"):
        return _answer(classifier, request)
    with Caught() as caught:
        if answering is None:
            return await run_within_async(limit, lambda: _answer(classifier, request))
        async with asyncio.timeout(None if _says(classifier, "bounded") else limit):
            return _read(await answering(request), name=name_of(classifier))
    return caught.error


def _answer(classifier: Classifier, request: UserRequest) -> Attempted:
    with Caught() as caught:
        answer = classifier.classify(request)
        if _says(classifier, "exact") and isinstance(answer, Classification):
            return answer
        return _read(answer, name=name_of(classifier))
    return caught.error


def _says(classifier: Classifier, what: str) -> bool:
    """Whether a classifier declares itself `inline` or `bounded` (it limits its own time)."""
    return getattr(classifier, what, False) is True


def _or_general(result: Attempted, classifier: Classifier) -> Classification:
    if isinstance(result, Classification):
        return result
    name, kind = name_of(classifier), type(result).__name__
    if _first_failure_of(classifier):
        logger.warning(
            "Classifier %s failed (%s); requests it fails on are routed as general. Logged once.",
            name,
            kind,
        )
    return Classification(scores={"general": 1.0}, source=f"{name}: failed ({kind})")


def _read(answer: object, *, name: str) -> Classification:
    """Convert a classifier's result into a classification with probabilities.

    Raises:
        TypeError: `answer` is of another type.
        ValueError: Its scores are missing, negative, infinite or NaN.
    """
    if isinstance(answer, Classification):
        return replace(answer, scores=_probabilities(answer.scores))
    if isinstance(answer, str):
        answer = {answer.strip(): 1.0}
    if isinstance(answer, Mapping):
        return Classification(scores=_probabilities(answer), source=name)
    if inspect.iscoroutine(answer):
        answer.close()
    raise TypeError(f"a classifier returned {type(answer).__name__}")


def _probabilities(scores: object) -> Mapping[str, float]:
    if not isinstance(scores, Mapping):
        raise TypeError(f"scores of type {type(scores).__name__}")
    if not all(isinstance(task, str) and task for task in scores):
        raise ValueError("a score without a task's name")
    if not all(isinstance(score, Real) for score in scores.values()):
        raise TypeError("a score that is no number")
    values = {task: float(score) for task, score in scores.items()}
    total = math.fsum(values.values())
    if not (total > 0 and math.isfinite(total)) or min(values.values()) < 0:
        raise ValueError("scores must be finite, not negative, and not all zero")
    if abs(total - 1) <= _SUM_TOLERANCE:
        return values
    return {task: score / total for task, score in values.items()}


_failed: dict[int, weakref.ref[object] | None] = {}
"""Ids of classifiers whose failure was logged; an entry is removed with its object."""


def _first_failure_of(classifier: object) -> bool:
    key = id(classifier)
    if key in _failed:
        return False
    try:
        _failed[key] = weakref.ref(classifier, lambda _: _failed.pop(key, None))
    except TypeError:  # slots without __weakref__: if the id is reused, one warning is lost
        _failed[key] = None
    return True
