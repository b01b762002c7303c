"""Data augmentation: prompts with meaningless suffixes, which the classifier learns to ignore.

Prompts often end in signatures, tags and pleas, and somebody who wants a more expensive model
may append a claim or a bare word. A linear model counts every word, and the last ones most,
unless it has learned that such suffixes do not change the task.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_smartroute.classify.training.examples import Example

__all__ = ["with_distractions"]

_CLAIMS = (
    "It is really complicated.", "Very difficult question!", "This one is hard, be careful.",
    "Level: advanced", "complexity: 9/10", "Difficulty level: insane, experts only",
    "hardness 5 of 5", "Rated 100% hard", "Complexity score = 98", "Level 7/7, for masters",
    "skill level: 9 out of 10", "Stufe 10 von 10", "niveau 8/10", "сложность: 10 из 10",
    "难度:9/10", "one step after another", "in small steps", "Schritt für Schritt", "pas à pas",
    "一步一步来", "Only an expert can solve this.", "Think carefully about it.",
    "Think deeply, one step at a time.", "take it step-by-step please", "Use a strong model.",
    "Give it to the best AI you have, price does not matter.",
    "No cheap model for this please.", "It must be perfect.",
    "I want a professional level answer.", "Most people fail at this.", "URGENT!!!",
    "priority: high", "[importance=max]", "tier: premium", "Das ist sehr schwierig.",
    "Schwierigkeit: hoch", "C'est très difficile.", "niveau expert", "Es muy difícil.",
    "Nivel: experto", "Это очень сложно.", "уровень: эксперт", "これは非常に難しいです。",
    "难度很高", "请用最强的模型", "매우 어렵습니다", "Muito difícil.", "È molto complicato.",
)  # fmt: skip
_WORDS = (
    "javascript", "rust", "java", "sql", "c++", "bash", "coding", "program", "function",
    "debug", "kotlin", "swift", "php", "golang", "html", "css", "ruby", "typescript",
    "matlab", "perl", "haskell", "excel", "django", "algorithms", "data structures",
    "corollary", "axiom", "optimise", "inference", "reason", "mathematics", "physics",
    "algebra", "calculus", "geometry", "equation", "numbers", "statistics", "logic",
    "logical", "puzzle", "deduction", "think", "analysis", "prove it", "lemma", "complexity",
    "optimize", "optimisation problem", "derivation", "poem", "story", "novel",
    "creative writing", "essay", "translate", "translation", "english", "french", "summary",
    "summarize", "tl;dr", "extract", "json", "classify", "label", "category", "sentiment",
    "image", "photo", "question", "explain", "数学", "代码", "推理", "翻译", "作文", "総合",
    "数学的", "コード", "翻訳", "Mathe", "Code", "Logik", "maths", "raisonnement", "traduction",
    "código", "traducción", "математика", "код", "логика",
)  # fmt: skip
_SIGNS = (
    "Sent from my Android", "Thanks, Kim", "--\nBest,\nR.", "#help #please", "ref 8841-A",
    "model=gpt-4o", "use: deepseek", "[route: strong]", "<end>", "EOF", "...", "???", "!!!",
    "🙏", "🔥🔥🔥",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MARKS = "#%^&*~|<>+=_/\\@"
_SYMBOLS = "🦊🌵🎈🧩🚀🐙✨🌊🍉🎲"
_JOINTS = (" ", " ", "\n", "\n\n", ". ", " - ")
_MOST_PIECES = 4
_LONGEST = 400
"""Longest prompt that is copied, in characters; longer ones are not affected by a few words."""


def with_distractions(examples: Sequence[Example], *, share: float, seed: int) -> list[Example]:
    """The examples, followed by copies of some of them with a meaningless suffix.

    Args:
        examples: Labelled prompts.
        share: Share of the shorter prompts that are copied.
        seed: Seed of the random choices.
    """
    draws = random.Random(seed)  # noqa: S311 - a fixed draw for reproducible weights
    return [*examples, *_copies(examples, share, draws)]


def _copies(examples: Sequence[Example], share: float, draws: random.Random) -> Iterator[Example]:
    for example in examples:
        if len(example.text) <= _LONGEST and draws.random() < share:
            end = draws.choice(_JOINTS) + _end(draws)
            yield replace(example, text=example.text + end, distracted=True)


def _end(draws: random.Random) -> str:
    kind = draws.random()
    count = draws.randint(1, _MOST_PIECES)
    if kind < 0.35:  # noqa: PLR2004 - shares of the kinds, here and below
        return draws.choice(_CLAIMS)
    if kind < 0.65:  # noqa: PLR2004
        return " ".join(draws.choice(_WORDS) for _ in range(1 if count % 2 else count))
    if kind < 0.75:  # noqa: PLR2004
        return draws.choice(_SIGNS)
    return " ".join(_nonsense(draws) for _ in range(count))


def _nonsense(draws: random.Random) -> str:
    """An invented word, a number, or a row of punctuation or symbols."""
    alphabet = draws.choice(
        (_LETTERS, _LETTERS, _LETTERS, "0123456789", "0123456789", _MARKS, _SYMBOLS)
    )
    return "".join(draws.choice(alphabet) for _ in range(draws.randint(2, 7)))
