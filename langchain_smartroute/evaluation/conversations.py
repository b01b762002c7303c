"""Labelled difficulty and follow-ups: files of people's judgements, and how a classifier agrees."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.messages import BaseMessage, HumanMessage

from langchain_smartroute.classify import Classifier, extract_features
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.metrics import (
    Interval,
    accuracy,
    bootstrap_interval,
    confusion,
    rank_correlation,
)
from langchain_smartroute.types import DIFFICULTIES

__all__ = ["DifficultyFigures", "difficulty_figures", "follow_up_accuracy", "read_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifficultyFigures:
    """How far levels of difficulty agree with people's.

    Attributes:
        count: Prompts.
        correlation: Spearman's rank correlation of the levels.
        length_correlation: The same of the prompt's length alone.
        accuracy: The share of levels that are the same.
        confusion: A row per labelled level, a column per level found; easy, medium, hard.
    """

    count: int
    correlation: Interval
    length_correlation: Interval
    accuracy: Interval
    confusion: tuple[tuple[int, ...], ...]


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file.

    Raises:
        ConfigurationError: If it cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error}); correct the file") from error


def difficulty_figures(
    rows: Sequence[dict[str, Any]], *, classifier: Classifier, seed: int
) -> DifficultyFigures:
    """Compare a classifier's levels with the rows' own.

    Args:
        rows: Objects with `text` and `difficulty`.
        classifier: Whose levels are looked at.
        seed: Seed of the intervals.
    """
    labels = np.array([DIFFICULTIES.index(row["difficulty"]) for row in rows], np.intp)
    asked: list[list[BaseMessage]] = [[HumanMessage(row["text"])] for row in rows]
    found = (extract_features(messages, classifier=classifier) for messages in asked)
    levels = np.array([DIFFICULTIES.index(features.difficulty) for features in found], np.intp)
    lengths = np.array([len(row["text"]) for row in rows], float)
    size = len(rows)
    return DifficultyFigures(
        count=size,
        correlation=bootstrap_interval(
            lambda at: rank_correlation(labels[at], levels[at]), size, seed=seed
        ),
        length_correlation=bootstrap_interval(
            lambda at: rank_correlation(labels[at], lengths[at]), size, seed=seed
        ),
        accuracy=bootstrap_interval(lambda at: accuracy(labels[at], levels[at]), size, seed=seed),
        confusion=tuple(map(tuple, confusion(labels, levels, classes=len(DIFFICULTIES)).tolist())),
    )


def follow_up_accuracy(
    rows: Sequence[dict[str, Any]], *, classifier: Classifier, seed: int
) -> Interval:
    """The share of conversations whose last turn gets the task that a reader gave it.

    Args:
        rows: Objects with `turns` (what the user said) and `task`.
        classifier: Who labels them.
        seed: Seed of the interval.
    """
    right = np.array([_task(row["turns"], classifier) == row["task"] for row in rows])
    return bootstrap_interval(lambda at: float(np.mean(right[at])), len(right), seed=seed)


def _task(turns: Sequence[str], classifier: Classifier) -> str:
    return extract_features([HumanMessage(turn) for turn in turns], classifier=classifier).task
