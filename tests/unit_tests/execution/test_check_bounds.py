"""No answer makes a check raise, and none makes it slow."""

from __future__ import annotations

from functools import partial

import pytest
from growth import TIMES, assert_linear
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from langchain_smartroute.execution.checks import (
    SchemaCheck,
    as_check,
    default_checks,
)

CHECKS = [*default_checks(), as_check(SchemaCheck({"type": "object", "required": ["a"]}))]
PIECES = st.sampled_from(
    ["```", "```python\n", "~~~", "\n", "> ", '"', "“", "„", "«", "'", "I might be wrong", "可能",
     "I can't help", "TODO", "placeholder", "<think>", "</think>", "def f(", "{", "[", "\\", "# ",
     "ich bin mir nicht sicher", "The answer could be 5", "\x00", "\ud800", "…", "%x", "!y", "?"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=20), max_size=30).map("".join)
VALUES = st.none() | st.integers() | TEXTS | st.lists(TEXTS, max_size=3)
BLOCKS = st.lists(
    TEXTS
    | st.dictionaries(
        st.sampled_from(["type", "text", "refusal", "thinking"]),
        st.sampled_from(["text", "refusal", "thinking"]) | VALUES,
        max_size=3,
    ),
    max_size=4,
)
METADATA = st.dictionaries(
    st.sampled_from(["finish_reason", "stop_reason", "incomplete_details", "refusal"]),
    VALUES | st.dictionaries(st.just("reason"), VALUES),
    max_size=3,
)


@given(content=TEXTS | BLOCKS, metadata=METADATA, prompt=TEXTS)
def test_no_answer_makes_a_check_raise(content, metadata, prompt):
    answer = AIMessage(content, response_metadata=metadata, additional_kwargs=metadata)
    for check in CHECKS:
        reason = check.function([HumanMessage(prompt)], answer)
        assert reason is None or isinstance(reason, str)


@given(content=TEXTS)
def test_a_reason_has_none_of_the_answers_text(content):
    known = (
        "refusal", "empty", "uncertain", "finish_reason", "placeholder: ", "tool arguments",
        "code fence not closed", "no code", "python does not parse (line ", "schema not met",
        "json does not parse (line ",
    )  # fmt: skip
    for check in CHECKS:
        reason = check.function([], AIMessage(content))
        assert reason is None or reason.startswith(known)


LONG = {
    "prose": "It could be argued that the result may be wrong if I am not sure. ",
    "spaces": " ",
    "lines": "\n",
    "quotes": "\"' “„«「 ",
    "backticks": "`",
    "fences": "```\n",
    "quoted lines": "\n>",
    "python": "```python\nx = f(1, 2)\n```\n",
    "brackets": "[",
    "doubts": "i might i may i could be possibly ",
    "apologies": "I'm sorry but I understand ",
    "todo": "TODO placeholder # ",
    "chinese": "我不确定答案可能是。",
}


@pytest.mark.parametrize("piece", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("size", [1_200, 100_000])
def test_ten_times_the_text_takes_about_ten_times_as_long(piece, size):
    small, large = (
        AIMessage((piece * (length // len(piece) + 1))[:length]) for length in (size, TIMES * size)
    )
    for check in CHECKS:
        assert_linear(partial(check.function, []), small, large)
