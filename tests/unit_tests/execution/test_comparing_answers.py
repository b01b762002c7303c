"""Final answers, and comparing two of them."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from langchain_smartroute import AgreementCheck, ConfigurationError
from langchain_smartroute.execution.checks import Opinion, final_answer, same_answer

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
    ("The area is 12 cm^2.", "12 cm^2"),
    (r"Therefore $x = \frac{1}{2}$.", "1/2"),
    ("<think>5 or 6?</think>7", "7"),
    ("", None),
    ("It depends on many things such as the weather and the mood of people.", None),
    ("I would take the train. " * 20, None),
    ("The list becomes [1, 2, 3].", "[1, 2, 3]"),
    ("[1, 2, 3]", "[1, 2, 3]"),
    ("So it is 2x + 3.", "2x + 3"),
    ("It is between 3 and 5.", "between 3 and 5"),
    ("It takes 2 hours and 20 minutes.", "2 hours, 20 minutes"),
    ("It starts at 11:30.", "It starts at 11:30"),
    ("Kylar pays $64 for the 16 glasses.", "$64, 16"),
    ("It is 2 million.", "2 million"),
    ("It is **5** km away.", "5 km"),
    ("So x = 2 or x = 5.", "x = 2 or x = 5"),
    ("**Total:** 12", "12"),
    ("Therefore, **Janet** makes $18 daily.", "$18"),
    ("#### Conclusion\nThe answer is 5.", "5"),
    ("The answer is:\n1. plums\n2. pears", "1. plums\n2. pears"),
    ("Output:\n```\n1\n2\n```", "1\n2"),
    ("1\n2\n3", "1\n2\n3"),
    (r"\boxed{2} and \boxed{5}", "2, 5"),
    (r"\boxed{\boxed{5}}", "5"),
    ('Here it is:\n{\n "a": 1\n}', '{\n "a": 1\n}'),
    ('I found this.\n```json\n{"a": 1}\n```\nNo more.', '{"a": 1}'),
    ("{(1, 2): 3}", "{(1, 2): 3}"),
    ("Output: __init__", "__init__"),
    ("选B", "B"),
    ("正确答案为（B）", "B"),
    ("故本题选择 B。", "B"),
    ("正确选项是B", "B"),
    ("Option C is correct.", "C"),
    ("C is the correct answer.", "C"),
    ("I choose option (B).", "B"),
    ("The answer is B because it is cold.", "B"),
    ("The answer should be C.", "C"),
]

SAME = [
    ("1 May 2010", "May 1st, 2010"),
    ("on Saturday, the 1st of May 2010", "2010-05-01"),
    ("2010年5月1日", "2010/5/1"),
    ("in May 2010", "2010年5月"),
    ("5月1日", "May 1"),
    ("2 hours 30 minutes", "2.5 hours"),
    ("2 hours and 30 minutes", "150 min"),
    ("1 day 4 hours", "28 hours"),
    ("5 feet 3 inches", "63 inches"),
    ("5 km", "5000 metres"),
    ("50 cents", "$0.50"),
    ("1 dollar and 50 cents", "$1.50"),
    ("3千克", "3000 g"),
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
    (r"\dfrac{1}{2}", r"\frac12"),
    (r"\frac{\pi}{2}", "π/2"),
    (r"\frac{\sqrt{2}}{2}", "√2/2"),
    (r"\left(1, 2\right)", "(1,2)"),
    (r"(-\infty, 2]", r"\left(-\infty,2\right]"),
    ("[0, 1)", r"\left[0,1\right)"),
    (r"\{1, 2\}", r"\left\{2,1\right\}"),
    ("{1, 2}", "{2, 1}"),
    ("90°", "90 degrees"),
    ("5 °C", "5 degrees Celsius"),
    (r"1\frac{1}{2}", "1.5"),
    (r"12\text{ cm}", "12 cm"),
    (r"12\,000", "12000"),
    ("x²", "x^{2}"),
    ("60 km/h", "60 km per hour"),
    ("5kW", "5 kW"),
    ("$5k", "$5,000"),
    ("$1.5M", "1.5 million dollars"),
    ("5 dozen", "60"),
    ("3千", "3000"),
    ("3千米", "3 km"),
    ("0.33333333", "1/3"),
    ("€5", "5 EUR"),
    ("**12** apples", "12 apples"),
    ("Ｂ", "Option B"),
    ("B选项", "B是正确的"),
    ("**C**", "C."),
    ("the answer is (c)", "C"),
    ("POSITIVE", "positive"),
    ("New York", "New York."),
    ("“Paris”", "Paris"),
    ("$x$", "x"),
    ("$18 every day", "18 per day"),
    ("$18 a day", "$18"),
    ("5 cm^2", "5 square centimeters"),
    ("5平方米", "5 m²"),
    ("3 hours and 20 minutes", "3 h 20 min"),
    ("12:30 PM", "12:30 p.m."),
    ("3:2", "3 : 2"),
    ("A, B, and D", "A, B, D"),
    ("（1）3；（2）-5", "(1) 3; (2) -5"),
    ("①3 ②-5", "①3；②-5"),
    ("长江和黄河", "长江、黄河"),
    ("3、5", "3,5"),
    ("《红楼梦》", "红楼梦"),
    ("```yaml\na:\n  b: 1\n```", "```yaml\na:\n    b: 1\n```"),
]

DIFFERENT = [
    ("May 1, 2010", "June 1, 2010"),
    ("May 1, 2010", "May 1, 2011"),
    ("May 1, 2010", "May 2010"),
    ("May 1", "May 1, 2010"),
    ("3 hours and 5 hours", "8 hours"),
    ("30 minutes and 2 hours", "150 minutes"),
    ("5 km", "5 m"),
    ("5 km per hour", "5000 m per hour"),
    ("5 square metres", "500 square centimetres"),
    ("€0.50", "50 cents"),
    ("120", "2 hours"),
    ("90 minutes", "90 seconds"),
    ("3 apples and 4 oranges", "7 fruits"),
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
    ("5x", "5"),
    ("5i", "5"),
    ("5!", "5"),
    ("2π", "2"),
    ("10 - x", "10"),
    ("5k", "5"),
    ("$5k", "$5"),
    ("$5m", "$5"),
    ("5 mW", "5 MW"),
    ("5‰", "5%"),
    ("5¢", "$5"),
    ("5m", "5"),
    ("60 km/h", "60 km"),
    ("3百", "3"),
    ("2 dozen", "2"),
    ("5万三千", "50000"),
    ("5 squared", "5"),
    ("5 hundred twenty", "500"),
    ("x = 5", "y = 5"),
    ("B: 5", "C: 5"),
    (r"\leftarrow", r"\rightarrow"),
    ("2(5)", "25"),
    (r"2\frac{1}{2}", "21/2"),
    ("10000001", "10000002"),
    ("1234567.89", "1234567.12"),
    ('{"id": 10000001}', '{"id": 10000002}'),
    ("1e999999999", "1e999999998"),
    ("1e-9999", "1e-8888"),
    ("[1e999999999]", "[1e999999998]"),
    ("(1e999999999,)", "(1e999999998,)"),
    ('{"a": 1, "a": 2}', '{"a": 2}'),
    ("{'1': 'a', '1': 'b'}", "{'1': 'b'}"),
    (r"[r'\d']", r"[r'\\d']"),
    ("(1, 2)", "[1, 2]"),
    ("[1, 2)", "[1, 2]"),
    ("(1, 2)", "(2, 1)"),
    (r"\{1, 2\}", "(1, 2)"),
    ("1:30", "130"),
    ("12 am", "12 pm"),
    ("12:30 PM", "12:30 AM"),
    ("$18 per day", "$18 per hour"),
    ("18 km per day", "18 km"),
    ("5 m³", "5 m²"),
    ("3 hours 20 minutes", "3 hours 2 minutes"),
    ("（1）3；（2）-5", "（1）-5；（2）3"),
    ("长江和黄河", "黄河和长江"),
    ("3:2", "2:3"),
    ("oh!!!", "oh!!!!"),
    ("r;r", "r;r;"),
    ("'loved a", "loved a"),
    ("odes    code", "odes  code"),
    ("O", "o"),
    ("XZD", "Xzd"),
    ("CA", "cA"),
    ("MANolo", "Manolo"),
    ("This Is Granted", "This is granted"),
    ("__init__", "init"),
    (
        "```python\ndef f():\n    x = 1\n    return _0\n```",
        "```python\ndef f():\n    x = 1\n    return x\n```",
    ),
    ("```python\nre.compile(r'\\d')\n```", "```python\nre.compile(r'\\\\d')\n```"),
    ("```python\nx = (a\n% b\n)\n```", "```python\nx = (a\n% c\n)\n```"),
    ("```python\nx = '3 in'\n```", "```python\nx = '3in'\n```"),
    ("```python\nclass A:\n    x: int = 1\n```", "```python\nclass A:\n    x: str = 1\n```"),
    ("```yaml\na:\n  b: 1\nc: 2\n```", "```yaml\na:\n  b: 1\n  c: 2\n```"),
    ("```js\nlog('a  b');\n```", "```js\nlog('a b');\n```"),
    ("```python\nx=1\n```\nThe answer is 5.", "```python\nx=1\n```\nThe answer is 6."),
]


@pytest.mark.parametrize(("text", "value"), SAID)
def test_the_final_answer_is_the_marked_value(text, value):
    assert final_answer(text) == value


@pytest.mark.parametrize(("a", "b"), SAME)
def test_values_written_in_other_ways_are_the_same(a, b):
    assert same_answer(a, b)
    assert same_answer(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_other_values_are_not_the_same(a, b):
    assert not same_answer(a, b)
    assert not same_answer(b, a)


def test_missing_answers_do_not_agree():
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
    ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
    ({"n": 1}, {"n": 1.0}),
    ({"at": {"x": 1, "y": None}}, {"at": {"y": None, "x": 1}}),
    ({"n": 1, "unit": None}, {"n": 1}),
]
CALLS_APART = [
    ({"n": "3"}, {"n": 3}),
    ({"n": "3.0"}, {"n": 3}),
    ({"on": "true"}, {"on": True}),
    ({"at": [1, "2"]}, {"at": [1, 2]}),
    ({"by": '{"a": 1}'}, {"by": {"a": 1}}),
    ({"zip": "12345"}, {"zip": 12345}),
    ({"n": "3"}, {"n": 4}),
    ({"id": "007"}, {"id": 7}),
    ({"id": 10000001}, {"id": 10000002}),
    ({"n": "three"}, {"n": 3}),
    ({"n": 1}, {"n": True}),
    ({"n": 1, "unit": "km"}, {"n": 1}),
    ({"n": ""}, {"n": None, "m": 1}),
    ({"q": "New York"}, {"q": "new york"}),
]


@pytest.mark.parametrize(("a", "b"), CALLS_ALIKE)
def test_arguments_may_be_in_any_order_or_given_as_nothing(a, b):
    one, other = [{"name": "f", "args": a}], [{"name": "f", "args": b}]
    assert same_answer(one, other)
    assert same_answer(other, one)


@pytest.mark.parametrize(("a", "b"), CALLS_APART)
def test_other_arguments_are_other_calls(a, b):
    """Here no schema says whether a text stands for a number: a postcode is none."""
    one, other = [{"name": "f", "args": a}], [{"name": "f", "args": b}]
    assert not same_answer(one, other)
    assert not same_answer(other, one)


def test_json_is_compared_by_value():
    assert same_answer(
        '```json\n{"a": [1, {"b": null}]}\n```', {"a": [1.0, {"b": None}]}, by="json"
    )
    assert not same_answer('{"a": 1}', '{"a": 1, "b": 2}', by="json")
    assert not same_answer("no json", "no json", by="json")


def test_code_is_compared_without_formatting_and_comments():
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


def test_a_tolerance_of_the_callers_holds_for_whole_numbers_too():
    """Ours is for what was rounded, and 10,000,001 is not 10,000,002 rounded."""
    assert same_answer("100", "101", tolerance=0.01)
    assert not same_answer("10000001", "10000002")
    assert same_answer("3.14159265", "3.1415927")


FENCED_JSON = 'I found this.\n```json\n{"a": %d, "b": 2}\n```\nIt has two members, as you see.'
WHOLE = [
    ("Thus 5 km.", "The answer is 5 kilometres."),
    ("So she pays $64 for the 16 glasses.", "Kylar pays $64 for 16 glasses."),
    ("So 20% of $50 is $10.", "The answer is $10."),
    ("Each of the 3 friends gets 4 cookies.", "4"),
    ("The area of a 3 by 4 rectangle is 12.", "3 x 4 = 12"),
    ("She has 10 - 4 = 6 eggs and sells each for $2, so she makes 6 * 2 = $12.", "#### 12"),
    ("**Answer:** (C)", "Option C is correct."),
    ("正确答案为（B）", "因此选B。"),
    ("Output:\n```\n1\n2\n```", "1\n2"),
    ('```json\n{"a": 1, "b": 2}\n```', '```json\n{"b": 2.0, "a": 1}\n```'),
    (FENCED_JSON % 1, FENCED_JSON % 1),
    (
        "def f(x):\n    y = x\n    return y",
        "Like so:\n```python\ndef f(x):\n  z = x\n  return z\n```",
    ),
]
WHOLE_APART = [
    ("Thus 5 km.", "Thus 5 miles."),
    ("So she pays $64 for the 16 glasses.", "So she pays $54 for the 16 glasses."),
    ("The list becomes [1, 2, 3].", "The list becomes [2, 2, 3]."),
    ("18 eggs are left after 4 days.", "17 eggs are left after 4 days."),
    ("3 of them are 5 years old.", "2 of them are 5 years old."),
    ("x is 3 and y is 4.", "x is 5 and y is 4."),
    ("x = 2 and y = 3", "x = 1 and y = 3"),
    ("It takes 4 days to run 12 miles.", "It takes 5 days to run 12 miles."),
    ("Tom has 3 + 4 = 7 and Ann has 5 + 6 = 11.", "Tom has 2 + 4 = 6 and Ann has 5 + 6 = 11."),
    ("He made 3 of the 12.", "He made 4 of the 12."),
    ("At 11:30.", "At 12:30."),
    ("On 2024-05-03.", "On 2023-05-03."),
    ("So it is x + 3.", "So it is x - 3."),
    ("It is 2 million.", "It is 2 billion."),
    ("**Total:** 12", "**Total:** 13"),
    ("Option C is not correct.", "Option C is correct."),
    ('The answer is "Abc".', 'The answer is "abc".'),
    ("{1: 'a'}", '{"1": "a"}'),
    ("def f(x):\n    x += 1\n    return x", "def f(x):\n    x += 2\n    return x"),
    (
        "int f(int x) {\n    x += 1;\n    return x;\n}",
        "int f(int x) {\n    x += 2;\n    return x;\n}",
    ),
    ("# one\n# two", "# two\n# one"),
    (FENCED_JSON % 1, FENCED_JSON % 3),
]


def told(one, other):
    opinion = Opinion(alias="other", answer=AIMessage(other))
    return dict(AgreementCheck().compared(AIMessage(one), [opinion]))["other"]


@pytest.mark.parametrize(("one", "other"), WHOLE)
def test_whole_answers_with_the_same_final_answer_are_the_same(one, other):
    assert told(one, other) == told(other, one) == "same answer"


@pytest.mark.parametrize(("one", "other"), WHOLE_APART)
def test_whole_answers_that_share_their_last_number_are_not_the_same(one, other):
    """What stood last in a line was its value: a unit, a list, a date, half of a sum was lost."""
    assert told(one, other) == told(other, one) != "same answer"


NO_TWO_ALIKE = [
    "18", "19", "1.8", "1,800", "18 million", "1/18", "18:30", "19:30", "2024-05-18", "2023-05-18",
    "[1, 18]", "[2, 18]", "(1, 18)", "2x + 18", "3x + 18", "x - 18", "x + 18", "between 3 and 18",
    "between 4 and 18", "3 hours and 18 minutes", "4 hours and 18 minutes", "x = 18 or x = 2",
    "x = 18 or x = 3", "5π", "5", "3:4", "5:4", "3-18", "more than 18", "less than 18", "May 18",
    "June 18", "8 am", "8 pm", "1e5", "1e6", "12 + 3i", "12 - 3i", "['a']", "['A']",
]  # fmt: skip
CALLED_IT = [
    "The answer is {}.", "**Answer:** {}", "So the result is **{}**.", "\\boxed{{{}}}",
    "答案是：{}。", "The final answer is ${}$.", "Final answer:\n{}", '{{"answer": "{}"}}',
    "The answer is {} because 7 is prime.", "Output:\n```\n{}\n```",
]  # fmt: skip
SENTENCES = [
    "{}",
    "Added up, it is {}.",
    "Add.\n#### {}",
    "First 7 cases.\n\nTherefore it equals {}",
]


@pytest.mark.parametrize("said", [*SENTENCES, *CALLED_IT])
def test_different_values_stay_different_in_any_wording(said):
    """Half past six in the evening was half past seven: both ended in 30."""
    values = [final_answer(said.format(value)) for value in NO_TWO_ALIKE]
    assert [pair for pair in combinations(values, 2) if same_answer(*pair)] == []


@pytest.mark.parametrize("value", [*NO_TWO_ALIKE, "Paris", "blue", "B", "yes"])
def test_a_value_is_the_same_after_any_answer_phrase(value):
    values = [final_answer(said.format(value)) for said in CALLED_IT]
    assert [pair for pair in combinations(values, 2) if not same_answer(*pair)] == []


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
