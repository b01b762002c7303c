"""The pattern classifier: the published cases, other languages, images, follow-ups, cost."""

from __future__ import annotations

import pytest
from growth import TIMES, assert_linear
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.classify import PatternClassifier, UserRequest
from langchain_smartroute.classify.patterns import TIE_ORDER
from langchain_smartroute.types import TASKS

PATTERNS = PatternClassifier()


def _task(text, **kwargs):
    return PATTERNS.classify(UserRequest(text=text, **kwargs)).task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Write a Python function to merge sort an array", "code"),
        ("Classify this tweet as positive or negative", "classification"),
        ("Explain the Monty Hall problem with math", "reasoning"),
    ],
)
def test_the_three_reference_requests_keep_their_routes(text, task):
    assert _task(text) == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("generate an endpoint", "code"),
        ("DEBUG THE PROGRAM", "code"),
        ("a Rust script", "code"),
        ("refactor my loop", "code"),
        ("sort these tickets", "classification"),
        ("Is this email legit?", "classification"),
        ("intent detection", "classification"),
        ("why is the sky blue", "reasoning"),
        ("cause of inflation", "reasoning"),
        ("deduce the culprit", "reasoning"),
        ("infer why", "reasoning"),
        ("convert into Spanish", "translation"),
        ("how to say it in Korean", "translation"),
        ("draft an essay", "creative"),
        ("brainstorm names", "creative"),
        ("describe this photo", "vision"),
        ("what's the picture", "vision"),
        ("deduce a culprit", "general"),
        ("deworm the programme", "general"),
        ("rewrite a functional spec", "general"),
        ("", "general"),
    ],
)
def test_the_published_cases_and_no_more(text, task):
    assert _task(text) == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Solve the equation 3x + 5 = 20", "math"),
        ("Write C++ code for a queue", "code"),
        ("Find the dates and names in this letter", "extraction"),
        ("Summarize the report below", "summarization"),
        ("Extract all dates and names from the letter", "extraction"),
    ],
)
def test_added_tasks_have_cues(text, task):
    assert _task(text) == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("用Python写一个快速排序的函数", "code"),
        ("把这段文字翻译成英文", "translation"),
        ("写一首关于春天的诗", "creative"),
        ("请总结这篇文章", "summarization"),
        ("フィボナッチ数列の関数を書いてください", "code"),
        ("この文章を要約してください", "summarization"),
        ("피보나치 함수를 작성해 주세요", "code"),
        ("이 문장을 번역해 주세요", "translation"),
        ("Schreibe eine Funktion, die Primzahlen findet", "code"),
        ("Fasse den folgenden Text zusammen", "summarization"),
        ("Écris un poème sur la mer", "creative"),
        ("Traduis cette phrase en anglais", "translation"),
        ("Clasifica estos comentarios", "classification"),
        ("Resuelve la ecuación", "math"),
        ("Escreva uma história sobre o mar", "creative"),
        ("Riassumi questo articolo", "summarization"),
        ("Напиши функцию сортировки", "code"),
        ("Переведи на английский", "translation"),
        ("لخص هذا النص", "summarization"),
        ("استخرج الأسماء من النص", "extraction"),
    ],
)
def test_other_languages_have_cues(text, task):
    assert _task(text) == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("", "vision"),
        ("What is in this picture?", "vision"),
        ("Explain this diagram", "vision"),
        ("Describe the scene", "vision"),
        ("Classify this image", "vision"),
        ("Describe this image in French", "vision"),
        ("hello", "vision"),
        ("Translate the text in this screenshot into English", "translation"),
        ("Write the React code for this mockup", "code"),
        ("Extract the invoice number and total from this image", "extraction"),
        ("Solve the equation in this photo", "math"),
        ("Summarize the slide", "summarization"),
        ("把图片里的文字翻译成英文", "translation"),
    ],
)
def test_an_image_means_vision_unless_another_task_is_clearly_asked(text, task):
    assert _task(text, modalities=frozenset({"text", "image"})) == task


@pytest.mark.parametrize(
    ("earlier", "text", "task"),
    [
        (("Write a Python function to sort",), "and in Rust?", "code"),
        (("Write a Python function to sort",), "why?", "code"),
        (("Write a poem about rain",), "shorter please", "creative"),
        (("Write a poem about rain",), "now translate it to French", "translation"),
        (("Translate this to German", "ok"), "more formal", "translation"),
        (("hello",), "why?", "reasoning"),
        (("hello",), "again", "general"),
        (("Summarize this text", "Write a story"), "longer", "creative"),
    ],
)
def test_a_follow_up_keeps_the_task_unless_it_names_its_own(earlier, text, task):
    assert _task(text, earlier=earlier) == task


def test_scores_are_probabilities_of_all_ten_tasks():
    scores = PATTERNS.classify(UserRequest(text="Translate this to French")).scores
    assert set(scores) == set(TASKS) == set(TIE_ORDER)
    assert sum(scores.values()) == pytest.approx(1)
    assert scores["translation"] == pytest.approx(4 / 5)


def test_one_cue_alone_means_two_thirds_and_none_means_general():
    assert PATTERNS.classify(UserRequest(text="why")).scores["reasoning"] == pytest.approx(2 / 3)
    assert PATTERNS.classify(UserRequest(text="lunch")).scores["general"] == 1


def test_ties_go_to_the_first_in_the_documented_order():
    assert _task("Write a script and explain") == "code"
    assert _task("explain, and write a script") == "code"


def test_a_request_at_the_end_of_a_long_text_is_found():
    assert _task("lorem ipsum " * 100_000 + "\nSummarize the text above.") == "summarization"


HOSTILE = [
    "a " * 50_000,
    "write " * 17_000,
    "is this " * 12_000,
    "extract the " * 9_000,
    "write a" + " " * 100_000 + "b",
    "(" * 100_000,
    "\n" * 100_000,
    "写" * 100_000,
    "напиш " * 17_000,
    "find names " * 9_000,
    "solve 1" * 15_000,
    "fasse a " * 12_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_cost_no_more_than_in_proportion(text):
    for size in (300, len(text) // TIMES):
        small, large = (UserRequest(text=text[:length]) for length in (size, TIMES * size))
        assert_linear(PATTERNS.classify, small, large)


@given(st.text(), st.lists(st.text(), max_size=2), st.booleans())
def test_any_request_gets_probabilities(text, earlier, image):
    kinds = frozenset({"text", "image"} if image else {"text"})
    said = PATTERNS.classify(UserRequest(text=text, earlier=tuple(earlier), modalities=kinds))
    assert sum(said.scores.values()) == pytest.approx(1)
    assert said.task in TASKS
    assert said.source == "patterns"
