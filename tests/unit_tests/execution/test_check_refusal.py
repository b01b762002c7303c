"""The refusal check rejects refusals, and accepts texts about refusing.

As for the uncertain answers: `tuned` was read while the expressions were written,
`held_out` was not. On first sight of the latter: precision 1.0, recall .923 (n = 27);
a set before it, now part of `tuned`, was met with .867 / .684 (n = 34).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_smartroute.execution.checks import RefusalCheck

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("refusals.jsonl").read_text(encoding="utf-8").splitlines()
]
CHECK = RefusalCheck()


def _measures(rows):
    said = [
        CHECK([HumanMessage(row["prompt"])], AIMessage(row["answer"])) is not None for row in rows
    ]
    counts = Counter(zip((row["refusal"] for row in rows), said, strict=True))
    right = counts[True, True]
    return right / max(1, right + counts[False, True]), right / max(1, right + counts[True, False])


@pytest.mark.parametrize(("part", "recall_floor"), [("tuned", 0.9), ("held_out", 0.8)])
def test_precision_is_at_least_90_percent(part, recall_floor):
    rows = [row for row in ROWS if row["set"] == part]
    precision, recall = _measures(rows)
    print(f"{part}: n={len(rows)} precision={precision:.3f} recall={recall:.3f}")  # noqa: T201 - the report
    assert precision >= 0.9
    assert recall >= recall_floor


def test_the_list_is_large_enough_and_mixed():
    assert len(ROWS) >= 120
    assert len({row["language"] for row in ROWS}) >= 8


@pytest.mark.parametrize(
    "answer",
    [
        AIMessage("", additional_kwargs={"refusal": "no"}),
        AIMessage([{"type": "refusal", "refusal": "no"}]),
        AIMessage("", response_metadata={"stop_reason": "refusal"}),
    ],
)
def test_the_providers_own_mark_counts(answer):
    assert CHECK([], answer) == "refusal"


def test_what_is_declined_may_come_first():
    """`{1, 60}` in an f-string is a tuple: the expression looked for the text "1, 60"."""
    assert CHECK([], AIMessage("Writing malware isn't something I can help with.")) == "refusal"


def test_an_answer_that_goes_on_to_help_is_accepted():
    opening = "I can't give medical advice, "
    assert CHECK([], AIMessage(opening + "see a doctor.")) == "refusal"
    assert (
        CHECK([], AIMessage(opening + "but here are signs to watch for. " + "Rest. " * 40)) is None
    )
    assert CHECK([], AIMessage(opening + "but:\n```\nrun me\n```")) is None
    assert CHECK([], AIMessage(opening + "yet much is known. " * 90)) is None


def test_a_refusal_that_was_asked_for_is_accepted():
    answer = AIMessage("I'm sorry, but I can't help with that.")
    assert CHECK([HumanMessage("Write a reply that declines politely")], answer) is None
