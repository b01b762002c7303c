"""Difficulty: the points agree with a person's labels, and with what they mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.classify.difficulty import difficulty_of, difficulty_points
from langchain_smartroute.types import DIFFICULTIES

ROWS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("difficulty_prompts.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
LABELLED = [(row["difficulty"], row["prompt"]) for row in ROWS if row["set"] == "scale"]
FRESH = [(row["difficulty"], row["prompt"]) for row in ROWS if row["set"] == "fresh"]
"""Written in plain words after the scale was fixed, and not used to change it."""


def _agreement(labelled):
    return sum(difficulty_of(p) == label for label, p in labelled) / len(labelled)


def test_at_least_85_percent_of_the_labelled_prompts_agree():
    assert len(LABELLED) >= 60
    assert _agreement(LABELLED) >= 0.85


def test_at_least_60_percent_of_plainly_worded_prompts_agree():
    assert _agreement(FRESH) >= 0.60


def test_no_easy_prompt_is_taken_for_hard_nor_a_hard_one_for_easy():
    extremes = [(label, p) for label, p in LABELLED if label != "medium"]
    assert all({label, difficulty_of(p)} != {"easy", "hard"} for label, p in extremes)


def test_the_reference_sort_request_is_not_hard():
    assert difficulty_of("Write a Python function to merge sort an array") != "hard"


@pytest.mark.parametrize("text", ["", "  \n ", "hi", "你好", "???"])
def test_nothing_much_is_easy(text):
    assert difficulty_of(text) == "easy"


def test_a_long_pasted_text_alone_is_not_hard():
    assert difficulty_of("The meeting went on. Then we had lunch. " * 2000) != "hard"


def test_tools_and_a_long_conversation_add_a_point_each():
    alone = difficulty_points("Book a table")
    assert difficulty_points("Book a table", tools=3) == alone + 1
    assert difficulty_points("Book a table", tools=3, user_turns=6) == alone + 2


@pytest.mark.parametrize(
    "mark", ["```x```", "Traceback (most recent call last)", "a = b", "∑ k", "1 2 3", "eh? what?"]
)
def test_code_formulas_numbers_and_questions_each_add_a_point(mark):
    assert difficulty_points(f"Look at {mark}") > difficulty_points("Look at this")


@given(st.text(max_size=300))
def test_any_text_has_a_level(text):
    assert difficulty_of(text) in DIFFICULTIES
