"""The project's own prompts: enough of them, varied, and free of near-duplicates."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from langchain_smartroute.types import DIFFICULTIES, TASKS

CORPUS = Path(__file__).parents[2] / "corpus"


def rows_of(*names):
    paths = [CORPUS / name for name in names] or sorted(CORPUS.glob("*.jsonl"))
    return [
        json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def rows():
    return rows_of()


def test_there_are_enough_prompts_of_every_task_and_language(rows):
    assert len(rows) >= 2_500
    tasks = Counter(row["task"] for row in rows)
    assert set(tasks) == set(TASKS)
    # Text alone cannot tell vision: the image block decides, so fewer of them are needed.
    assert all(count >= 200 for task, count in tasks.items() if task != "vision")
    languages = Counter(row["lang"] for row in rows)
    assert sum(count >= 100 for count in languages.values()) >= 10


def test_every_row_has_its_fields_and_no_others(rows):
    for row in rows:
        assert set(row) == {"text", "task", "lang", "difficulty"}
        assert row["text"].strip()
        assert row["difficulty"] in DIFFICULTIES


def test_near_duplicates_are_two_percent_at_most(rows):
    """Five-gram Jaccard above .6.

    Two such sets share one of the two fifths of their grams that are rarest overall,
    so only rows that meet there are compared.
    """
    grams = [_five_grams(row["text"]) for row in rows]
    frequency = Counter(gram for own in grams for gram in own)
    met: dict[str, list[int]] = defaultdict(list)
    duplicates = 0
    for number, own in enumerate(grams):
        rarest = sorted(own, key=frequency.__getitem__)[: 2 * len(own) // 5 + 1]
        shared = [gram for gram in rarest if frequency[gram] > 1]
        others = {other for gram in shared for other in met[gram]}
        duplicates += any(_jaccard(own, grams[other]) > 0.6 for other in others)
        for gram in shared:
            met[gram].append(number)
    assert duplicates / len(rows) <= 0.02


def test_held_out_prompts_are_not_in_the_corpus(rows):
    texts = {row["text"] for row in rows}
    held = [row["text"] for row in rows_of("heldout/difficulty.jsonl")]
    held += [row["turns"][0] for row in rows_of("heldout/conversations.jsonl")]
    assert not texts & set(held)


def test_the_held_out_sets_are_as_large_as_promised():
    difficulty = rows_of("heldout/difficulty.jsonl")
    assert len(difficulty) >= 300
    assert len({row["lang"] for row in difficulty}) >= 8
    assert all(n >= 90 for n in Counter(row["difficulty"] for row in difficulty).values())
    conversations = rows_of("heldout/conversations.jsonl")
    assert len(conversations) >= 150
    assert {len(row["turns"]) for row in conversations} == {2, 3}


def _five_grams(text):
    plain = " ".join(text.lower().split())
    return {plain[i : i + 5] for i in range(max(1, len(plain) - 4))}


def _jaccard(left, right):
    if min(len(left), len(right)) <= 0.6 * max(len(left), len(right)):
        return 0.0
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)
