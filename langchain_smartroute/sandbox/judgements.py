"""Sentiment analysis and spam detection by word lists."""

from __future__ import annotations

import re

from langchain_smartroute.sandbox.evidence import stem, words

__all__ = ["is_spam", "label", "sentiment"]

_POSITIVE_TEXT = """
amazing awesome beautiful best brilliant delicious delighted enjoy enjoyed excellent fantastic
friendly glad good great happy impressed like liked love loved lovely nice perfect pleased
recommend superb thank thanks wonderful
"""
_POSITIVE = frozenset(_POSITIVE_TEXT.split())
_NEGATIVE_TEXT = """
angry annoying awful bad boring broke broken cold dirty disappointed disappointing fail failed
hate hated horrible late never poor rude sad slow terrible ugly unhappy useless waste worse
worst wrong
"""
_NEGATIVE = frozenset(_NEGATIVE_TEXT.split())
_NEGATION = frozenset({"not", "no", "never", "don't", "didn't", "isn't", "wasn't", "hardly"})
_SPAM_TEXT = """
bitcoin cash casino claim click congratulations credit discount exclusive free guaranteed
lottery millionaire offer prize reward selected urgent viagra winner won
"""
_SPAM = frozenset(_SPAM_TEXT.split())
_SPAM_WORDS_NEEDED = 2
_LABELS = re.compile(
    r"\b(?:as|into|one of|labels?):? ((?:[\w-]+(?: [\w-]+)?, )*[\w-]+,? (?:or|and) [\w-]+)"
)


def sentiment(text: str) -> str:
    """`positive`, `negative` or `neutral`."""
    score = 0
    found = words(text)
    for index, word in enumerate(found):
        value = (word in _POSITIVE) - (word in _NEGATIVE)
        flipped = any(before in _NEGATION for before in found[max(0, index - 2) : index])
        score += -value if flipped else value
    return "positive" if score > 0 else "negative" if score < 0 else "neutral"


def is_spam(text: str) -> bool:
    """Whether at least two words are typical of spam."""
    return len(_SPAM.intersection(words(text))) >= _SPAM_WORDS_NEEDED


def label(instruction: str, text: str) -> str:
    """Choose one of the labels in an instruction, or the sentiment if it lists none.

    The label is the first one with a word in the text, else the first of all.
    """
    listed = _LABELS.search(instruction)
    if listed is None:
        return sentiment(text)
    options = [option for option in re.split(r",? (?:or|and) |, ", listed.group(1)) if option]
    if "positive" in options:
        return sentiment(text)
    stems = {stem(word) for word in words(text)}
    suited = (o for o in options if stems & {stem(word) for word in words(o)})
    return next(suited, options[0])
