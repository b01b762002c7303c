"""How well a classifier agrees with people on difficulty and on the tasks of follow-ups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    """Agreement of predicted levels of difficulty with people's labels.

    Attributes:
        count: Number of prompts.
        correlation: Spearman's rank correlation of predicted and labelled levels.
        length_correlation: The same for the prompt's length in place of the predicted level.
        accuracy: Share of prompts whose predicted level is the labelled one.
        confusion: Counts with a row per labelled and a column per predicted level: easy,
            medium, hard.
    """

    count: int
    correlation: Interval
    length_correlation: Interval
    accuracy: Interval
    confusion: tuple[tuple[int, ...], ...]


def read_rows(path: str | Path, **needed: type | tuple[str, ...]) -> list[dict[str, Any]]:
    """Read the objects of a JSONL file.

    Args:
        path: The file.
        **needed: Key of every object → the kind of its value, or the values that it may have.

    Raises:
        ConfigurationError: If it cannot be read, or an object lacks what is needed.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
        rows = [(number, json.loads(line)) for number, line in enumerate(lines, 1) if line.strip()]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error}); correct the file") from error
    for number, row in rows:
        if not isinstance(row, dict) or not all(_fits(row.get(n), k) for n, k in needed.items()):
            wanted = f"must be an object with {_told(needed)}"
            raise ConfigurationError(f"{path}, line {number}: {wanted}; correct or remove it")
    if needed and not rows:
        raise ConfigurationError(f"{path}: holds nothing; give objects with {_told(needed)}")
    return [row for _, row in rows]


def _fits(value: object, kind: type | tuple[str, ...]) -> bool:
    return value in kind if isinstance(kind, tuple) else isinstance(value, kind)


def _told(needed: Mapping[str, type | tuple[str, ...]]) -> str:
    named = (f"{n} ({', '.join(k)})" if isinstance(k, tuple) else n for n, k in needed.items())
    return " and ".join(named)


def difficulty_figures(
    rows: Sequence[dict[str, Any]], *, classifier: Classifier, seed: int
) -> DifficultyFigures:
    """Compare a classifier's levels with labelled ones.

    Args:
        rows: Objects with `text` and `difficulty`.
        classifier: The classifier to evaluate.
        seed: Seed of the intervals.
    """
    labels = np.array([DIFFICULTIES.index(row["difficulty"]) for row in rows], np.intp)
    chats: list[list[BaseMessage]] = [[HumanMessage(row["text"])] for row in rows]
    found = (extract_features(messages, classifier=classifier) for messages in chats)
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
    """Share of conversations whose last turn is classified as labelled.

    Args:
        rows: Objects with `turns` (what the user said) and `task`.
        classifier: The classifier to evaluate.
        seed: Seed of the interval.
    """
    right = np.array([_task(row["turns"], classifier) == row["task"] for row in rows])
    return bootstrap_interval(lambda at: float(np.mean(right[at])), len(right), seed=seed)


def _task(turns: Sequence[str], classifier: Classifier) -> str:
    return extract_features([HumanMessage(turn) for turn in turns], classifier=classifier).task
