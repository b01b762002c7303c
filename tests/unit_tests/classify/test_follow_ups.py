"""Follow-ups: messages that cannot be understood without the previous turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.classify.followup import is_follow_up


@pytest.mark.parametrize(
    "text",
    [
        "and in Rust?",
        "shorter please",
        "why?",
        "again",
        "continue",
        "now translate it to French",
        "make it funnier",
        "What about negative numbers?",
        "Can you explain that again?",
        "the same for Berlin, but shorter",
        "instead use a dict",
        "翻译成英文呢?",
        "为什么？",  # noqa: RUF001
        "那用Java怎么写",
        "もっと短くしてください",
        "なぜ?",
        "그럼 자바로는?",
        "다시 해줘",
        "y en español?",
        "más corto",
        "und auf Deutsch?",
        "kürzer bitte",
        "et en anglais ?",
        "pourquoi ?",
        "e em inglês?",
        "più breve",
        "а на Python?",  # noqa: RUF001
        "короче",
        "لماذا؟",
        "और हिंदी में?",
    ],
)
def test_a_message_that_leans_on_the_one_before_is_a_follow_up(text):
    assert is_follow_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hi",
        "Hello there!",
        "thanks",
        "Great, thank you!",
        "谢谢",
        "danke",
        "Write a Python function to merge sort an array",
        "Classify this tweet as positive or negative: I love the new phone",
        "What is the capital of France?",
        "请把下面这段关于气候变化的文章总结成三句话以内的摘要，谢谢",  # noqa: RUF001
        "日本の首都はどこですか",
        "Translate the following sentence\nand keep the tone",
        "and " * 60,
    ],
)
def test_a_message_that_stands_alone_is_none(text):
    assert not is_follow_up(text)


@given(st.text())
def test_any_text_gets_an_answer(text):
    assert isinstance(is_follow_up(text), bool)
