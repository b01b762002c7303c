"""Token estimates: near what tokenizers count, bounded in cost, never too low by much."""

from __future__ import annotations

import pytest
from growth import TIMES, assert_linear
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.classify.tokens import structure_tokens, text_tokens


@pytest.mark.parametrize(
    ("unit", "chars_per_token"),
    [
        ("The quick brown fox jumps over the lazy dog. ", 4.5),
        ("def add(left, right):\n    return left + right\n\n", 3.6),
        ("人工智能正在改变我们的生活方式。", 1.4),
        ("今日はとても良い天気ですね。", 1.4),
        ("오늘은 날씨가 정말 좋네요. ", 1.6),
        ("Сегодня очень хорошая погода. ", 3.8),
        ("الطقس جميل جدا اليوم. ", 3.0),
        ("आज मौसम बहुत अच्छा है। ", 2.8),
    ],
)
def test_each_scripts_estimate_is_within_half_of_the_usual_ratio_and_errs_high(
    unit, chars_per_token
):
    text = unit * 40
    usual = len(text) / chars_per_token
    assert 0.85 * usual <= text_tokens(text) <= 1.6 * usual


def test_long_texts_are_sampled_and_scaled():
    short, long = "Some words, and 12 numbers. " * 100, "Some words, and 12 numbers. " * 10_000
    assert text_tokens(long) == pytest.approx(100 * text_tokens(short), rel=0.05)


def test_a_change_of_script_in_the_middle_is_seen():
    mixed = "a word " * 10_000 + "文字" * 35_000
    parts = text_tokens("a word " * 10_000) + text_tokens("文字" * 35_000)
    assert text_tokens(mixed) == pytest.approx(parts, rel=0.15)


def test_base64_costs_more_than_prose_of_the_same_length():
    assert text_tokens("aGVsbG8gd29ybGQ" * 40) > 2 * text_tokens("hello my world " * 40)


def test_empty_is_nothing_and_anything_else_at_least_one():
    assert text_tokens("") == 0
    assert text_tokens(" ") == 1
    assert text_tokens("\ud800") >= 1


def test_ten_megabytes_cost_no_more_than_in_proportion():
    text = "word 文字 " * 1_250_000
    assert_linear(text_tokens, text[: len(text) // TIMES], text)


def test_structures_count_keys_and_values_and_survive_cycles():
    small, large = {"city": "Paris"}, {"city": "Paris", "days": [1, 2, 3], "note": b"xx"}
    assert 0 < structure_tokens(small) < structure_tokens(large)
    cyclic = {}
    cyclic["self"] = cyclic
    assert structure_tokens(cyclic, most_nodes=50) <= 100


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens_by_much(text, more):
    assert text_tokens(text + more) * 2 + 2 >= text_tokens(text)
