"""Shrunk means per model, task and difficulty (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from langchain_smartroute.routing.evidence import Evidence, Findings
from langchain_smartroute.routing.scores import ScoreTable

__all__ = ["fitted_means"]

_Floats = npt.NDArray[np.float64]

_MOST_WEIGHT = 200.0
"""Maximum weight of a fitted mean against feedback, in scores, as traffic changes."""

_ROUNDS = 20
"""Number of alternating updates of models' levels and tasks' means; they converge before."""

_MOST_VARIANCE = 0.25
"""The maximum variance of a score of 0 or 1."""

_VARIANCE_WEIGHT = 4
"""Weight of the maximum variance as a prior of the noise, in scores."""


def fitted_means(
    table: ScoreTable, priors: Mapping[str, Mapping[str, float]]
) -> tuple[Findings, _Floats]:
    """Fit means to a table of scores.

    Args:
        table: The scores.
        priors: Alias → task → prior of quality, in [0, 1].

    Returns:
        The means, whose card describes the shrinkage, and the predicted quality of each answer:
        rows by columns of the score table, in [0, 1].
    """
    kinds = sorted(set(table.tasks))
    rows = [np.array([task == kind for task in table.tasks]) for kind in kinds]
    cells = np.array([_mean(table.scores[at]) for at in rows])
    counts = np.array([np.isfinite(table.scores[at]).sum(axis=0) for at in rows], float)
    noise = _noise(table, rows)
    prior_means = np.array([_priors(priors, kind, table.models) for kind in kinds])
    levels = _levels(cells - prior_means, counts, noise)
    common = _weighted(cells - prior_means - levels, counts, axis=1)
    effects, share = _shrunk(cells - prior_means - levels - common[:, None], counts, noise)
    qualities = np.clip(prior_means + levels + common[:, None] + effects, 0.0, 1.0)
    kind_of = np.array([kinds.index(task) for task in table.tasks])
    shifts = _shifts(table, qualities[kind_of], rows, noise)
    expected = qualities[kind_of] + _by_answer(table, kinds, shifts)
    names = table.models
    means = Findings(
        levels={
            m: Evidence(
                float(_weighted(qualities[:, [i]], counts[:, [i]], axis=0)[0]), _MOST_WEIGHT
            )
            for i, m in enumerate(names)
        },
        tasks={
            m: {
                kind: Evidence(float(qualities[k, i]), float(min(_MOST_WEIGHT, 1 + counts[k, i])))
                for k, kind in enumerate(kinds)
            }
            for i, m in enumerate(names)
        },
        shifts={
            m: {
                kind: {level: float(by[i]) for level, by in shifts[k].items()}
                for k, kind in enumerate(kinds)
                if shifts[k]
            }
            for i, m in enumerate(names)
        },
        card={"kept_of_task_differences": round(share, 3)},
    )
    return means, np.clip(expected, 0.0, 1.0)


def _priors(
    priors: Mapping[str, Mapping[str, float]], task: str, models: Sequence[str]
) -> list[float]:
    """Prior of each model; the mean prior for an unknown one."""
    priors_of_task = {m: priors[m][task] for m in models if task in priors.get(m, {})}
    mean_prior = sum(priors_of_task.values()) / len(priors_of_task) if priors_of_task else 0.0
    return [priors_of_task.get(model, mean_prior) for model in models]


def _mean(scores: _Floats) -> _Floats:
    """Column means; zero where there is no score."""
    is_scored = np.isfinite(scores)
    means: _Floats = np.where(is_scored, scores, 0.0).sum(axis=0) / np.maximum(
        is_scored.sum(axis=0), 1
    )
    return means


def _weighted(values: _Floats, weights: _Floats, *, axis: int) -> _Floats:
    means: _Floats = (values * weights).sum(axis=axis) / np.maximum(weights.sum(axis=axis), 1e-9)
    return means


def _noise(table: ScoreTable, rows: list[npt.NDArray[np.bool_]]) -> float:
    """Variance of a score around its mean, between models.

    Where all models got the same prompts, a hard prompt affects all of them, so only the
    variance without this common effect matters for differences between models.
    """
    scores = table.scores
    residuals = np.full_like(scores, np.nan)
    for at in rows:
        residuals[at] = scores[at] - _mean(scores[at])
    counts = np.isfinite(residuals).sum(axis=1)
    paired = counts > 1
    total, freedom = 0.0, 0.0
    if paired.any():
        differences = residuals[paired] - np.nanmean(residuals[paired], axis=1, keepdims=True)
        total += float(np.nansum(differences**2))
        freedom += float((counts[paired] - 1).sum())
    total += float(np.nansum(residuals[~paired] ** 2))
    freedom += float(counts[~paired].sum())
    return (total + _MOST_VARIANCE * _VARIANCE_WEIGHT) / (freedom + _VARIANCE_WEIGHT)


def _levels(cells: _Floats, counts: _Floats, noise: float) -> _Floats:
    """Shrunk quality of each model, corrected for tasks."""
    levels = np.zeros(cells.shape[1])
    for _ in range(_ROUNDS):
        common = _weighted(cells - levels, counts, axis=1)
        levels = _weighted(cells - common[:, None], counts, axis=0)
        levels -= _weighted(levels[None], counts.sum(axis=0)[None], axis=1)[0]
    shrunk, _ = _shrunk(levels[None], counts.sum(axis=0)[None], noise)
    shrunk_levels: _Floats = shrunk[0]
    return shrunk_levels


def _shrunk(effects: _Floats, counts: _Floats, noise: float) -> tuple[_Floats, float]:
    """Shrink effects towards zero by the noise.

    Returns:
        The shrunk effects, and the mean share that is kept.
    """
    is_scored = counts > 0
    variances = noise / np.maximum(counts, 1.0)
    free = max(1, int(is_scored.sum()) - 1)
    spread = (
        float((effects[is_scored] ** 2 - variances[is_scored]).sum()) / free
        if is_scored.any()
        else 0.0
    )
    spread = max(0.0, spread)
    shares = np.where(is_scored, spread / (spread + variances), 0.0)
    return effects * shares, float(shares[is_scored].mean()) if is_scored.any() else 0.0


def _shifts(
    table: ScoreTable, qualities: _Floats, rows: list[npt.NDArray[np.bool_]], noise: float
) -> list[dict[str, _Floats]]:
    """Task → difficulty → difference of each model's mean."""
    residuals = table.scores - qualities
    levels = np.array(table.difficulties)
    everywhere: list[dict[str, _Floats]] = []
    for at in rows:
        by_level: dict[str, _Floats] = {}
        names = sorted(set(levels[at]))
        if len(names) > 1:
            places = [at & (levels == name) for name in names]
            means = np.array([_mean(residuals[place]) for place in places])
            counts = np.array([np.isfinite(residuals[p]).sum(axis=0) for p in places], float)
            common = _weighted(means, counts, axis=1)
            sizes = np.array([[place.sum()] for place in places], float)
            shared = _shrunk(common[:, None], sizes, _MOST_VARIANCE)[0]
            single = _shrunk(means - common[:, None], counts, noise)[0]
            by_level = {name: shared[i, 0] + single[i] for i, name in enumerate(names)}
        everywhere.append(by_level)
    return everywhere


def _by_answer(table: ScoreTable, kinds: list[str], shifts: list[dict[str, _Floats]]) -> _Floats:
    """The difference for every answer, by its task and difficulty."""
    nothing = np.zeros(len(table.models))
    by_task = dict(zip(kinds, shifts, strict=True))
    return np.array(
        [
            by_task[task].get(level, nothing)
            for task, level in zip(table.tasks, table.difficulties, strict=True)
        ]
    )
