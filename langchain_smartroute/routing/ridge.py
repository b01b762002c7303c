"""Text gains by ridge regression, used only if cross-validation shows an improvement.

Leave-one-out errors have a closed form, so each part is evaluated at every strength of
regularisation on unseen scores. A part is used if the improvement is significant; the card
reports both cases.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.routing.gains import TextGains, sketches
from langchain_smartroute.routing.scores import ScoreTable

__all__ = ["fitted_gains"]

_Floats = npt.NDArray[np.float64]

_STRENGTHS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
_FEWEST = 40
"""Minimum number of prompts to use texts."""

_SURE = 1.0
"""Minimum improvement in standard errors. A part that is used is also scaled by how well
left-out scores follow it, so that a chance finding has little effect."""


_STEEPEST = 4.0
"""Maximum factor by which a prediction is scaled."""


class _Part(NamedTuple):
    """One fitted part of the residuals."""

    weights: _Floats
    note: str
    used: bool


def fitted_gains(table: ScoreTable, left: _Floats) -> tuple[TextGains | None, dict[str, Any]]:
    """Fit gains to the residuals of the means.

    Args:
        table: The scores.
        left: Residuals, rows by columns: score minus mean; NaN where there is no score.

    Returns:
        The gains, or `None` if texts add nothing; and entries for the card.
    """
    if len(table.prompts) < _FEWEST:
        why = f"not used: {len(table.prompts)} prompts, fewer than {_FEWEST}"
        return None, {"words_for_all": why, "words_for_each": why}
    texts = sketches(table.prompts)
    centre = texts.mean(axis=0)
    space = _Space(texts - centre)
    known = np.isfinite(left)
    each = np.maximum(known.sum(axis=1, keepdims=True), 1)
    common = np.where(known, left, 0.0).sum(axis=1, keepdims=True) / each
    own = np.where(known, left - common, 0.0)
    for_all = space.part(common)
    several = left.shape[1] > 1
    for_each = (
        space.part(own)
        if several
        else _Part(np.zeros((texts.shape[1], 1)), "not used: one model", used=False)
    )
    notes = {"words_for_all": for_all.note, "words_for_each": for_each.note}
    if not (for_all.used or for_each.used):
        return None, notes
    # The part that distinguishes models replaces the common sensitivity.
    sway = np.ones(left.shape[1]) if for_each.used else _sway(table.scores)
    gains = TextGains(
        aliases=table.models,
        tasks=frozenset(table.tasks),
        centre=centre.astype(np.float32),
        weights=(for_all.weights * sway + for_each.weights).astype(np.float32),
    )
    return gains, notes


def _sway(scores: _Floats) -> _Floats:
    """Sensitivity of each model to common difficulty, relative to the mean.

    It is constant on the scale of log-odds: a model that is nearly always or never right
    changes less in quality than one in between.
    """
    rates = np.nanmean(scores, axis=0)
    slopes = rates * (1.0 - rates)
    mean = float(slopes.mean())
    return slopes / mean if mean > 0 else np.ones_like(slopes)


class _Space:
    """Decomposition of the texts' vectors, shared by all strengths and targets."""

    def __init__(self, texts: _Floats) -> None:
        rows, width = texts.shape
        if rows < width:
            values, left = np.linalg.eigh(texts @ texts.T)
            kept = values > 1e-9 * values[-1]
            self._values, self._left = values[kept], left[:, kept]
            self._right = texts.T @ self._left / np.sqrt(self._values)
        else:
            values, right = np.linalg.eigh(texts.T @ texts)
            kept = values > 1e-9 * values[-1]
            self._values, self._right = values[kept], right[:, kept]
            self._left = texts @ self._right / np.sqrt(self._values)

    def part(self, target: _Floats) -> _Part:
        """Fit a target at the strength with the best leave-one-out error."""
        projected = self._left.T @ (target - target.mean(axis=0))
        fits = [(*self._left_out(target, projected, s), s) for s in _STRENGTHS]
        errors, slopes, strength = _smoothest(fits)
        better = (target - target.mean(axis=0)) ** 2
        gains = better.mean(axis=1) - errors
        gain, doubt = float(gains.mean()), float(gains.std()) / math.sqrt(len(gains))
        used = gain > _SURE * doubt and gain > 0
        share = gain / max(float(better.mean()), 1e-12)
        note = (
            f"{'used' if used else 'not used'}: left-out scores are predicted with"
            f" {share:.1%} less squared error (n={len(target)},"
            f" {gain / max(doubt, 1e-12):.1f} standard errors, strength {strength:g})"
        )
        if not used:
            return _Part(np.zeros((len(self._right), target.shape[1])), note, used=False)
        weights = self._right @ (
            projected * (np.sqrt(self._values) / (self._values + strength))[:, None]
        )
        return _Part(weights * slopes, note, used=True)

    def _left_out(
        self, target: _Floats, projected: _Floats, strength: float
    ) -> tuple[_Floats, _Floats]:
        """Leave-one-out squared errors by row, and the slopes used."""
        shares = self._values / (self._values + strength)
        fitted = self._left @ (projected * shares[:, None])
        own = (self._left**2) @ shares + 1.0 / len(target)
        centred = target - target.mean(axis=0)
        found = centred - (centred - fitted) / np.maximum(1.0 - own, 1e-6)[:, None]
        slopes = _slopes(centred, found)
        return ((centred - found * slopes) ** 2).mean(axis=1), slopes


def _smoothest(fits: list[tuple[_Floats, _Floats, float]]) -> tuple[_Floats, _Floats, float]:
    """The strongest regularisation within one standard error of the best."""
    best = min(fits, key=lambda one: float(one[0].mean()))[0]

    def as_good(errors: _Floats) -> bool:
        worse = errors - best
        return float(worse.mean()) <= float(worse.std()) / math.sqrt(len(worse))

    return [one for one in fits if as_good(one[0])][-1]


def _slopes(target: _Floats, found: _Floats) -> _Floats:
    """Per column, slope of left-out scores on predictions, which ridge regression shrinks."""
    believed = (target * found).sum(axis=0) / np.maximum((found**2).sum(axis=0), 1e-12)
    clipped: _Floats = np.clip(believed, 0.0, _STEEPEST)
    return clipped
