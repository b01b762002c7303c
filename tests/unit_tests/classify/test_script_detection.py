"""The script of a text is the one that most of its letters belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.classify.characters import sample, script_of, window


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, world", "latin"),
        ("Übergrößenträger naïve façade", "latin"),
        ("Tiếng Việt rất đẹp", "latin"),
        ("人工智能", "cjk"),
        ("ひらがなカタカナ", "cjk"),
        ("한국어", "cjk"),
        ("Привет", "cyrillic"),
        ("مرحبا", "arabic"),
        ("नमस्ते", "devanagari"),
        ("สวัสดีครับ", "other"),
        ("বাংলা ভাষা", "other"),
        ("Ελληνικά", "other"),
        ("עברית", "other"),
        ("ქართული", "other"),
        ("", "none"),
        ("123 !? 👍 — …", "none"),
        ("。、「」", "none"),
        ("ok 这是一个比较长的中文句子", "cjk"),
        ("a long English sentence 中文", "latin"),
    ],
)
def test_most_letters_decide(text, script):
    assert script_of(text) == script


def test_windows_and_samples_are_bounded_and_hold_both_ends():
    text = "<" + "x" * 100_000 + ">"
    for seen in (window(text), sample(text)):
        assert len(seen) <= 4096
        assert seen[0] == "<"
        assert seen[-1] == ">"
    assert window("short") == sample("short") == "short"


@given(st.text())
def test_any_text_has_a_script(text):
    assert script_of(text) in {
        "latin", "cjk", "cyrillic", "arabic", "devanagari", "other", "none"
    }  # fmt: skip
