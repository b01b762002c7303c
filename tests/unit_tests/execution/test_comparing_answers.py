"""What an answer comes to, and whether two come to the same."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute import ConfigurationError
from langchain_smartroute.execution.checks import final_answer, same_answer

SAID = [
    (r"So \(\boxed{\frac{3}{4}}\).", r"\frac{3}{4}"),
    (r"First \boxed{1}, then \boxed{x_{1}}", r"x_{1}"),
    ("9 + 9\n#### 1,200\n", "1,200"),
    ("The answer is 42.", "42"),
    ("The answer is 3.5. It was easy.", "3.5"),
    ("The final answer is: **B**", "B"),
    ("**Answer:** 12 apples", "12 apples"),
    ("Answer:\n\n42", "42"),
    ("The answer is (A) Paris.", "A"),
    ("The correct option is B", "B"),
    ("The output is ['a', 'b'].", "['a', 'b']"),
    ("Output: {'a': 1}", "{'a': 1}"),
    ("Yes, because the sky is blue.", "Yes"),
    ("The sentiment is **positive**.", "positive"),
    ("Positive", "Positive"),
    ("答案是：36元", "36元"),
    ("因此答案为 B。", "B"),
    ("故选 C。", "C"),
    ("所以，选B。", "B"),
    ("答えは5です。", "5"),
    ("정답은 3입니다.", "3"),
    ("Antwort: 3,5 kg", "3,5 kg"),
    ("Die Antwort lautet 42.", "42"),
    ("La respuesta es 12.", "12"),
    ("Ответ: 17", "17"),
    ('{"reasoning": "x", "answer": 5}', "5"),
    ('```json\n{"label": "spam"}\n```', '{"label": "spam"}'),
    ("She has 5 left.\n\nLet me know if you have any questions!", "5"),
    ("Total = 5 + 6 = 11 apples.", "11"),
    ("The area is 12 cm^2.", "12"),
    (r"Therefore $x = \frac{1}{2}$.", "1/2"),
    ("<think>5 or 6?</think>7", "7"),
    ("", None),
    ("It depends on many things such as the weather and the mood of people.", None),
    ("I would take the train. " * 20, None),
]

SAME = [
    ("A、C", "AC"),
    ("A and C", "A, C"),
    ("（C）", "c"),
    (r"\text{(B)}", "B"),
    ("18", "$18"),
    ("18 dollars per day", "18"),
    ("$3,000", "3000 USD"),
    ("¥30", "30元"),
    ("1,234", "1234"),
    ("1.234,56", "1234.56"),
    ("1 234 567", "1234567"),
    ("1,00,000", "100000"),
    ("3万", "30000"),
    ("2 million", "2,000,000"),
    ("٣٤", "34"),
    ("３４", "34"),
    ("-5", "−5"),
    ("-$5", "$-5"),
    ("1.2e3", "1200"),
    (r"1.2 \times 10^{3}", "1200"),
    ("50%", "0.5"),
    ("50 %", "50"),
    (r"5\%", "5%"),
    (r"\frac{3}{4}", "0.75"),
    ("3/4", "6/8"),
    ("1 1/2", "1.5"),
    ("1½", "1.5"),
    ("x = 5", "5"),
    (r"90^\circ", "90°"),
    (r"\text{blue}", "Blue"),
    ("x+1", "x + 1"),
    ("(B)", "b"),
    ("B) Paris", "B"),
    ("Yes", "yes."),
    ("the cat", "cat"),
    ("[1, 2]", "[1,2]"),
    ("{'a': 1}", '{"a": 1.0}'),
    ("'abc'", "abc"),
    ("True", "true"),
    ("三百二十五", "325"),
    ("十二万", "120000"),
    ("两千零五元", "¥2005"),
    ("二〇二四年", "2024 年"),
    ("三分之二", "2/3"),
    ("百分之五十", "50%"),
    ("三点一四", "3.14"),
    ("负五", "-5"),
    ("五公里", "5 km"),
    ("twelve apples", "12 apples"),
    ("twenty-five", "25"),
    ("10^3", "1000"),
    ("10**3", "1000"),
    ("10³", "1,000"),
    ("2^{10}", "1024"),
    ("1.2×10³", "1200"),
    ("5 kilometers", "5 km"),
    ("5 kilometres", "5公里"),
    ("3 hours", "3 h"),
    ("3小时", "3 hrs"),
    ("60 miles per hour", "60 mi per hr"),
    ("20 percent", "20%"),
    ("5 m²", "5 m^2"),
    ("18 dollars each", "$18"),
    ("是的", "yes"),
    ("对。", "正确"),
    ("不是", "No."),
    ("Nein", "non"),
    ("```python\nx=1\n```", "So:\n```py\nx = 1  # one\n```\nDone."),
]

DIFFERENT = [
    ("A、C", "ABC"),
    ("A, C", "C, A"),
    ("BAD", "ABD"),
    ("18", "19"),
    ("18 miles", "18 km"),
    ("12:30", "12:30 pm"),
    ("007", "7"),
    ("mgiTr", "mgItr"),
    ("'Abc'", "abc"),
    ("[1, 2]", "[2, 1]"),
    ("[1]", "(1,)"),
    ("True", "1"),
    ("A", "B"),
    ("I, am", "I, was"),
    ("||a", "| |a"),
    (",saw", "saw,"),
    ("1/0", "1"),
    ("10^3", "10"),
    ("10³", "103"),
    ("5^2", "5"),
    ("5 km", "5 km per hour"),
    ("5 m", "5 m²"),
    ("5 m", "5 square m"),
    ("5 km", "5 miles"),
    ("3 hours", "3 minutes"),
    ("$5", "5 euros"),
    ("三百五", "350"),
    ("五六", "56"),
    ("一样", "1"),
    ("十分", "10"),
    ("万一", "10001"),
    ("三百二十五", "352"),
    ("负五", "5"),
    ("是", "否"),
    ("对", "不对"),
    ("yes", "no"),
    ("twelve", "twenty"),
    ("one or two", "1"),
    ("", ""),
    ("```python\nx=1\n```", "```python\nx=2\n```"),
]


@pytest.mark.parametrize(("text", "value"), SAID)
def test_an_answer_comes_to_the_value_that_stands_out(text, value):
    assert final_answer(text) == value


@pytest.mark.parametrize(("a", "b"), SAME)
def test_values_written_in_other_ways_are_the_same(a, b):
    assert same_answer(a, b)
    assert same_answer(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_other_values_are_not_the_same(a, b):
    assert not same_answer(a, b)
    assert not same_answer(b, a)


def test_nothing_said_is_no_agreement():
    assert not same_answer(None, None)
    assert not same_answer("5", None)


def test_calls_are_compared_as_a_multiset():
    one = {"name": "add", "args": {"a": 1, "b": [2.0]}, "id": "x"}
    other = {"name": "add", "args": {"b": [2], "a": 1}, "id": "y"}
    look = {"name": "look", "args": {}}
    assert same_answer([one, look], [look, other], by="tool_calls")
    assert same_answer([one, look], [look, other])
    assert not same_answer([one, one], [one, look], by="tool_calls")
    assert not same_answer([one], [one, one], by="tool_calls")
    assert not same_answer([{"name": "add", "args": {"a": 2}}], [one], by="tool_calls")


CALLS_ALIKE = [
    ({"n": "3"}, {"n": 3}),
    ({"n": "3.0"}, {"n": 3}),
    ({"on": "true"}, {"on": True}),
    ({"at": [1, "2"]}, {"at": [1, 2]}),
    ({"by": '{"a": 1}'}, {"by": {"a": 1}}),
    ({"n": 1, "unit": None}, {"n": 1}),
]
CALLS_APART = [
    ({"n": "3"}, {"n": 4}),
    ({"id": "007"}, {"id": 7}),
    ({"n": "three"}, {"n": 3}),
    ({"n": 1}, {"n": True}),
    ({"n": 1, "unit": "km"}, {"n": 1}),
    ({"n": ""}, {"n": None, "m": 1}),
]


@pytest.mark.parametrize(("a", "b"), CALLS_ALIKE)
def test_arguments_may_be_quoted_or_given_as_nothing(a, b):
    one, other = [{"name": "f", "args": a}], [{"name": "f", "args": b}]
    assert same_answer(one, other)
    assert same_answer(other, one)


@pytest.mark.parametrize(("a", "b"), CALLS_APART)
def test_other_arguments_are_other_calls(a, b):
    one, other = [{"name": "f", "args": a}], [{"name": "f", "args": b}]
    assert not same_answer(one, other)
    assert not same_answer(other, one)


def test_json_is_compared_by_value():
    assert same_answer(
        '```json\n{"a": [1, {"b": null}]}\n```', {"a": [1.0, {"b": None}]}, by="json"
    )
    assert not same_answer('{"a": 1}', '{"a": 1, "b": 2}', by="json")
    assert not same_answer("no json", "no json", by="json")


def test_code_is_compared_without_what_does_not_matter():
    one = (
        "def f(xs):\n    'Adds.'\n    total = 0\n    for x in xs:\n        total += x\n"
        "    return total"
    )
    other = (
        "def f(xs: list[int]) -> int:\n  s: int = 0  # the sum\n"
        "  for item in xs: s += item\n  return s\n"
    )
    assert same_answer(one, other, by="code")
    assert not same_answer(one, other.replace("+=", "-="), by="code")
    assert not same_answer(one, other.replace("def f", "def g"), by="code")
    assert same_answer("SELECT  1;\n\n", "SELECT 1;", by="code")


def test_numbers_are_the_last_ones():
    assert same_answer("3 and 4 make 7", "the sum is 7.0", by="number")
    assert not same_answer("none", "none", by="number")


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ConfigurationError, match="by = 'taste' is unknown"):
        same_answer("a", "a", by="taste")


HOSTILE = [
    "9" * 5_000,
    "1e999",
    "1" + ",111" * 3_000,
    "[" * 5_000,
    "{" * 3_000 + "}" * 3_000,
    "\\boxed{" * 3_000,
    "answer is " * 3_000,
    "\\frac" * 4_000,
    "'\\8\\q\\400'",
    "[1if 2else 3]",
    "-" * 20_000,
    "**" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_answers_are_read_quickly_and_without_warnings(text):
    final_answer(text)
    for by in ("auto", "number", "value", "json", "code"):
        same_answer(text, text + " ", by=by)


@given(st.text(max_size=80), st.text(max_size=80))
def test_comparing_never_raises_and_does_not_mind_the_order(a, b):
    final_answer(a)
    for by in ("auto", "number", "json", "code"):
        assert same_answer(a, b, by=by) == same_answer(b, a, by=by)


@given(st.text(min_size=1, max_size=80).filter(str.strip))
def test_an_answer_agrees_with_itself(text):
    assert same_answer(text, text)


ZEROEVAL = (
    Path(os.environ.get("SMARTROUTE_DATA") or Path(__file__).parents[4] / "shared" / "data")
    / "outcomes/zeroeval.parquet"
)


@pytest.mark.skipif(not ZEROEVAL.exists(), reason="the outcomes are not here")
@pytest.mark.parametrize(
    ("dataset", "score", "asked"), [("zeroeval_gsm", 0.967, 0.08), ("zeroeval_crux", 0.83, 0.33)]
)
def test_a_cascade_by_agreement_scores_what_it_is_known_to(dataset, score, asked):
    pandas = pytest.importorskip("pandas")
    rows = pandas.read_parquet(ZEROEVAL)
    cheap = ("gpt-4o-mini-2024-07-18", "deepseek-v2.5-0908")
    strong = "claude-3-5-sonnet-20241022"
    rows = rows[(rows.dataset == dataset) & rows.model.isin([*cheap, strong])]
    table = rows.pivot_table(
        index="prompt_id", columns="model", values=["answer", "score"], aggfunc="first"
    )
    pairs = zip(table["answer", cheap[0]], table["answer", cheap[1]], strict=True)
    agreed = [same_answer(a, b) for a, b in pairs]
    found = table["score", cheap[0]].where(agreed, table["score", strong])
    assert found.mean() == pytest.approx(score, abs=0.005)
    assert 1 - sum(agreed) / len(agreed) == pytest.approx(asked, abs=0.01)
