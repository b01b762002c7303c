"""Text gains by ridge regression, used only if cross-validation shows an improvement.

Leave-one-out errors have a closed form, so each part is evaluated at every strength of
regularisation on unseen scores. A part is used if the improvement is significant; the card
reports both cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.routing.gains import TextGains
from langchain_smartroute.routing.scores import ScoreTable

__all__ = ["FittedGains", "fitted_gains"]

_Floats = npt.NDArray[np.float64]
_Fit = tuple[_Floats, _Floats, _Floats, float]

_STRENGTHS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
_FEWEST = 40
"""Minimum number of prompts to use texts."""

_SURE = 1.0
"""Minimum improvement in standard errors. A part that is used is also scaled by how well
left-out scores follow it, so that a chance finding has little effect."""


_STEEPEST = 4.0
"""Maximum factor by which a prediction is scaled."""


class FittedGains(NamedTuple):
    """Gains by a request's text, as far as they improve predictions.

    Attributes:
        gains: The gains; `None`: texts add nothing.
        left_out: Gain of each answer by a fit without it, rows by columns.
        certainty: By how many standard errors left-out scores are predicted better with words
            that tell models apart.
        notes: Entries for the card.
    """

    gains: TextGains | None
    left_out: _Floats
    certainty: float
    notes: dict[str, Any]


class _Part(NamedTuple):
    """One fitted part of the residuals; of no effect where it is not used."""

    weights: _Floats
    left_out: _Floats
    note: str
    certainty: float
    used: bool

    @classmethod
    def unused(cls, width: int, target: _Floats, note: str, *, certainty: float = 0.0) -> _Part:
        nothing = np.zeros((width, target.shape[1]))
        return cls(nothing, np.zeros_like(target), note, certainty, used=False)


def fitted_gains(table: ScoreTable, left: _Floats, sketch: Callable[[str], _Floats]) -> FittedGains:
    """Fit gains to the residuals of the means.

    Args:
        table: The scores.
        left: Residuals, rows by columns: score minus mean; NaN where there is no score.
        sketch: Text → vector.
    """
    if len(table.prompts) < _FEWEST:
        why = f"not used: {len(table.prompts)} prompts, fewer than {_FEWEST}"
        notes = {"words_for_all": why, "words_for_each": why}
        return FittedGains(None, np.zeros_like(left), 0.0, notes)
    texts = np.array([sketch(prompt) for prompt in table.prompts])
    centre = texts.mean(axis=0)
    space = _Space(texts - centre)
    known = np.isfinite(left)
    each = np.maximum(known.sum(axis=1, keepdims=True), 1)
    common = np.where(known, left, 0.0).sum(axis=1, keepdims=True) / each
    own = np.where(known, left - common, 0.0)
    for_all = space.part(common)
    for_each = (
        space.part(own)
        if left.shape[1] > 1
        else _Part.unused(texts.shape[1], left, "not used: one model")
    )
    notes = {"words_for_all": for_all.note, "words_for_each": for_each.note}
    if not (for_all.used or for_each.used):
        return FittedGains(None, np.zeros_like(left), for_each.certainty, notes)
    # The part that distinguishes models replaces the common sensitivity.
    sway = np.ones(left.shape[1]) if for_each.used else _sway(table.scores)
    gains = TextGains(
        aliases=table.models,
        tasks=frozenset(table.tasks),
        centre=centre.astype(np.float32),
        weights=(for_all.weights * sway + for_each.weights).astype(np.float32),
    )
    left_out = for_all.left_out * sway + for_each.left_out
    return FittedGains(gains, left_out, for_each.certainty, notes)


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
        errors, left_out, slopes, strength = _smoothest(fits)
        better = (target - target.mean(axis=0)) ** 2
        gains = better.mean(axis=1) - errors
        gain, doubt = float(gains.mean()), float(gains.std()) / math.sqrt(len(gains))
        certainty = gain / max(doubt, 1e-12)
        used = certainty > _SURE
        share = gain / max(float(better.mean()), 1e-12)
        note = (
            f"{'used' if used else 'not used'}: left-out scores are predicted with"
            f" {share:.1%} less squared error (n={len(target)},"
            f" {certainty:.1f} standard errors, strength {strength:g})"
        )
        if not used:
            return _Part.unused(len(self._right), target, note, certainty=certainty)
        weights = self._right @ (
            projected * (np.sqrt(self._values) / (self._values + strength))[:, None]
        )
        return _Part(weights * slopes, left_out, note, certainty, used=True)

    def _left_out(
        self, target: _Floats, projected: _Floats, strength: float
    ) -> tuple[_Floats, _Floats, _Floats]:
        """Leave-one-out squared errors by row, the predictions, and the slopes used."""
        shares = self._values / (self._values + strength)
        fitted = self._left @ (projected * shares[:, None])
        own = (self._left**2) @ shares + 1.0 / len(target)
        centred = target - target.mean(axis=0)
        found = centred - (centred - fitted) / np.maximum(1.0 - own, 1e-6)[:, None]
        slopes = _slopes(centred, found)
        left_out = found * slopes
        return ((centred - left_out) ** 2).mean(axis=1), left_out, slopes


def _smoothest(fits: list[_Fit]) -> _Fit:
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
