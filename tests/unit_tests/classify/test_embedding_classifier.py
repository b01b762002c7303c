"""Classification by similarity, with a fake embedding model."""

from __future__ import annotations

import pytest
from langchain_core.embeddings import Embeddings

from langchain_smartroute.classify import EmbeddingClassifier, UserRequest
from langchain_smartroute.classify.prototypes import PROTOTYPES
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import TASKS

EXAMPLES = {"code": ["python", "a python function"], "creative": ["poem", "a poem on rain"]}


class Words(Embeddings):
    """A direction per known word; counts its calls."""

    def __init__(self):
        self.calls = []

    def embed_documents(self, texts):
        self.calls.append(len(texts))
        return [[float(word in text) for word in ("python", "poem")] for text in texts]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


async def test_a_request_gets_the_task_whose_examples_it_is_like_in_both_ways():
    classifier = EmbeddingClassifier(Words(), EXAMPLES)
    request = UserRequest(text="one more poem")
    said = classifier.classify(request)
    assert said.task == "creative"
    assert sum(said.scores.values()) == pytest.approx(1)
    assert await EmbeddingClassifier(Words(), EXAMPLES).aclassify(request) == said


def test_the_examples_are_embedded_once():
    words = Words()
    classifier = EmbeddingClassifier(words, EXAMPLES)
    for _ in range(3):
        classifier.classify(UserRequest(text="python"))
    assert words.calls == [4, 1, 1, 1]


def test_a_text_similar_to_no_example_is_undecided():
    scores = EmbeddingClassifier(Words(), EXAMPLES).classify(UserRequest(text="tea")).scores
    assert scores == {"code": 0.5, "creative": 0.5}


def test_the_packages_own_examples_cover_every_task():
    assert set(PROTOTYPES) == set(TASKS)
    assert set(EmbeddingClassifier(Words()).classify(UserRequest(text="x")).scores) == set(TASKS)


@pytest.mark.parametrize("examples", [{}, {"code": []}, {"code": "python"}])
def test_examples_that_teach_nothing_are_refused(examples):
    with pytest.raises(ConfigurationError, match="examples"):
        EmbeddingClassifier(Words(), examples)
