"""Answers of a million characters of anything: compared in linear time, and never by a part."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import unicodedata

import pytest
from growth import TIMES, assert_linear
from langchain_core.messages import AIMessage

from langchain_smartroute import AgreementCheck
from langchain_smartroute.execution.checks import Opinion, final_answer, same_answer
from langchain_smartroute.execution.checks.comparing import COMPARISONS, marked_answer
from langchain_smartroute.execution.checks.comparing.options import option_of, options_of

PIECES = {
    "digits": "9",
    "boxes": "\\boxed{",
    "options": "(A)(B)(C)",
    "brackets": "[",
    "braces": '{"a":',
    "NULs": "\0",
    "surrogates": "\ud800",
    "number words": "one hundred ",
    "spaces": " ",
    "tabs": "\t",
    "lines": "\n ",
    "commas": ",",
    "dots": ". ",
    "dashes": "-",
    "letters": "a",
    "capitals": "aB",
    "accents": "\u0301\u0316",
    "ligatures": "\ufdfa",
    "LaTeX": "\\frac{1}{2}",
    "dollars": "$",
    "backticks": "`",
    "fences": "```py\nx=1\n```\n",
    "phrases": "answer to x ",
    "groups": ",111",
    "quotes": "\\\"'",
    "thoughts": "</think>",
    "emphasis": "**",
    "headings": "#### x\n",
    "sums": "a+",
    "displays": "\\[ x",
    "formulas": "$x$ ",
    "calls": "<tool_call>f(",
    "introductions": "a:\n",
    "roots": "√(",
    "verdicts": "A正确，",
}
WRAPPED = ("{}", "```\n{}x`\n```", "The answer is \\boxed{{{}}}")


def compared_all_ways(text):
    other = text + "x"
    for by in COMPARISONS:
        args = [[{"name": "f", "args": {"a": t}}] for t in (text, other)]
        one, another = args if by == "tool_calls" else (text, other)
        same = same_answer(one, another, by=by)
        assert not same or by in ("number", "json", "code")
    final_answer(text)
    marked_answer(text)
    option_of(text)
    options_of(text)
    for check in (AgreementCheck(), AgreementCheck(by="code"), AgreementCheck(by="number")):
        check.compared(AIMessage(text), [Opinion(alias="other", answer=AIMessage(other))])


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
def test_ten_times_the_text_takes_about_ten_times_as_long(piece):
    """20,000 letters without a blank took half a minute: two patterns met in the middle of a word.

    It is the processor's time, and only its growth, that is looked at. Beyond what is read a
    text may cost no more at all.
    """
    for wrapped in WRAPPED:
        small, large = (
            wrapped.format((piece * (size // len(piece) + 1))[:size])
            for size in (2_000, TIMES * 2_000)
        )
        assert_linear(compared_all_ways, small, large, repeats=1, least_s=0.02)


@pytest.mark.parametrize("piece", ["9", "a", "\u0301\u0316", "%\n", "\\boxed{", "x `"])
def test_a_million_characters_are_compared_without_raising(piece):
    compared_all_ways((piece * 1_000_000)[:1_000_000])


@pytest.mark.parametrize("piece", ["\u0301\u0316", "\ufdfa", "e\u0301"])
def test_what_is_normalised_at_a_time_is_short(piece, monkeypatch):
    """Ordering combining characters takes quadratic time."""
    seen = []

    class Counted:
        decimal = staticmethod(unicodedata.decimal)

        @staticmethod
        def normalize(form, text):
            seen.append(len(text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(
        "langchain_smartroute.execution.checks.comparing.plain.unicodedata", Counted
    )
    compared_all_ways(piece * 100_000)
    compared_all_ways(f"The answer is {piece * 20}")
    assert seen
    assert max(seen) <= 2_000
    assert sum(seen) <= 1_000_000


def test_many_calls_are_compared_in_their_order():
    """Looking for each of 20,000 calls among all others would be 400 million comparisons."""
    looked = 0

    class Arguments(dict):
        def items(self):
            nonlocal looked
            looked += 1
            return super().items()

    calls = [{"name": "f", "args": Arguments(n=n)} for n in range(20_000)]
    assert same_answer(calls, list(calls), by="tool_calls")
    assert not same_answer(calls, calls[::-1], by="tool_calls")
    assert looked <= 4 * len(calls)


TAIL = " and so on" * 3_000
LONG = "9" * 1_000
APART_FAR_AWAY = {
    "code": ("x = 1\n" + "y = 2\n" * 10_000 + "z = 3", "x = 1\n" + "y = 2\n" * 10_000 + "z = 4"),
    "code at its beginning": (
        "def f():\n  x = 1\n" + "  y = 2\n" * 10_000, "def f():\n  x = 2\n" + "  y = 2\n" * 10_000
    ),
    "fences": ("```py\nx=1\n```\n" * 600 + "```py\ny=1\n```", "```py\nx=1\n```\n" * 600),
    "digits": (f"The total of 3 is {LONG}1.", f"The total of 3 is {LONG}2."),
    "digits at their beginning": ("1" + "9" * 30_000, "2" + "9" * 30_000),
    "groups": ("1" + ",111" * 400, "2" + ",111" * 400),
    "groups of thirteen": ("1" + ",111" * 13, "2" + ",111" * 13),
    "numbers": ("1 " * 30_000 + "5", "1 " * 30_000 + "6"),
    "a number before many words": ("12 " + "x" * 20_100, "13 " + "x" * 20_100),
    "exponents": ("1e999999999", "1e999999998"),
    "words": ("a" * 3_000 + "b", "a" * 3_000 + "c"),
    "words at their beginning": ("b" + "a" * 30_000, "c" + "a" * 30_000),
    "a long box": (f"\\boxed{{1{TAIL}}}", f"\\boxed{{2{TAIL}}}"),
    "an open box": (f"\\boxed{{1{TAIL}", f"\\boxed{{2{TAIL}"),
    "many boxes": (
        "\\boxed{1}" + ", \\boxed{3}" * 150,
        "\\boxed{2}" + ", \\boxed{3}" * 150,
    ),
    "JSON": (f'{{"a": 1, "b": "{TAIL}"}}', f'{{"a": 2, "b": "{TAIL}"}}'),
    "a list": ("[1, " + "0, " * 20_000 + "5]", "[2, " + "0, " * 20_000 + "5]"),
    "fenced JSON": (
        f'```json\n{{"a": 1, "b": "{TAIL}"}}\n```', f'```json\n{{"a": 2, "b": "{TAIL}"}}\n```'
    ),
    "depth": ("[" * 60 + "1" + "]" * 60, "[" * 60 + "2" + "]" * 60),
    "a heading": ("#### " + "1" * 500, "#### 2" + "1" * 499),
}  # fmt: skip
SAME_LAST_NUMBER = ("code at its beginning", "fences", "many boxes", "a list")


@pytest.mark.parametrize("name", APART_FAR_AWAY)
def test_a_bound_makes_no_two_answers_the_same(name):
    """Code was cut after 20,000 characters, numbers after forty digits: the rest did not count."""
    one, other = APART_FAR_AWAY[name]
    for by in ("auto", "value", "json", "code", "number"):
        if by == "number" and name in SAME_LAST_NUMBER:
            continue
        assert not same_answer(one, other, by=by)
        if by == "value" and name == "code at its beginning":
            continue  # the value that it ends with is the same
        opinion = Opinion(alias="other", answer=AIMessage(other))
        assert AgreementCheck(by=by).compared(AIMessage(one), [opinion]) in (
            {},
            {"other": "another answer"},
        )
