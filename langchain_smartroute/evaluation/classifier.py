"""Metrics of a classifier on left-out sources, as one report of JSON values."""

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

__all__ = ["COARSE", "LabelFigures", "figures", "report_on"]

COARSE: Mapping[str, str] = {
    "math": "reasoning",
    "summarization": "general",
    "extraction": "general",
}
"""Task → the coarser task that it counts as, following public label sets."""

_FEWEST_IN_A_TABLE = 30
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """How well a classifier labels some prompts.

    Attributes:
        count: Number of prompts.
        accuracy: Share of prompts with the right task.
        macro_f1: Mean F1 over the tasks.
        coarse_accuracy: Share with the right coarse task.
        coarse_macro_f1: Mean F1 over the coarse tasks.
        surest_half: Coarse accuracy on the half of the prompts with the highest confidence.
        calibration_error: Expected calibration error.
    """

    count: int
    accuracy: Interval
    macro_f1: Interval
    coarse_accuracy: Interval
    coarse_macro_f1: Interval
    surest_half: float
    calibration_error: float


def figures(left_out: LeftOut, *, seed: int) -> LabelFigures:
    """Metrics of left-out predictions, with bootstrap intervals.

    Args:
        left_out: The predictions.
        seed: Seed of the draws.
    """
    labels, predicted, classes = left_out.labels, left_out.predicted, len(left_out.tasks)
    coarse = coarse_numbers(left_out.tasks)
    coarse_labels, coarse_predicted = coarse[labels], coarse[predicted]
    size = len(labels)
    surest = np.argsort(-left_out.confidences, kind="stable")[: max(1, int(size * _HALF))]
    return LabelFigures(
        count=size,
        accuracy=bootstrap_interval(
            lambda at: accuracy(labels[at], predicted[at]), size, seed=seed
        ),
        macro_f1=bootstrap_interval(
            lambda at: macro_f1(labels[at], predicted[at], classes=classes), size, seed=seed
        ),
        coarse_accuracy=bootstrap_interval(
            lambda at: accuracy(coarse_labels[at], coarse_predicted[at]), size, seed=seed
        ),
        coarse_macro_f1=bootstrap_interval(
            lambda at: macro_f1(coarse_labels[at], coarse_predicted[at], classes=classes),
            size,
            seed=seed,
        ),
        surest_half=accuracy(coarse_labels[surest], coarse_predicted[surest]),
        calibration_error=calibration_error(left_out.confidences, left_out.right),
    )


def report_on(left_out: LeftOut, *, seed: int) -> dict[str, Any]:
    """Report on left-out predictions: overall, by part, by language, by family of sources.

    Args:
        left_out: The predictions.
        seed: Seed of the draws.
    """
    languages = np.array([e.lang for e in left_out.examples])
    families = np.array([e.family for e in left_out.examples])
    shippable = np.array([e.shippable for e in left_out.examples])
    own = np.array([e.own for e in left_out.examples])
    parts = {
        "all left-out sources": np.ones(len(own), bool),
        "written for this project, its file left out": own,
        "public sources, each family left out": shippable & ~own,
        "sources that are never trained on": ~shippable,
    }
    return {
        "parts": {
            name: figures(left_out.only(rows), seed=seed)
            for name, rows in parts.items()
            if rows.any()
        },
        "baselines": _baselines(left_out, seed=seed),
        "languages": _table(left_out, languages, seed=seed),
        "families": _table(left_out, families, seed=seed),
        "tasks": left_out.tasks,
        "confusion": confusion(
            left_out.labels, left_out.predicted, classes=len(left_out.tasks)
        ).tolist(),
    }


def coarse_numbers(tasks: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Number of a task → number of its coarse task."""
    merged = (COARSE.get(task, task) for task in tasks)
    found = [
        tasks.index(other if other in tasks else task)
        for task, other in zip(tasks, merged, strict=True)
    ]
    return np.array(found, np.intp)


def _table(
    left_out: LeftOut, keys: npt.NDArray[np.str_], *, seed: int
) -> dict[str, tuple[int, Interval, Interval]]:
    """Key → prompts, accuracy, coarse accuracy; the most frequent key first, rare ones left out."""
    coarse = coarse_numbers(left_out.tasks)
    rows: dict[str, tuple[int, Interval, Interval]] = {}
    for key, count in Counter(keys.tolist()).most_common():
        if count < _FEWEST_IN_A_TABLE:
            break
        part = left_out.only(keys == key)
        coarsely_right = coarse[part.labels] == coarse[part.predicted]
        rows[key] = (count, _share(part.right, seed=seed), _share(coarsely_right, seed=seed))
    return rows


def _share(right: npt.NDArray[np.bool_], *, seed: int) -> Interval:
    return bootstrap_interval(lambda at: float(np.mean(right[at])), len(right), seed=seed)


def _baselines(left_out: LeftOut, *, seed: int) -> dict[str, Interval]:
    """Coarse accuracy of the pattern classifier and of always predicting `general`."""
    coarse = coarse_numbers(left_out.tasks)
    place = {task: number for number, task in enumerate(left_out.tasks)}
    general = place.get("general", 0)
    patterns = PatternClassifier()
    said = (patterns.classify(UserRequest(text=e.text)).task for e in left_out.examples)
    guesses = np.array([place.get(task, general) for task in said], np.intp)
    labels = coarse[left_out.labels]
    return {
        "patterns": _share(labels == coarse[guesses], seed=seed),
        "always general": _share(labels == general, seed=seed),
    }
