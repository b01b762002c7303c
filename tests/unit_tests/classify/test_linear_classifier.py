"""The shipped classifier: what it says, that it never raises, and its file."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langchain_smartroute.classify import LinearClassifier, UserRequest
from langchain_smartroute.classify.artefact import read_artefact
from langchain_smartroute.classify.hashing import BITS, BLOCKS, hashed
from langchain_smartroute.classify.linear import read_shipped
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import DIFFICULTIES, TASKS

LINEAR = LinearClassifier()


def said_of(text, **details):
    return LINEAR.classify(UserRequest(text=text, **details))


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("Write a Python function to merge sort an array", {"code"}),
        ("Classify this tweet as positive or negative", {"classification"}),
        ("Explain the Monty Hall problem with math", {"math", "reasoning"}),
        ("Translate to German: good morning", {"translation"}),
        ("写一首关于秋天的诗", {"creative"}),
        ("把这句话翻译成英文:今天天气很好", {"translation"}),
        ("hi", {"general"}),
        ("What is the capital of France?", {"general"}),
    ],
)
def test_plain_requests_get_their_task(text, tasks):
    assert said_of(text).task in tasks


def test_scores_are_the_ten_tasks_probabilities():
    scores = said_of("Solve 3x + 4 = 19").scores
    assert set(scores) == set(TASKS)
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)


def test_an_image_makes_talk_about_it_vision_and_leaves_clear_work_alone():
    with_image = frozenset({"text", "image"})
    assert said_of("What is this?", modalities=with_image).task == "vision"
    asked = "Translate the text on this sign to French: exit"
    assert said_of(asked, modalities=with_image).task == "translation"


def test_a_vague_follow_up_keeps_the_task_and_a_clear_one_changes_it():
    earlier = ("Write a Python function that reverses a string",)
    assert said_of("and in Rust?", earlier=earlier).task == "code"
    assert said_of("why?", earlier=earlier).task == "code"
    assert said_of("now translate it to French", earlier=("Write a poem",)).task == "translation"


def test_a_follow_up_of_a_follow_up_still_leans_on_the_first_turn():
    earlier = ("Write a Python function that reverses a string", "and in Rust?")
    assert said_of("why?", earlier=earlier).task == "code"


@given(st.text(st.characters(exclude_categories=()), max_size=400))
@example("")
@example("\ud800")
@example("\x00" * 50)
@example("😀" * 3000)
@example("a" * 100_000)
@example("\u202e\u0301" * 200)
def test_no_text_raises_and_every_text_has_a_task_and_a_level(text):
    said = said_of(text)
    assert said.task in TASKS
    assert said.difficulty in DIFFICULTIES
    assert all(0 <= score <= 1 for score in said.scores.values())


@given(st.text(max_size=200), st.text(max_size=50))
def test_equal_texts_have_equal_scores_whatever_came_between(text, other):
    first = said_of(text)
    said_of(other)
    assert said_of(text) == first


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_features_are_numbers_in_range_and_no_block_is_empty(text):
    found = hashed(text)
    assert len(found.indices) == sum(found.sizes)
    assert found.starts.tolist()[0] == 0
    assert all(size > 0 for size in found.sizes)
    assert len(found.sizes) == len(BLOCKS)
    assert ((found.indices >= 0) & (found.indices < 1 << BITS)).all()


def test_features_are_these_on_every_platform():
    """A change of one of these numbers makes every trained artefact worthless."""
    found = hashed("Ab 12, 你好?")
    assert tuple(found.sizes.tolist()) == FEATURES["sizes"]
    assert int(found.indices.sum()) == FEATURES["sum"]
    assert found.indices[:6].tolist() == FEATURES["first"]


def test_a_word_has_the_same_number_wherever_it_stands():
    begin = hashed("banana").starts[1]
    word = hashed("banana").indices[begin + 1]
    for text in ("a banana", "two, three banana split", "x" * 500 + " banana"):
        found = hashed(text)
        words = found.indices[found.starts[1] : found.starts[2]]
        assert word in words


def test_the_middle_of_a_long_text_is_not_read():
    filler = "lorem ipsum " * 2000
    assert said_of(filler + "one" + filler).scores == said_of(filler + "two" + filler).scores


def test_the_artefact_says_where_it_comes_from():
    card = LINEAR.card
    assert card["version"]
    assert len(card["data"]["sha256"]) == 64
    assert card["data"]["licenses"]
    assert 0 < card["evaluation"]["accuracy"] < 1


def test_the_artefact_is_under_a_megabyte():
    assert len(read_shipped().artefact.to_bytes()) < 1_000_000


def _damaged(content, **changes):
    size = int.from_bytes(content[8:12], "little")
    header = {**json.loads(content[12 : 12 + size]), **changes}
    text = json.dumps(header).encode()
    return content[:8] + len(text).to_bytes(4, "little") + text + content[12 + size :]


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda _: b"", "no trained classifier"),
        (lambda _: b"PK\x03\x04 something else", "no trained classifier"),
        (lambda c: c[:40], "header cannot be read"),
        (lambda c: c[:-10], "bytes of weights"),
        (lambda c: c[:-1] + bytes([c[-1] ^ 1]), "SHA-256"),
        (lambda c: _damaged(c, format=99), "format 99"),
        (lambda c: _damaged(c, bits=12), "other features"),
        (lambda c: _damaged(c, block_weights=[1.0]), "other features"),
        (lambda c: _damaged(c, scales=[1.0]), "columns do not agree"),
        (lambda c: _damaged(c, biases=["a"]), "header is damaged"),
        (lambda c: _damaged(c, tasks=7), "header cannot be read"),
    ],
)
def test_a_damaged_or_foreign_file_is_one_clear_error(damage, fault, tmp_path):
    path = tmp_path / "mine.weights"
    path.write_bytes(damage(read_shipped().artefact.to_bytes()))
    with pytest.raises(ConfigurationError, match=fault) as raised:
        LinearClassifier(path).load()
    assert "smartroute train" in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        LinearClassifier(tmp_path / "nowhere").load()


def test_what_is_written_is_what_is_read():
    artefact = read_shipped().artefact
    again = read_artefact(artefact.to_bytes(), name="again", blocks=BLOCKS, bits=BITS)
    assert again == artefact


FEATURES = {
    "sizes": (43, 8, 27, 27, 15),
    "sum": 4063170,
    "first": [6415, 262, 43157, 54032, 9087, 28458],
}
