"""Whole answers in words, English and Chinese: which come to the same, and which only seem to."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage

from langchain_smartroute import AgreementCheck
from langchain_smartroute.execution.checks import Opinion, final_answer, same_answer
from langchain_smartroute.execution.checks.comparing.sentence import reordered

SAME = [
    ("【答案】B", "B"),
    ("【答案】B【解析】由题意得", "故选B。"),
    ("正确的是①③。", "正确的序号为：①③"),
    ("A、B、D", "ABD"),
    ("答案：AB。", "A和B"),
    ("因此，甲、乙两地相距120千米。", "120公里"),
    ("答：一共需要15元。", "15元"),
    ("答：这个数是15。", "15"),
    ("共36个苹果", "36个"),
    ("最后得到36", "36"),
    ("每天可以赚18美元。", "18美元"),
    ("5+7=12，所以一共有12个。", "12个"),
    ("答えは36個です。", "36個"),
    ("총 36개입니다.", "36개"),
    ("5 + 7 = 12, so there are 12 apples.", "12 apples"),
    ("Janet makes $18 every day.", "So she earns $18 at the market."),
    ("Tom has 5 left.", "5"),
    ("Answer: the number is 15.", "15"),
    ("(A) and (B)", "A, B"),
    ("答案：①③", "①、③"),
    ("So x = 2 or x = 5.", "x=5 or x=2"),
    ("因此 x=2 或 x=5。", "x = 2 or x = 5"),
    ("该说法是错误的。", "答案：×"),
    ("答案：√", "正确"),
]
WRITTEN_CALLS = [
    ("[get_weather(city='Paris', unit='c')]", '[get_weather(unit="c", city="Paris")]'),
    ("f(x=[1, 2], y={'a': 1})", "f(y={'a':1}, x=[1,2])"),
    ("```python\nget_weather(city='Paris')\n```", 'get_weather(city="Paris")'),
    (
        '<tool_call>\n{"name": "f", "arguments": {"a": 1, "b": 2}}\n</tool_call>',
        '<tool_call>{"arguments": {"b": 2, "a": 1}, "name": "f"}</tool_call>',
    ),
    (
        '{"type": "function", "function": {"name": "f", "arguments": "{\\"a\\": 1, \\"b\\": 2}"}}',
        '{"name": "f", "arguments": {"b": 2, "a": 1}}',
    ),
    ('[{"f": "{\\"a\\": 1, \\"b\\": 2}"}]', '[{"f": "{\\"b\\":2,\\"a\\":1}"}]'),
    ('Action: search\nAction Input: {"q": "x"}', 'Action: search\nAction Input: {"q":"x"}'),
]
BOOKING = '{"name": "book", "arguments": {"to": "Oslo", "n": 2, "vip": true}}'
BOOKED = "book(to='Oslo', n=2, vip=True)"
OTHER_FORMS = [
    '{"function": "book", "parameters": {"to": "Oslo", "n": 2.0, "vip": true}}',
    '{"thought": "go", "tool": "book", "args": {"vip": true, "to": "Oslo", "n": 2}}',
    '{"tool_calls": [' + BOOKING + "]}",
    "[TOOL_CALLS] [" + BOOKING + "]",
    "<|python_tag|>" + BOOKING,
    "functools[" + BOOKING + "]",
    '<function=book>{"to": "Oslo", "n": 2, "vip": true}</function>',
    "I will book it.\n\n<tool_call>\n" + BOOKING + "\n</tool_call>",
    "<tool_call>[" + BOOKED + "]</tool_call>",
    "<think>Oslo?</think>" + BOOKED,
    'Thought: go.\nAction: book\nAction Input: {"to": "Oslo", "n": 2, "vip": true}',
    "Here is the call:\n```json\n" + BOOKING + "\n```",
    "Sure, I call this:\n\n[" + BOOKED + "]",
    "```tool_code\nprint(" + BOOKED + ")\n```",
    "API-Request: [" + BOOKED + "]",
    BOOKED + ";  # as asked",
    "book(n=2, to='Oslo', vip=true)",
]
SEVERAL_CALLS = [
    "[f(a=1), g(b='x, y', c=(1, 2))]",
    "[g(c=[1, 2], b='x,y'), f(a=1)]",
    "f(a=1)\ng(b='x, y', c=[1, 2])",
    '{"name": "f", "args": {"a": 1}}\n{"name": "g", "args": {"b": "x, y", "c": [1, 2]}}',
    '<tool_call>f(a=1)</tool_call>\n<tool_call>g(b="x, y", c=[1, 2])</tool_call>',
]
FORMULAS = [
    (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"11\sqrt2", r"11\sqrt{2}"),
    ("2516_8", "2516_{8}"),
    ("y = 2x + 3", "2x+3"),
    (r"x \in [-2, 7]", "[-2,7]"),
    (r"\frac{270}7\text{ degrees}", "270/7 degrees"),
    ("1,2", "1, 2"),
]
APART = [
    # Calls written as text: only what stood after the last sign of equality was read.
    ("f(a=1)", "g(a=1)"),
    ("I call f(a=1)", "I call g(a=1)"),
    ("[f(x=1)]", "[f(x=1), f(x=2)]"),
    ("f(1, 2)", "f(2, 1)"),
    ("f(a='1')", "f(a=1)"),
    ("f(a=1, b=2)", "f(a=1)"),
    ('<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>', "f(a=2)"),
    ("1, 200", "1,200"),
    ("print(1)\nprint(2)", "print(2)\nprint(1)"),
    ("Here it is:\n[f(a=1)]", "Here it is:\n[f(a=2)]"),
    ("<tool_call>f(a=1)</tool_call>", "<tool_call>f(a=1)</tool_call><tool_call>f(a=1)</tool_call>"),
    ("f(a=1)\ng(b=2)", "f(a=2)\ng(b=1)"),
    ('{"f": {"a": 1}}', '{"g": {"a": 1}}'),
    ("f(on=True)", "f(on='true')"),
    ("f(s='a-b')", "f(s='ab')"),
    ("f(a=0)", "f()"),
    # Of a formula alone, or the only one of a sentence, a part was read.
    ("So we get $3x+4y=0$.", "So we get $3x-4y=0$."),
    ("So we get $x^2+y^2=34$.", "So we get $34$."),
    (r"(-\infty,3)\cup(4,\infty)", "x=3, y=4"),
    ("(3,4)", "3.4"),
    ("x=3, y=4", "3<x<4"),
    (r"\{3,4\}", "x=3, y=4"),
    # Several options: of two letters the first was read.
    ("A、B", "A、C"),
    ("(A)、(B)", "(A)、(C)"),
    ("The answer is (A) and (B).", "The answer is (A) and (C)."),
    ("A、B", "A"),
    ("故不选B，而要再算。", "B"),
    ("【答案】AC", "【答案】AD"),
    # A date, a place, a version: part of it was read.
    ("因此，2024年5月1日。", "因此，2024年6月1日。"),
    ("那是阿波罗11号。", "那是双子座11号。"),
    ("北京在2008年举办。", "伦敦在2008年举办。"),
    ("5小时30分钟", "5小时"),
    ("公元前221年", "公元221年"),
    ("Q1 2024", "Q2 2024"),
    ("192.168.1.1", "192.168.1.2"),
    ("So (3, pi/2)", "So (3, pi/4)"),
    ("sin 30", "cos 30"),
    ("at least 5", "at most 5"),
    # Somebody else's number.
    ("It is Apollo 11.", "It is Gemini 11."),
    ("The winner was Spain in 2010", "The winner was Italy in 2010"),
    ("Tom has 5 left.", "Jane has 5 left."),
    ("Tom gets 5 and Jane gets 3.", "Jane gets 5 and Tom gets 3."),
    ("Store A is cheaper by $5", "Store B is cheaper by $5"),
    ("Beijing (2008)", "London (2008)"),
    ("He has 3 apples and 5 pears.", "He has 5 apples and 3 pears."),
    # The other way.
    ("It increased by 20%.", "It decreased by 20%."),
    ("价格上涨了20%。", "价格下跌了20%。"),
    ("The profit is $20", "The loss is $20"),
    ("It is 3 km to the north.", "It is 3 km to the south."),
    ("下午3点", "上午3点"),
    ("它大于5。", "它小于5。"),
    ("A正确，B正确，C错误。", "A正确，B错误，C错误。"),
    ("B不正确。", "B正确。"),
]


def told(one, other):
    seen = AgreementCheck().compared(AIMessage(one), [Opinion(alias="o", answer=AIMessage(other))])
    return seen["o"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words(one, other):
    """A number right after a Chinese word was none, so that no sentence came to its number."""
    assert told(one, other) == told(other, one) == "same answer"


@pytest.mark.parametrize(("one", "other"), [*WRITTEN_CALLS, *FORMULAS])
def test_the_same_call_or_formula_written_in_another_way(one, other):
    assert told(one, other) == told(other, one) == "same answer"
    assert same_answer(one, other)


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_call_in_the_form_of_another_prompt(form):
    """A call between other tags, or after "here is the call:", was a text of its own."""
    assert told(BOOKING, form) == told(form, BOOKING) == "same answer"
    assert told(form, BOOKING.replace("Oslo", "Rome")) == "another answer"
    assert same_answer(BOOKED, form)


@pytest.mark.parametrize("form", SEVERAL_CALLS)
def test_several_calls_in_any_order_and_form(form):
    assert told(SEVERAL_CALLS[0], form) == "same answer"
    assert told(SEVERAL_CALLS[0], form.replace("1", "3")) == "another answer"


def test_a_call_under_its_name_is_one_beside_a_call():
    """`{"f": {"a": 1}}` is how some score cards write `f(a=1)`; beside other JSON it is JSON."""
    assert same_answer('[{"f": {"a": 1}}]', "[f(a=1)]")
    assert not same_answer('{"f": {"a": null}}', '{"f": {}}')


@pytest.mark.parametrize(("one", "other"), APART)
def test_the_same_number_of_something_else(one, other):
    assert told(one, other) == told(other, one) == "another answer"


CHOSEN = [
    "只有C正确。", "A错误；B错误；D错误；C正确。", "A、B、D错误，C正确。", "经分析，C 选项正确。",
    "综上，选项C符合题意。", "所以C。", "因此，C。", "所以答案C", "答案 C", "答案是选项C。",
    "[答案] C", "<answer>C</answer>", "答案：C（氧气）", "答案：【C】",
    "答案是C，理由如下：A太大。", "I'd go with C.",
]  # fmt: skip
FORMULAS_IN_SENTENCES = [
    (r"Therefore $x \geq 5$ is the solution.", r"x \geq 5"),
    ("Hence $f(2) < f(1) < f(4)$.", "f(2) < f(1) < f(4)"),
    ("所以 $x=2$ 或 $x=-3$。", "$x=2$ 或 $x=-3$"),
    ("The value is\n$$\n9\n$$", "9"),
    ("**Answer**\n\n\\[\n\\frac{3}{4}\n\\]", r"\frac{3}{4}"),
    (r"Answer \( 9 \)", "9"),
    (r"The answer is $x=3$ and $y=4$.", "$x=3$ and $y=4$"),
    (r"\boxed{(2, 2)} \quad \text{and} \quad \boxed{(6, 2)}", "(2, 2), (6, 2)"),
    ("正确结论的序号是①③", "①③"),
]


@pytest.mark.parametrize("text", CHOSEN)
def test_an_option_that_an_exam_is_answered_with(text):
    """Where no "答案是" stood before the letter, the whole sentence was the answer."""
    assert "C" in (final_answer(f"由题意可知。\n{text}") or "")
    assert told(f"由题意可知。\n{text}", "故选C。") == "same answer"
    assert told(f"由题意可知。\n{text}", "故选D。") == "another answer"


@pytest.mark.parametrize(("text", "value"), FORMULAS_IN_SENTENCES)
def test_the_only_formula_of_a_sentence_is_its_value(text, value):
    """Of "x ≥ 5 is the solution" the solution was read, and of f(2) < f(1) < f(4) the 4."""
    assert final_answer(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("两数之和为36。", "36"), ("The total comes to 12", "12"), ("故选AC。", "AC")],
)
def test_the_final_answer_of_a_sentence(text, value):
    assert final_answer(text) == value


def test_numbers_of_different_things_keep_their_order():
    """3 cats and 5 dogs were 5 cats and 3 dogs once a list had no order."""
    assert reordered("There are 3 cats and 5 dogs.", "There are 5 cats and 3 dogs.")
    assert reordered("First 3, then 5.", "5, 3")
    assert not reordered("So it is -2 or 1.", "1, -2")
    assert not reordered("3 cats and 5 dogs", "3 dogs and 5 cats")
