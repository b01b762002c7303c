"""Mathematical answers in other forms: expressions, solutions, intervals, matrices, equations."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from langchain_smartroute import AgreementCheck
from langchain_smartroute.execution.checks import Opinion, same_answer
from langchain_smartroute.execution.checks.comparing.expressions import expression_of
from langchain_smartroute.execution.checks.comparing.formulas import same_formula

EXPRESSIONS = [
    ("x + 1", "1 + x"),
    (r"3a - 2b", r"-2b + 3a"),
    (r"(x-3)(x+4)", r"x^2 + x - 12"),
    (r"2(y+5)", "2y + 10"),
    (r"\frac{t-4}{6}", r"\frac{t}{6}-\frac{2}{3}"),
    (r"-\frac{a}{b}", r"\frac{-a}{b}"),
    (r"\frac{1}{2}n", r"\frac{n}{2}"),
    (r"\frac{2}{\sqrt{5}}", r"\frac{2\sqrt{5}}{5}"),
    (r"\sqrt{48}", r"4\sqrt{3}"),
    (r"\sqrt[3]{54}", r"3\sqrt[3]{2}"),
    (r"1-\sqrt2", r"-\sqrt{2}+1"),
    (r"\frac{6\sqrt{7.5}}{5}", r"\frac{3\sqrt{30}}{5}"),
    (r"\frac{5\pi}{4}", r"1.25\pi"),
    (r"4 - 7i", "-7i + 4"),
    (r"2^{12}", "4096"),
    (r"3 \cdot 2^{n}", r"6 \cdot 2^{n-1}"),
    (r"\log_3 81", "4"),
    (r"\frac{1}{\cos^2 t}", r"\sec^2 t"),
    (r"\binom{7}{3}", "35"),
    (r"4!", "24"),
    (r"0.1\overline{6}", r"\frac16"),
    (r"3\frac{2}{5}", r"\frac{17}{5}"),
    (r"\left(\frac{5}{8}\right)", "0.625"),
    (r"\frac5{9}", r"\frac{5}{9}"),
    (r"6\sqrt{2}\text{ cm}", r"\sqrt{72}"),
    (r"|y-8|", r"|8-y|"),
    (r"e^{2t}\cdot e", r"e^{2t+1}"),
    (r"41,\!650", "41650"),
]
STATEMENTS = [
    # Solutions, in any order and with or without their variable.
    (r"\frac{3}{2}, -5", r"-5, \frac{3}{2}"),
    (r"x = 3 \text{ or } x = -5", "-5, 3"),
    (r"\{3, -5\}", "-5,3"),
    (r"x = \pm 7", "-7, 7"),
    (r"2 \pm \sqrt{6}", r"2-\sqrt6, 2+\sqrt6"),
    (r"(2,9),(9,2)", r"(9, 2) \text{ and } (2, 9)"),
    (r"a = 4, b = -1", r"b=-1,\quad a=4"),
    (r"a = 4, b = -1", "(4, -1)"),
    (r"(p,q) = (4,-1)", "(4,-1)"),
    (r"k_{2} = \frac{9}{4}", "2.25"),
    (r"\frac{AP}{PB} = \frac{1}{\sqrt{3}}", r"\frac{\sqrt3}{3}"),
    (r"x = 2 + 9 = 11", "11"),
    # Intervals and inequalities.
    (r"y \geq 4", r"[4,\infty)"),
    ("y >= 4", r"4 \le y"),
    (r"-3 < x \leq 8", r"(-3, 8]"),
    (r"x \in (0, 6)", "0<x<6"),
    (r"x < -1 \text{ or } x > 2", r"(-\infty,-1)\cup(2,\infty)"),
    (r"(2,\infty) \cup (-\infty,-1)", r"(-\infty,-1)\cup(2,\infty)"),
    (r"a + b < 9", r"9 > b + a"),
    ("x != 6", r"x \neq 6"),
    ("[1,+∞)", r"[1, \infty)"),
    ("60°", r"\frac{\pi}{3}"),
    ("x₁=1，x₂=4", "x_{1}=1, x_{2}=4"),
    ("x1=1, x2=4", r"x = 1 \text{ or } x = 4"),
    ("f(x)=2x-1", "y=2x-1"),
    (r"\{x \mid x > 2\}", r"(2,\infty)"),
    (r"\frac{1}{6} \approx 0.1667", r"\frac{2}{12}"),
    # Tuples and matrices.
    (r"\left(\frac{7}{2}, -3\right)", "(3.5,-3)"),
    (r"\begin{pmatrix} 0.5 & 1 \\ 2 & 3 \end{pmatrix}", r"\begin{bmatrix}.5&1\\2&3\end{bmatrix}"),
    (r"\left[\begin{array}{cc}4&5\\6&7\end{array}\right]", r"\begin{pmatrix}4&5\\6&7\end{pmatrix}"),
    (r"\langle 1, \frac{4}{2} \rangle", r"\left\langle 1,2 \right\rangle"),
    # Equations.
    (r"y = \frac{x}{2} - 3", "x - 2y - 6 = 0"),
    ("3x - y = 7", "6x = 2y + 14"),
    (r"\frac{x^2}{9}+\frac{y^2}{5}=1", "5x^2+9y^2=45"),
]  # fmt: skip
APART = [
    # Braces were taken off, and what stood in them fell out of the root, fraction or power.
    (r"\sqrt{2x}", r"\sqrt{2}x"),
    (r"\frac{1}{2}x", r"\frac{1}{2x}"),
    (r"\frac{a}{3}b", r"\frac{a}{3b}"),
    (r"e^{2x}", "e^2x"),
    (r"2^{3n}", "2^3n"),
    (r"\sqrt[3]{7}", r"3\sqrt{7}"),
    (r"\binom{6}{2}", r"\frac{6}{2}"),
    ("2^{101}", "2^{102}"),
    (r"10^{20}+\sqrt{2}", r"10^{20}+\sqrt{3}"),
    (r"\frac{1}{300!}", r"\frac{1}{301!}"),
    (r"\frac{1}{3}x", "0.33x"),
    ("4+7i", "4-7i"),
    (r"3 \pm \sqrt{5}", r"3 + \sqrt{5}"),
    (r"\ln 3", r"\log 3"),
    (r"0.\overline{3}", "0.3"),
    ("12_5", "12_7"),
    (r"|x|", "x"),
    ("x > 5", "x < 5"),
    ("x > 5", r"x \geq 5"),
    ("x > 5", "a > 5"),
    (r"[1,2)\cup(3,4]", r"[1,2)\cup(3,5]"),
    ("(1, 4)", "(4, 1)"),
    ("(1, 4)", "[1, 4]"),
    ("(1, 4)", r"\{1, 4\}"),
    ("x=2,y=3", "x=3,y=2"),
    ("x_1=1,x_2=4", "x_1=4,x_2=1"),
    ("x=2,y=3", "(3,2)"),
    ("3x + y = 1", "1"),
    ("x - y = 0", "0"),
    ("x + y = 3", "x - y = 3"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"),
    ("f(x)", "f(y)"),
    (r"f(-x)", "-f(x)"),
    ("1, 1, 2", "1, 2, 2"),
    # What a program prints is no sum.
    ("$$$78$$", "$78$"),
    ("++t+a+o", "t+a+o"),
    ("2 e", "2e"),
    ("[-1]", "-1"),
    ("a1b2", "b2a1"),
    ("ab", "ba"),
    ("3-2", "2-1"),
    ("2024-05-03", "2016"),
    ("555-1234", "-679"),
    ("b, a", "a, b"),
    (r"5\sqrt{2}\text{ cm}", r"5\sqrt{2}\text{ m}"),
    (r"5\sqrt{2}\text{ cm}^2", r"5\sqrt{2}\text{ cm}"),
    ("x > 5 is false", "x > 5"),
    ("58, 92, 21", "92, 58, 21"),
    ("{58, 92}", "92, 58"),
]


@pytest.mark.parametrize(("a", "b"), [*EXPRESSIONS, *STATEMENTS])
def test_a_formula_in_another_form_is_the_same(a, b):
    """Two models that had both solved it were taken to differ: by a sum's order, by a root."""
    assert same_answer(a, b)
    assert same_answer(b, a)


@pytest.mark.parametrize(("a", "b"), APART)
def test_other_formulas_are_not_the_same(a, b):
    assert not same_answer(a, b)
    assert not same_answer(b, a)


@pytest.mark.parametrize(("a", "b"), [*EXPRESSIONS, *STATEMENTS])
def test_whole_answers_may_box_it_in_another_form(a, b):
    texts = [f"We solve it.\n\nThe final answer is $\\boxed{{{text}}}$." for text in (a, b)]
    seen = AgreementCheck().compared(
        AIMessage(texts[0]), [Opinion(alias="o", answer=AIMessage(texts[1]))]
    )
    assert seen == {"o": "same answer"}


COEFFICIENTS = st.lists(st.integers(-9, 9), min_size=3, max_size=3)


@given(COEFFICIENTS, COEFFICIENTS)
def test_polynomials_are_the_same_only_with_the_same_coefficients(one, other):
    a, b = (f"({c[0]}) x^2 + ({c[1]}) x y + ({c[2]}) y" for c in (one, other))
    assert (expression_of(a) == expression_of(b)) == (one == other)


@given(st.text("x2+-*/^()[]{},|=<>√π±\\frac ", max_size=60), st.text("x2+-/^(){},= ", max_size=60))
def test_reading_a_formula_never_raises_and_does_not_mind_the_order(a, b):
    found = same_formula(a, b, tolerance=1e-6)
    assert found == same_formula(b, a, tolerance=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "9^{9^{9^9}}", "(" * 390, "2^" * 190, "{" * 100 + "x" + "}" * 100, "x" + "^{400}" * 60,
        "±" * 300, "1" + "+1" * 140, "(x+y)^{399}" * 20, "170!!!!", r"\sqrt" * 70 + "2",
        r"\frac{1}{" * 30 + "x" + "}" * 30, r"\begin{pmatrix}" * 20, "," * 400, "1/" * 150 + "0",
        r"\sin" * 90 + " x", "A" * 200 + "!=1", "|" * 300, "=" * 300,
    ],
    ids=lambda text: text[:9],
)  # fmt: skip
def test_a_hostile_formula_is_given_up_quickly(text):
    """A tower of powers has more digits than there are atoms."""
    assert same_formula(text, text + " + 1", tolerance=1e-6) is not True
