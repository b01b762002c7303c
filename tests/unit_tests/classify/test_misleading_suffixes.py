"""Suffixes that try to get a more expensive model: the route mostly stays the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.classify.training import read_examples
from langchain_smartroute.evaluation.conversations import read_rows
from langchain_smartroute.evaluation.misleading import Routed, misleading_figures
from langchain_smartroute.testing import FixedClassifier

CORPUS = Path(__file__).parents[2] / "corpus"
SUFFIXES = [row["suffix"] for row in read_rows(CORPUS / "heldout/suffixes.jsonl")]
HARD = [
    row["text"]
    for row in read_rows(CORPUS / "heldout/difficulty.jsonl")
    if row["difficulty"] == "hard"
]
EVERY = 40
"""One prompt in so many is attacked; `smartroute evaluate misleading` takes unseen prompts."""

ROSE_BEFORE = 88
"""Held-out hard prompts that weights trained with `distractions=0` send up."""


@pytest.fixture(scope="module")
def found():
    routed = Routed(classifier=LinearClassifier(), catalog=Catalog.load("default"))
    prompts = read_examples([CORPUS])[::EVERY]
    return misleading_figures(SUFFIXES, prompts=prompts, hard=HARD, routed=routed)


def test_there_are_at_least_twenty_suffixes():
    assert len(set(SUFFIXES)) >= 20


def test_suffixes_hardly_push_a_prompt_to_a_dearer_model(found):
    assert found.prompts >= 200
    assert found.mean <= 0.05
    assert found.shares[found.worst] <= 0.12, found.worst


def test_genuinely_hard_requests_still_get_an_expensive_model(found):
    """Ignoring misleading suffixes must not affect requests that need a more expensive model."""
    assert found.risen >= 0.9 * ROSE_BEFORE


def test_a_classifier_that_is_misled_by_a_suffix_is_detected():
    """A classifier that takes any text with "proof" in it for reasoning."""

    class Gullible:
        def classify(self, request):
            task = "reasoning" if "proof" in request.text else "general"
            return FixedClassifier(task=task, difficulty="easy").classify(request)

    routed = Routed(classifier=Gullible(), catalog=Catalog.load("default"))
    prompts = [e for e in read_examples([CORPUS]) if e.task == "general"][:20]
    figures = misleading_figures([" proof", " zzz"], prompts=prompts, hard=["hi"], routed=routed)
    assert figures.shares == {" proof": 1.0, " zzz": 0.0}
    assert (figures.worst, figures.mean, figures.risen) == (" proof", 0.5, 0)
