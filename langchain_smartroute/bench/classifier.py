"""Latency of loaded classifiers on the same texts, in one thread.

The linear and the pattern classifier are compared with a scikit-learn pipeline with similar
features, the usual way to build a classifier without this package.
"""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec as find_package
from statistics import median

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_smartroute.classify import (
    LinearClassifier,
    PatternClassifier,
    UserRequest,
    message_tokens,
    user_request,
)
from langchain_smartroute.classify.linear import read_shipped
from langchain_smartroute.classify.prototypes import PROTOTYPES
from langchain_smartroute.errors import ConfigurationError

__all__ = ["Loading", "Timing", "bench_classifiers", "bench_history", "bench_loading"]

_SENTENCE = (
    "Please compare the three offers below and tell me which of them costs least over five years,"
    " counting the deposit, the monthly fee and what it takes to leave early; keep it short. "
)
_SHORT_CHARS, _LONG_CHARS, _HUGE_CHARS = 200, 16_000, 10_000_000
_REPEATS = {_SHORT_CHARS: 1_000, _LONG_CHARS: 300, _HUGE_CHARS: 20}
_TURNS = (100, 1_000)
_SLOW_S, _MOST_S = 1.0, 5.0
"""Calls longer than the first are not repeated; all calls together take about the second."""
_STEPS = 5
"""Iterations of fitting the scikit-learn pipeline, as its latency does not depend on the fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one classifier takes for one text.

    Attributes:
        name: The classifier.
        characters: The text's length.
        p50_us: Median in microseconds.
        p95_us: 95th percentile.
    """

    name: str
    characters: int
    p50_us: float
    p95_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """Cost of loading the shipped artefact once numpy is imported.

    Attributes:
        milliseconds: Median time.
        mebibytes: Memory that stays allocated.
    """

    milliseconds: float
    mebibytes: float


def bench_classifiers() -> Iterator[Timing]:
    """Time every classifier on a short, a long and a huge text."""
    for size, repeats in _REPEATS.items():
        text = (_SENTENCE * (size // len(_SENTENCE) + 1))[:size]
        for name, classify in _contestants(text).items():
            times = _timed(classify, repeats)
            yield Timing(
                name=name,
                characters=size,
                p50_us=median(times),
                p95_us=times[int(0.95 * len(times))],
            )


def bench_history() -> dict[int, float]:
    """Turns of a conversation → microseconds per message to read the request and the history."""
    found = {}
    for turns in _TURNS:
        pair: list[BaseMessage] = [
            HumanMessage("And the second offer?"),
            AIMessage("It is dearer."),
        ]
        chat = [*(pair * turns)[:turns], HumanMessage(_SENTENCE)]

        def read(chat: list[BaseMessage] = chat) -> None:
            message_tokens(chat)
            user_request(chat)

        found[turns] = median(_timed(read, 50)) / len(chat)
    return found


def bench_loading() -> Loading:
    """Load the shipped artefact as the first request does."""
    times = _timed(read_shipped, 20)
    tracemalloc.start()
    held = read_shipped()
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del held
    return Loading(milliseconds=median(times) / 1_000, mebibytes=held_bytes / 2**20)


def _contestants(text: str) -> dict[str, Callable[[], object]]:
    request = UserRequest(text=text)
    linear, patterns, pipeline = LinearClassifier().load(), PatternClassifier(), _pipeline()
    return {
        "linear": lambda: linear.classify(request),
        "patterns": lambda: patterns.classify(request),
        "scikit-learn": lambda: pipeline([text]),
    }


@cache
def _pipeline() -> Callable[[list[str]], object]:
    """Hashed character and word n-grams, then logistic regression."""
    if find_package("sklearn") is None:
        raise ConfigurationError(
            'the comparison needs scikit-learn: pip install "langchain-smartroute[eval]"'
        )
    # scikit-learn, of an extra, is imported only for this comparison.
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline, make_union  # noqa: PLC0415

    pipeline = make_pipeline(
        make_union(
            HashingVectorizer(n_features=2**16, analyzer="char", ngram_range=(1, 4)),
            HashingVectorizer(n_features=2**16, ngram_range=(1, 2)),
        ),
        LogisticRegression(max_iter=_STEPS),
    )
    texts = [text for examples in PROTOTYPES.values() for text in examples]
    tasks = [task for task, examples in PROTOTYPES.items() for _ in examples]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that so few steps do not converge
        predict: Callable[[list[str]], object] = pipeline.fit(texts, tasks).predict_proba
    return predict


def _timed(function: Callable[[], object], repeats: int) -> list[float]:
    """Microseconds of each call, sorted, after a warm-up; slow functions are called fewer times."""
    began = time.perf_counter()
    function()
    first = time.perf_counter() - began
    if first > _SLOW_S:
        return [first * 1e6]
    for _ in range(2):
        function()
    times = []
    for _ in range(min(repeats, 1 + int(_MOST_S / max(first, 1e-9)))):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)
