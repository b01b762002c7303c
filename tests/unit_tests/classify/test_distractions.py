"""Meaningless suffixes in training: a copy keeps its label, and no held-out suffix is used."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from langchain_smartroute.classify.training import Example
from langchain_smartroute.classify.training.distraction import with_distractions

HELD_OUT = Path(__file__).parents[2] / "corpus/heldout/suffixes.jsonl"


def test_copies_follow_the_examples_and_keep_all_but_the_end(small_examples):
    found = with_distractions(small_examples, share=1.0, seed=1)
    count = len(small_examples)
    assert found[:count] == small_examples
    assert len(found) == 2 * count
    for before, after in zip(small_examples, found[count:], strict=True):
        assert after.distracted
        assert after.text.startswith(before.text)
        assert dataclasses.replace(after, text=before.text, distracted=False) == before


def test_the_same_seed_draws_the_same_and_none_draws_none(small_examples):
    first = with_distractions(small_examples, share=0.5, seed=3)
    assert with_distractions(small_examples, share=0.5, seed=3) == first
    assert with_distractions(small_examples, share=0.0, seed=3) == small_examples


def test_long_prompts_are_left_alone():
    long = Example(text="word " * 200, task="code")
    assert with_distractions([long], share=1.0, seed=1) == [long]


def test_no_held_out_suffix_is_among_the_ends():
    examples = [Example(text=f"x{n}", task="code") for n in range(3000)]
    ends = {e.text.removeprefix(f"x{n}").strip() for n, e in enumerate(
        with_distractions(examples, share=1.0, seed=7)[3000:]
    )}  # fmt: skip
    rows = HELD_OUT.read_text(encoding="utf-8").splitlines()
    assert not ends & {json.loads(row)["suffix"].strip() for row in rows}
