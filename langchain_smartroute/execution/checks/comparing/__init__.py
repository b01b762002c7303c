"""Comparing answers: extracts final answers, and compares two of them."""

from __future__ import annotations

from langchain_smartroute.execution.checks.comparing.final_answer import final_answer, marked_answer
from langchain_smartroute.execution.checks.comparing.opinion import Opinion
from langchain_smartroute.execution.checks.comparing.same_answer import (
    COMPARISONS,
    TOLERANCE,
    Comparison,
    same_answer,
)

__all__ = [
    "COMPARISONS",
    "TOLERANCE",
    "Comparison",
    "Opinion",
    "final_answer",
    "marked_answer",
    "same_answer",
]
