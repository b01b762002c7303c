"""Users' own classifiers: accepted in any form, and never able to lose a request."""

from __future__ import annotations

import functools
import gc
import logging
import math

import pytest

from langchain_smartroute.classify import (
    PatternClassifier,
    UserRequest,
    as_classifier,
    classify_safely,
)
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Classification

REQUEST = UserRequest(text="my secret prompt")


def test_a_classifier_is_taken_as_it_is():
    patterns = PatternClassifier()
    assert as_classifier(patterns) is patterns


@pytest.mark.parametrize(
    ("answer", "scores"),
    [
        ("code", {"code": 1.0}),
        ({"code": 0.25, "math": 0.75}, {"code": 0.25, "math": 0.75}),
        ({"code": 1, "my-own-task": 3}, {"code": 0.25, "my-own-task": 0.75}),
        (Classification(scores={"math": 1.0}), {"math": 1.0}),
    ],
)
def test_a_callable_may_return_a_task_scores_or_a_classification(answer, scores):
    said = classify_safely(as_classifier(lambda _: answer), REQUEST)
    assert said.scores == scores


def test_a_callable_reads_the_follow_up_with_its_earlier_turns():
    seen = []
    classifier = as_classifier(lambda text: seen.append(text) or "code")
    classifier.classify(UserRequest(text="in Rust?", earlier=("Sort a list",)))
    assert seen == ["Sort a list\nin Rust?"]


def test_the_source_names_the_callable():
    def by_keyword(text):
        return "code"

    assert classify_safely(as_classifier(by_keyword), REQUEST).source == "by_keyword"
    partial = functools.partial(by_keyword)
    assert classify_safely(as_classifier(partial), REQUEST).source == "partial"


async def _asynchronous(text):
    return "code"


class _AsyncCall:
    async def __call__(self, text):
        return "code"


class _AsyncMethod:
    async def classify(self, request):
        return Classification(scores={"code": 1.0})


@pytest.mark.parametrize(
    "value", [None, 3, "patterns", {"code": 1}, PatternClassifier, _asynchronous, _AsyncCall(),
              _AsyncMethod()]
)  # fmt: skip
def test_other_values_are_refused_at_construction(value):
    with pytest.raises(ConfigurationError, match=r"[Cc]lass"):
        as_classifier(value)


class _Broken:
    def classify(self, request):
        raise RuntimeError(request.text)


def test_a_classifier_that_raises_is_recorded_and_the_task_is_general():
    said = classify_safely(_Broken(), REQUEST)
    assert said.scores == {"general": 1.0}
    assert said.source == "_Broken: failed (RuntimeError)"


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        7,
        "",
        "  ",
        {},
        [],
        {"code": math.nan},
        {"code": math.inf},
        {"code": -0.5, "math": 1.5},
        {"code": 0.0},
        {"code": "high"},
        {3: 1.0},
        {"": 1.0},
        Classification(scores={}),
        Classification(scores=None),
    ],
)
def test_nonsense_is_a_failure_not_a_route(nonsense):
    said = classify_safely(as_classifier(lambda _: nonsense), REQUEST)
    assert said.task == "general"
    assert ": failed (" in said.source


def test_a_coroutine_returned_by_mistake_is_closed():
    def forgetful(text):
        return _asynchronous(text)

    said = classify_safely(as_classifier(forgetful), REQUEST)
    gc.collect()
    assert said.source == "forgetful: failed (TypeError)"


def test_a_failing_classifier_is_logged_once_without_the_prompt(caplog):
    broken, other = _Broken(), _Broken()
    with caplog.at_level(logging.WARNING):
        for classifier in (broken, broken, other):
            classify_safely(classifier, REQUEST)
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text


class _Unweakable:
    __slots__ = ()

    def classify(self, request):
        raise ValueError


def test_an_object_without_weak_references_is_logged_once_too(caplog):
    broken = _Unweakable()
    with caplog.at_level(logging.WARNING):
        classify_safely(broken, REQUEST)
        classify_safely(broken, REQUEST)
    assert len(caplog.records) == 1


def test_an_interrupt_is_not_swallowed():
    class Interrupted:
        def classify(self, request):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classify_safely(Interrupted(), REQUEST)
