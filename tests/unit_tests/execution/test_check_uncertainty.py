"""The uncertainty check: doubt about the answer rejects, ordinary text does not.

The answers are the author's own, written by hand. Those in the set `tuned` were read
while the expressions were written; those in `held_out` were written afterwards. On first
sight of them precision was .941 (32 of 34) and recall .696 (32 of 46); two
expressions that it showed to be faulty were then mended, nothing else. Two earlier
sets, now part of `tuned`, were met at first sight with .905 / .494 and .892 / .550.
Run with `-s` to see precision and recall per language.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_smartroute.execution.checks import UncertaintyCheck, default_checks

ROWS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("uncertain_answers.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
CHECK = UncertaintyCheck()


def _said(answer, prompt=""):
    return CHECK([HumanMessage(prompt)], AIMessage(answer))


def _counts(rows):
    said = (_said(row["answer"], row["prompt"]) is not None for row in rows)
    return Counter((row["uncertain"], fires) for row, fires in zip(rows, said, strict=True))


def _measures(rows):
    counts = _counts(rows)
    right = counts[True, True]
    return right / max(1, right + counts[False, True]), right / max(1, right + counts[True, False])


@pytest.mark.parametrize(("part", "recall_floor"), [("tuned", 0.9), ("held_out", 0.6)])
def test_precision_is_at_least_90_percent(part, recall_floor):
    rows = [row for row in ROWS if row["set"] == part]
    for language in dict.fromkeys(row["language"] for row in rows):
        chosen = [row for row in rows if row["language"] == language]
        precision, recall = _measures(chosen)
        print(f"{part} {language}: n={len(chosen)} precision={precision:.3f} recall={recall:.3f}")  # noqa: T201 - the report
    precision, recall = _measures(rows)
    print(f"{part}: n={len(rows)} precision={precision:.3f} recall={recall:.3f}")  # noqa: T201 - the report
    assert precision >= 0.9
    assert recall >= recall_floor


def test_every_language_is_precise():
    for language in {row["language"] for row in ROWS}:
        assert _measures([row for row in ROWS if row["language"] == language])[0] >= 0.9


def test_the_list_is_large_enough_and_mixed():
    languages = Counter(row["language"] for row in ROWS)
    assert len(ROWS) >= 300
    assert len(languages) >= 6
    assert min(languages.values()) >= 35
    assert len({row["answer"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    "answer",
    [
        "I might be wrong.",
        "I'm not entirely sure.",
        "I\u2019m not entirely sure.",
        "The answer could be 12.",
        "Possibly 12.",
        "It is possibly 12.",
        "This might be wrong.",
    ],
)
def test_the_reference_wordings_reject(answer):
    assert _said(answer) == "uncertain"


@pytest.mark.parametrize(
    "answer",
    [
        "It could be argued that taxes are theft.",
        'He said: "I might be wrong."',
        "> I'm not entirely sure\n\nThat line is a quotation.",
        "```python\n# I'm not entirely sure\n```\nThe code prints 3.",
        "`I might be wrong` is printed.",
        "<think>I'm not entirely sure, maybe 5.</think>The answer is 12.",
        "If I'm not sure of a card, I pass.",
        "Nobody doubts it: the answer could not be 5.",
        "She said I might be wrong.",
        "",
    ],
)
def test_ordinary_text_does_not(answer):
    assert _said(answer) is None


@pytest.mark.parametrize(
    "answer",
    [
        "Je choisis donc au hasard la réponse 42.",
        "この定理が使えるかどうかは分かりません。",
    ],
)
def test_a_number_of_repeats_is_one(answer):
    """`{1, 2}` in an f-string is a tuple: two expressions looked for the text "1, 2"."""
    assert CHECK([], AIMessage(answer)) == "uncertain"


@pytest.mark.parametrize("prompt", ["Translate this into English: …", "Write a story about Tom"])
def test_doubt_in_translations_and_characters_does_not_count(prompt):
    assert _said("I'm not entirely sure he is coming.", prompt) is None


def test_doubt_is_found_at_either_end_of_a_long_answer():
    filler = "The sum is even. " * 5000
    assert _said(f"I might be wrong. {filler}") == "uncertain"
    assert _said(f"{filler} I might be wrong.") == "uncertain"
    assert _said(f"{filler} I might be wrong. {filler}") is None


def test_thoughts_in_blocks_are_not_read():
    thought = {"type": "thinking", "thinking": "I might be wrong."}
    answer = AIMessage([thought, {"type": "text", "text": "It is 12."}])
    assert CHECK([], answer) is None


def test_it_applies_to_reasoning_and_math():
    check = next(check for check in default_checks() if check.name == "uncertainty")
    assert check.tasks == {"reasoning", "math"}
    assert not check.early
