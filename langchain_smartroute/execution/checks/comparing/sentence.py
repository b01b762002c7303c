"""Compares sentences with the same number: what it belongs to, and whether it rises or falls.

"The winner was Spain in 2010" and "The winner was Italy in 2010" end with the same number.
"""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from langchain_smartroute.execution.checks.comparing.number_forms import numbers_in
from langchain_smartroute.execution.checks.comparing.plain import plainly_written

__all__ = ["contradict", "reordered"]

_NAME = re.compile(r"(?<![\w.$\\])[A-Z][\w'’-]*")
_BEGINS = re.compile(r"(?:^|[.!?:;]\s|\n)[\s*_\"'“(-]*$")
_FOLLOWS = re.compile(
    r"\s\(?\d|\s(?:is|are|was|were|has|have|had|makes?|made|gets?|got|costs?|earns?|needs?|takes?|took|pays?"
    r"|paid|spends?|spent|saves?|saved|uses?|used|won|lost|will|can)\b"
)
"""Text after a name at the start of a sentence, where every word is capitalised."""
_NO_NAMES = frozenset([
    "a", "after", "all", "altogether", "an", "and", "answer", "as", "at", "because", "both",
    "but", "by", "combined", "cost", "days", "distance", "dollars", "each", "every", "everyone",
    "everything", "final", "finally", "for", "from", "given", "he", "hence", "here", "his",
    "hours", "how", "i", "if", "in", "it", "its", "let", "money", "my", "nobody", "now", "of",
    "on", "our", "people", "percent", "price", "profit", "result", "she", "since", "so",
    "solution", "step", "sum", "that", "the", "their", "then", "there", "therefore", "they",
    "this", "thus", "time", "to", "total", "usd", "using", "we", "what", "when", "who", "with",
    "yes", "no", "you", "your",
])  # fmt: skip
"""Words at the start of a sentence that are not names."""

_OPPOSITES = (
    (
        "increas|grew|grow|rise|rose|gain|增加|增长|上升|上涨|提高",
        "decreas|shr[aiu]nk|fall|fell|drop|declin|减少|下降|下跌|降低",
    ),
    (
        "profit|盈利|利润|赚",
        "loss|亏",
    ),
    (
        r"\bw[io]ns?\b|赢|胜",
        r"\blost\b|\blose|输|败",
    ),
    (
        r"\bmore\b|at least|\bover\b|exceed|above|greater|larger|至少|超过|高于|多|大于",
        r"less\b|fewer|at most|\bunder\b|below|smaller|至多|不足|低于|少于|小于",
    ),
    (
        r"\bbefore\b|earlier|\bago\b|之前|以前",
        r"\bafter\b|later|之后|以后",
    ),
    (
        r"\ba\.?m\b|morning|上午|早上|凌晨",
        r"\bp\.?m\b|afternoon|evening|下午|晚上",
    ),
    (
        r"\bb\.?c\b|公元前",
        r"\ba\.?d\b|公元(?!前)",
    ),
    (
        "north|北",
        "south|南",
    ),
    (
        r"\beast|东",
        r"\bwest|西",
    ),
    (
        r"\bleft\b|左",
        r"\bright\b|右",
    ),
    (
        "faster|quicker|快",
        "slower|慢",
    ),
    (
        "longer|taller|older|heavier|长|高|重",
        "shorter|younger|lighter|短|矮|轻",
    ),
)
_WAYS = [tuple(re.compile(way, re.IGNORECASE) for way in ways) for ways in _OPPOSITES]


def contradict(one: str, other: str) -> bool:
    """Whether two sentences with the same number contradict each other.

    They do if each has a name that the other one lacks, or if one says that the number rises
    and the other one that it falls. Statements in only one of them are not a contradiction.

    Args:
        one: The sentence of one answer's value.
        other: The sentence of the other answer's value.

    Example:
        >>> contradict("It was Spain in 2010.", "It was Italy in 2010.")
        True
        >>> contradict("Janet makes $18 a day.", "She makes $18 a day.")
        False
        >>> contradict("The price fell by 20 %.", "The price rose by 20 %.")
        True
    """
    names = _names(one), _names(other)
    if not (_within(names[0], names[1]) or _within(names[1], names[0])):
        return True
    for up, down in _WAYS:
        ways = [(bool(up.search(text)), bool(down.search(text))) for text in (one, other)]
        if sorted(ways) == [(False, True), (True, False)]:
            return True
    return False


_LISTED = re.compile(
    r"[\s,;$，；、]*+(?:(?:and|or|und|oder|et|ou|y|o)\s|[和或与及])?+[\s$]*+(?:[a-z]\s?=\s?)?+[\s$]*+"
)
"""Text between numbers that are one list, whose order does not count."""


def reordered(one: str, other: str) -> bool:
    """Whether two sentences have the same numbers in another order, and of different things.

    Args:
        one: The sentence of one answer's value, or that value.
        other: The sentence of the other answer's value, or that value.

    Example:
        >>> reordered("3 cats and 5 dogs", "5 cats and 3 dogs")
        True
        >>> reordered("It is 1 or 2.", "2, 1")
        False
    """
    texts = plainly_written(one), plainly_written(other)
    found = [numbers_in(text) for text in texts]
    numbers = [[number[0] for number in each] for each in found]
    if numbers[0] == numbers[1] or sorted(numbers[0]) != sorted(numbers[1]):
        return False
    return not all(
        _LISTED.fullmatch(text, a.end(), b.start())
        for text, each in zip(texts, found, strict=True)
        for a, b in pairwise(each)
    )


def _names(sentence: str) -> list[str]:
    """The names in a sentence, in their order."""
    found = []
    for word in _NAME.finditer(sentence):
        name = re.sub(r"['’]s?$", "", word[0])
        begins = _BEGINS.search(sentence[: word.start()]) is not None
        common = name.lower() in _NO_NAMES and (begins or name == "I" or len(name) > 1)
        if not common and (not begins or _FOLLOWS.match(sentence, word.end())):
            found.append(name)
    return found


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether all of some names are among others, in the same order."""
    left = iter(many)
    return all(name in left for name in few)
