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

_COIN = 0.25
"""The maximum variance of a score of 0 or 1."""

_COINS_BEFORE = 4
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
    before = np.array([_priors(priors, kind, table.models) for kind in kinds])
    levels = _levels(cells - before, counts, noise)
    common = _weighted(cells - before - levels, counts, axis=1)
    drawn, share = _drawn(cells - before - levels - common[:, None], counts, noise)
    found = np.clip(before + levels + common[:, None] + drawn, 0.0, 1.0)
    kind_of = np.array([kinds.index(task) for task in table.tasks])
    shifts = _shifts(table, found[kind_of], rows, noise)
    expected = found[kind_of] + _laid_out(table, kinds, shifts)
    names = table.models
    means = Findings(
        levels={
            m: Evidence(float(_weighted(found[:, [i]], counts[:, [i]], axis=0)[0]), _MOST_WEIGHT)
            for i, m in enumerate(names)
        },
        tasks={
            m: {
                kind: Evidence(float(found[k, i]), float(min(_MOST_WEIGHT, 1 + counts[k, i])))
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
    known = {m: priors[m][task] for m in models if task in priors.get(m, {})}
    usual = sum(known.values()) / len(known) if known else 0.0
    return [known.get(model, usual) for model in models]


def _mean(scores: _Floats) -> _Floats:
    """Column means; zero where there is no score."""
    known = np.isfinite(scores)
    found: _Floats = np.where(known, scores, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return found


def _weighted(values: _Floats, weights: _Floats, *, axis: int) -> _Floats:
    found: _Floats = (values * weights).sum(axis=axis) / np.maximum(weights.sum(axis=axis), 1e-9)
    return found


def _noise(table: ScoreTable, rows: list[npt.NDArray[np.bool_]]) -> float:
    """Variance of a score around its mean, between models.

    Where all models got the same prompts, a hard prompt affects all of them, so only the
    variance without this common effect matters for differences between models.
    """
    scores = table.scores
    left = np.full_like(scores, np.nan)
    for at in rows:
        left[at] = scores[at] - _mean(scores[at])
    each = np.isfinite(left).sum(axis=1)
    paired = each > 1
    total, freedom = 0.0, 0.0
    if paired.any():
        several = left[paired] - np.nanmean(left[paired], axis=1, keepdims=True)
        total += float(np.nansum(several**2))
        freedom += float((each[paired] - 1).sum())
    total += float(np.nansum(left[~paired] ** 2))
    freedom += float(each[~paired].sum())
    return (total + _COIN * _COINS_BEFORE) / (freedom + _COINS_BEFORE)


def _levels(cells: _Floats, counts: _Floats, noise: float) -> _Floats:
    """Shrunk quality of each model, corrected for tasks."""
    levels = np.zeros(cells.shape[1])
    for _ in range(_ROUNDS):
        common = _weighted(cells - levels, counts, axis=1)
        levels = _weighted(cells - common[:, None], counts, axis=0)
        levels -= _weighted(levels[None], counts.sum(axis=0)[None], axis=1)[0]
    drawn, _ = _drawn(levels[None], counts.sum(axis=0)[None], noise)
    found: _Floats = drawn[0]
    return found


def _drawn(effects: _Floats, counts: _Floats, noise: float) -> tuple[_Floats, float]:
    """Shrink effects towards zero by the noise.

    Returns:
        The shrunk effects, and the mean share that is kept.
    """
    known = counts > 0
    variances = noise / np.maximum(counts, 1.0)
    free = max(1, int(known.sum()) - 1)
    spread = float((effects[known] ** 2 - variances[known]).sum()) / free if known.any() else 0.0
    spread = max(0.0, spread)
    shares = np.where(known, spread / (spread + variances), 0.0)
    return effects * shares, float(shares[known].mean()) if known.any() else 0.0


def _shifts(
    table: ScoreTable, found: _Floats, rows: list[npt.NDArray[np.bool_]], noise: float
) -> list[dict[str, _Floats]]:
    """Task → difficulty → difference of each model's mean."""
    left = table.scores - found
    levels = np.array(table.difficulties)
    everywhere: list[dict[str, _Floats]] = []
    for at in rows:
        own: dict[str, _Floats] = {}
        names = sorted(set(levels[at]))
        if len(names) > 1:
            places = [at & (levels == name) for name in names]
            means = np.array([_mean(left[place]) for place in places])
            counts = np.array([np.isfinite(left[p]).sum(axis=0) for p in places], float)
            common = _weighted(means, counts, axis=1)
            sizes = np.array([[place.sum()] for place in places], float)
            shared = _drawn(common[:, None], sizes, _COIN)[0]
            single = _drawn(means - common[:, None], counts, noise)[0]
            own = {name: shared[i, 0] + single[i] for i, name in enumerate(names)}
        everywhere.append(own)
    return everywhere


def _laid_out(table: ScoreTable, kinds: list[str], shifts: list[dict[str, _Floats]]) -> _Floats:
    """The difference for every answer, by its task and difficulty."""
    nothing = np.zeros(len(table.models))
    by_task = dict(zip(kinds, shifts, strict=True))
    return np.array(
        [
            by_task[task].get(level, nothing)
            for task, level in zip(table.tasks, table.difficulties, strict=True)
        ]
    )
