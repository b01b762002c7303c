"""What left-out predictions say of a classifier, as one report of plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify import PatternClassifier, UserRequest
from langchain_smartroute.evaluation.metrics import (
    Interval,
    accuracy,
    bootstrap_interval,
    calibration_error,
    confusion,
    macro_f1,
)
from langchain_smartroute.evaluation.sources import LeftOut

__all__ = ["COARSE", "Figures", "figures", "report_on"]

COARSE: Mapping[str, str] = {
    "math": "reasoning",
    "summarization": "general",
    "extraction": "general",
}
"""Tasks that a coarse view counts as another, as public label sets do."""

_FEWEST_IN_A_TABLE = 30
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well some prompts are labelled.

    Attributes:
        count: Prompts.
        accuracy: The share that is right.
        macro_f1: Mean F1 over the tasks.
        coarse_accuracy: The share that is right in the coarse view.
        coarse_macro_f1: Mean F1 over the coarse tasks.
        surest_half: The share that is right, coarsely, of the half with most confidence.
        calibration_error: Expected calibration error.
    """

    count: int
    accuracy: Interval
    macro_f1: Interval
    coarse_accuracy: Interval
    coarse_macro_f1: Interval
    surest_half: float
    calibration_error: float


def figures(found: LeftOut, *, seed: int) -> Figures:
    """The figures of left-out predictions, with bootstrap intervals.

    Args:
        found: The predictions.
        seed: Of the draws.
    """
    labels, predicted, classes = found.labels, found.predicted, len(found.tasks)
    merged = coarse_numbers(found.tasks)
    broad, broadly = merged[labels], merged[predicted]
    size = len(labels)
    surest = np.argsort(-found.confidences, kind="stable")[: max(1, int(size * _HALF))]
    return Figures(
        count=size,
        accuracy=bootstrap_interval(
            lambda at: accuracy(labels[at], predicted[at]), size, seed=seed
        ),
        macro_f1=bootstrap_interval(
            lambda at: macro_f1(labels[at], predicted[at], classes=classes), size, seed=seed
        ),
        coarse_accuracy=bootstrap_interval(
            lambda at: accuracy(broad[at], broadly[at]), size, seed=seed
        ),
        coarse_macro_f1=bootstrap_interval(
            lambda at: macro_f1(broad[at], broadly[at], classes=classes), size, seed=seed
        ),
        surest_half=accuracy(broad[surest], broadly[surest]),
        calibration_error=calibration_error(found.confidences, found.right),
    )


def report_on(found: LeftOut, *, seed: int) -> dict[str, Any]:
    """Everything about left-out predictions: overall, by part, by language, by family.

    Args:
        found: The predictions.
        seed: Of the draws.
    """
    languages = np.array([e.lang for e in found.examples])
    families = np.array([e.family for e in found.examples])
    shippable = np.array([e.shippable for e in found.examples])
    own = np.array([e.own for e in found.examples])
    parts = {
        "all left-out sources": np.ones(len(own), bool),
        "written for this project, its file left out": own,
        "public sources, each family left out": shippable & ~own,
        "sources that are never trained on": ~shippable,
    }
    return {
        "parts": {
            name: figures(found.only(rows), seed=seed) for name, rows in parts.items() if rows.any()
        },
        "baselines": _baselines(found, seed=seed),
        "languages": _table(found, languages, seed=seed),
        "families": _table(found, families, seed=seed),
        "tasks": found.tasks,
        "confusion": confusion(found.labels, found.predicted, classes=len(found.tasks)).tolist(),
    }


def coarse_numbers(tasks: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Number of a task → number of the task that it counts as in the coarse view."""
    merged = (COARSE.get(task, task) for task in tasks)
    found = [
        tasks.index(other if other in tasks else task)
        for task, other in zip(tasks, merged, strict=True)
    ]
    return np.array(found, np.intp)


def _table(
    found: LeftOut, keys: npt.NDArray[np.str_], *, seed: int
) -> dict[str, tuple[int, Interval, Interval]]:
    """Key → prompts, accuracy, coarse accuracy; the most frequent first, rare ones left out."""
    merged = coarse_numbers(found.tasks)
    rows: dict[str, tuple[int, Interval, Interval]] = {}
    for key, count in Counter(keys.tolist()).most_common():
        if count < _FEWEST_IN_A_TABLE:
            break
        part = found.only(keys == key)
        right, broadly = part.right, merged[part.labels] == merged[part.predicted]
        rows[key] = (count, _share(right, seed=seed), _share(broadly, seed=seed))
    return rows


def _share(right: npt.NDArray[np.bool_], *, seed: int) -> Interval:
    return bootstrap_interval(lambda at: float(np.mean(right[at])), len(right), seed=seed)


def _baselines(found: LeftOut, *, seed: int) -> dict[str, Interval]:
    """Coarse accuracy of the pattern classifier and of always answering `general`."""
    merged = coarse_numbers(found.tasks)
    place = {task: number for number, task in enumerate(found.tasks)}
    general = place.get("general", 0)
    patterns = PatternClassifier()
    said = (patterns.classify(UserRequest(text=e.text)).task for e in found.examples)
    guesses = np.array([place.get(task, general) for task in said], np.intp)
    labels = merged[found.labels]
    return {
        "patterns": _share(labels == merged[guesses], seed=seed),
        "always general": _share(labels == general, seed=seed),
    }
