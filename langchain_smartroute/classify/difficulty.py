"""Estimates the difficulty of a request from features that work in any script.

Each feature adds points, so that a level can be explained: 0-1 points are easy, 2-4 medium, 5
and more hard.

| evidence | points |
|---|---|
| length, in estimated tokens | 1 from 15, 2 from 40, 3 from 100, 4 from 300 |
| clauses, list items and constraints | 1 from 3, 2 from 6, 3 from 10 |
| length and clauses together | at most 3: a long pasted text is no hard question |
| two questions or more | 1 |
| a code block, a stack trace or program text | 1 |
| a formula | 1 |
| three numbers or more | 1 |
| work words (implement, plan, compare, …) | 1 |
| words of depth (prove, architect, optimise, trade-off, …) | 2 for one, 3 for two, 4 for more |
| three bound tools or more | 1 |
| six turns of the user or more | 1 |
"""

# ruff: noqa: RUF001 - Cyrillic letters and full-width marks are meant

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_smartroute.classify.characters import window
from langchain_smartroute.classify.marks import DEPTH, PROGRAM, WORK
from langchain_smartroute.classify.tokens import text_tokens

if TYPE_CHECKING:
    from langchain_smartroute.types import Difficulty

__all__ = ["difficulty_of", "difficulty_points"]

_MEDIUM_FROM = 2
_HARD_FROM = 5
_LENGTH_STEPS = (15, 40, 100, 300)
_CLAUSE_STEPS = (3, 6, 10)
_MOST_VOLUME = 4
_DEPTH_STEPS = (1, 1, 2, 3)
_MANY_QUESTIONS = 2
_MANY_NUMBERS = 3
_MANY_TOOLS = 3
_MANY_TURNS = 6

_BREAKS = (",", ";", ": ", ". ", "! ", ".\n", "，", "；", "：", "、", "。", "！", "،", "؛", "।")
_LIST_ITEM = re.compile(r"(?:^|\n)[ \t]{0,8}(?:[-*•]|\d{1,2}[.)、])\s")
_QUESTIONS = ("?", "？", "؟")
_FORMULA = re.compile(
    r"\w ?[=^×÷] ?[\w(-]|[∑∫√∏≤≥≠∞∂∀∃]|\\(?:frac|int|sum|sqrt|lim|begin|alpha|theta|cdot)"
)
_PROGRAM = tuple(PROGRAM.split("|"))
_WORK = tuple(WORK.split("|"))
_DEPTH = tuple(DEPTH.split("|"))
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def _steps(amount: int, steps: tuple[int, ...]) -> int:
    return sum([amount >= step for step in steps])


def _tell_tales(lowered: str) -> int:
    """Points for program text, formulas, numbers and questions."""
    return (
        any(mark in lowered for mark in _PROGRAM)
        + (_FORMULA.search(lowered) is not None)
        + (len(_NUMBER.findall(lowered)) >= _MANY_NUMBERS)
        + (sum(map(lowered.count, _QUESTIONS)) >= _MANY_QUESTIONS)
    )


def difficulty_points(text: str, *, tools: int = 0, user_turns: int = 1) -> int:
    """Difficulty points of `text`; of a long text the window is read."""
    seen = window(text)
    if not seen.strip():
        return 0
    lowered = f" {seen.lower()} "
    clauses = sum(map(lowered.count, _BREAKS)) + len(_LIST_ITEM.findall(lowered))
    volume = _steps(text_tokens(text), _LENGTH_STEPS) + _steps(clauses, _CLAUSE_STEPS)
    deep = len([word for word in _DEPTH if word in lowered])
    return (
        min(_MOST_VOLUME, volume)
        + _tell_tales(lowered)
        + any(word in lowered for word in _WORK)
        + _steps(deep, _DEPTH_STEPS)
        + (tools >= _MANY_TOOLS)
        + (user_turns >= _MANY_TURNS)
    )


def difficulty_of(text: str, *, tools: int = 0, user_turns: int = 1) -> Difficulty:
    """The level of difficulty by points.

    Example:
        >>> from langchain_smartroute.classify import difficulty_of
        >>> difficulty_of("hi")
        'easy'
    """
    points = difficulty_points(text, tools=tools, user_turns=user_turns)
    if points >= _HARD_FROM:
        return "hard"
    return "medium" if points >= _MEDIUM_FROM else "easy"
