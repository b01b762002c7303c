"""Trains the artefact that `LinearClassifier` reads from labelled prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.artefact import Artefact
from langchain_smartroute.classify.hashing import BITS
from langchain_smartroute.classify.training.calibration import (
    Calibration,
    calibrate,
    lengths_of,
)
from langchain_smartroute.classify.training.distraction import with_distractions
from langchain_smartroute.classify.training.examples import Example, capped, data_hash
from langchain_smartroute.classify.training.fit import Fitted, fit_softmax
from langchain_smartroute.classify.training.licenses import license_of
from langchain_smartroute.classify.training.matrix import feature_matrix
from langchain_smartroute.classify.training.settings import TrainingSettings
from langchain_smartroute.classify.training.weighting import importance
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import DIFFICULTIES, TASKS

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Learned", "learn", "left_out_scores", "source_weights", "train"]

_Floats = npt.NDArray[np.float64]

_FEWEST_TASKS, _FEWEST_OF_A_TASK = 2, 5
_FEWEST_LEVELLED = 100
"""Minimum number of prompts with a difficulty; with fewer, difficulty is not trained."""

_STEPS = 127
"""The largest quantised weight of a column, the maximum of int8."""

_DIGITS = 9
"""Decimal digits of scales and biases in the file, so that it is the same on every machine."""


class Learned(NamedTuple):
    """A trained model, before it is quantised.

    Attributes:
        tasks: The tasks, in the order of the columns.
        fitted: The linear layer of the tasks.
        calibration: The temperatures.
    """

    tasks: tuple[str, ...]
    fitted: Fitted
    calibration: Calibration


def train(
    examples: Sequence[Example],
    *,
    settings: TrainingSettings | None = None,
    version: str = "own",
) -> Artefact:
    """Train a classifier.

    Args:
        examples: Labelled prompts. Tasks that are not the package's own become tasks too.
            Those that are not shippable are left out.
        settings: How to train.
        version: Version to store in the artefact.

    Returns:
        The artefact; the same bytes for the same examples and settings.

    Raises:
        ConfigurationError: If there is too little to learn from.
    """
    chosen = settings or TrainingSettings()
    used = capped(
        [e for e in examples if e.shippable], most=chosen.most_of_a_source, seed=chosen.seed
    )
    tasks = tasks_of(used)
    used = with_distractions(used, share=chosen.distractions, seed=chosen.seed)
    features = feature_matrix([e.text for e in used], block_weights=chosen.block_weights)
    learned, scores = _calibrated(used, features, tasks=tasks, settings=chosen)
    levels, levelled = _difficulty(used, features, chosen)
    weights = np.hstack([learned.fitted.weights, levelled.weights])
    scales = np.abs(weights).max(axis=0) / _STEPS
    rounded = np.rint(weights / np.where(scales > 0, scales, 1.0)).astype(np.int8)
    biases = np.concatenate([learned.fitted.bias, levelled.bias])
    return Artefact(
        tasks=tasks,
        levels=levels,
        bits=BITS,
        scales=_plain(scales),
        biases=_plain(biases),
        block_weights=chosen.block_weights,
        lengths=learned.calibration.lengths,
        temperatures=learned.calibration.temperatures,
        weights=rounded.tobytes(),
        version=version,
        card=_card(used, examples, scores, tasks=tasks, learned=learned, settings=chosen),
    )


def learn(
    examples: Sequence[Example],
    features: sparse.csr_matrix,
    *,
    tasks: Sequence[str],
    settings: TrainingSettings,
) -> Fitted:
    """Fit the linear layer of the tasks, without calibration."""
    return fit_softmax(
        features,
        targets_of(examples, tasks),
        classes=len(tasks),
        importance=importance(examples, settings),
        strength=settings.strength,
        iterations=settings.iterations,
    )


def left_out_scores(
    examples: Sequence[Example],
    features: sparse.csr_matrix,
    *,
    tasks: Sequence[str],
    settings: TrainingSettings,
) -> _Floats:
    """Scores of each example by a model trained without its family of sources.

    The families are divided into `settings.groups` groups of about equal size; prompts are, where
    all of them are of one family.
    """
    groups = np.array(_groups(examples, settings))
    scores = np.zeros((len(examples), len(tasks)))
    for group in range(settings.groups):
        seen, unseen = np.flatnonzero(groups != group), np.flatnonzero(groups == group)
        if not len(seen) or not len(unseen):
            continue
        fitted = learn(
            [examples[i] for i in seen.tolist()], features[seen], tasks=tasks, settings=settings
        )
        scores[unseen] = features[unseen] @ fitted.weights + fitted.bias
    return scores


def source_weights(examples: Sequence[Example]) -> _Floats:
    """Weights by which every family of sources has the same total."""
    sizes = Counter(e.family for e in examples)
    return np.array([1.0 / sizes[e.family] for e in examples])


def _calibrated(
    examples: Sequence[Example],
    features: sparse.csr_matrix,
    *,
    tasks: tuple[str, ...],
    settings: TrainingSettings,
) -> tuple[Learned, _Floats]:
    """The calibrated model, and the left-out scores that its temperatures were fitted on."""
    scores = left_out_scores(examples, features, tasks=tasks, settings=settings)
    calibration = calibrate(scores, targets_of(examples, tasks), lengths_of(examples))
    fitted = learn(examples, features, tasks=tasks, settings=settings)
    return Learned(tasks, fitted, calibration), scores


def _difficulty(
    examples: Sequence[Example], features: sparse.csr_matrix, settings: TrainingSettings
) -> tuple[tuple[str, ...], Fitted]:
    """Levels and linear layer of difficulty; both empty where too few examples have one."""
    rated = [i for i, e in enumerate(examples) if e.own and e.difficulty is not None]
    targets = np.array([DIFFICULTIES.index(examples[i].difficulty or "medium") for i in rated])
    if len(rated) < _FEWEST_LEVELLED or len(set(targets.tolist())) < len(DIFFICULTIES):
        return (), Fitted(np.zeros((1 << BITS, 0)), np.zeros(0))
    counts = np.bincount(targets, minlength=len(DIFFICULTIES))
    fitted = fit_softmax(
        features[rated],
        targets,
        classes=len(DIFFICULTIES),
        importance=1.0 / counts[targets],
        strength=settings.difficulty_strength,
        iterations=settings.iterations,
    )
    return DIFFICULTIES, fitted


def tasks_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The package's own tasks that have examples, then any others.

    Raises:
        ConfigurationError: If there are too few of them, or too few prompts of one.
    """
    counts = Counter(e.task for e in examples)
    scarce = [t for t, n in counts.items() if n < _FEWEST_OF_A_TASK]
    if len(counts) < _FEWEST_TASKS or scarce:
        raise ConfigurationError(
            f"data: {len(counts)} tasks in {len(examples)} shippable prompts"
            + (f", and too few of {', '.join(sorted(scarce))}" if scarce else "")
            + f"; give at least {_FEWEST_TASKS} tasks with {_FEWEST_OF_A_TASK} prompts each"
        )
    known = [task for task in TASKS if task in counts]
    return (*known, *sorted(set(counts) - set(known)))


def targets_of(examples: Sequence[Example], tasks: Sequence[str]) -> npt.NDArray[np.intp]:
    """Index of each example's task."""
    place = {task: number for number, task in enumerate(tasks)}
    return np.array([place[e.task] for e in examples], np.intp)


def _groups(examples: Sequence[Example], settings: TrainingSettings) -> list[int]:
    """Group of each example: that of its family, or, where there is one family, of its prompt."""
    if _has_families(examples):
        group_of = _groups_of_families(examples, settings.groups)
        return [group_of[e.family] for e in examples]
    prompts = list(dict.fromkeys(e.text for e in examples if not e.distracted))
    drawn = np.random.default_rng(settings.seed).permutation(len(prompts)) % settings.groups
    group_of = dict(zip(prompts, drawn.tolist(), strict=True))
    # A copy with a meaningless end is in the group of its prompt, the longest that begins it.
    return [group_of[_prompt_of(e, group_of)] for e in examples]


def _left_out(examples: Sequence[Example]) -> str:
    return "families of sources" if _has_families(examples) else "prompts of one source"


def _has_families(examples: Sequence[Example]) -> bool:
    return len({e.family for e in examples}) > 1


def _prompt_of(example: Example, prompts: Collection[str]) -> str:
    text = example.text
    return next(text[:end] for end in range(len(text), 0, -1) if text[:end] in prompts)


def _groups_of_families(examples: Sequence[Example], count: int) -> dict[str, int]:
    """Family → group; the largest families first, each assigned to the smallest group so far."""
    sizes = Counter(e.family for e in examples)
    filled = [0] * count
    found = {}
    for family, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        group = filled.index(min(filled))
        found[family] = group
        filled[group] += size
    return found


def _plain(values: _Floats) -> tuple[float, ...]:
    return tuple(round(value, _DIGITS) for value in values.tolist())


def _card(
    used: Sequence[Example],
    given: Sequence[Example],
    scores: _Floats,
    *,
    tasks: Sequence[str],
    learned: Learned,
    settings: TrainingSettings,
) -> Mapping[str, Any]:
    """The model card: data, licences and evaluation."""
    targets = targets_of(used, tasks)
    right = scores.argmax(axis=1) == targets
    weights = source_weights(used)
    return {
        "data": {
            "sha256": data_hash(used),
            "prompts": sum(not e.distracted for e in used),
            "prompts_with_a_distracting_end": sum(e.distracted for e in used),
            "prompts_given": len(given),
            "sources": dict(sorted(Counter(e.source for e in used).items())),
            "languages": dict(Counter(e.lang for e in used).most_common()),
            "tasks": {task: int(np.sum(targets == n)) for n, task in enumerate(tasks)},
            "licenses": sorted({e.license or license_of(e.source, own=e.own) for e in used} - {""}),
        },
        "evaluation": {
            "how": f"{_left_out(used)} left out in {settings.groups} groups, as calibrated",
            "accuracy": round(float(np.mean(right)), 4),
            "accuracy_each_family_alike": round(float(np.average(right, weights=weights)), 4),
            "temperatures": learned.calibration.temperatures,
        },
    }
