"""Softmax regression by L-BFGS, the same to the last bit wherever it runs.

A shipped artefact that anybody can remake needs arithmetic that does not depend on
the processor. So there is no BLAS here (its sums are ordered by core and vector
width), the exponential is a polynomial of our own, and the line search looks at
slopes alone, which for a convex loss is enough and needs no logarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Fitted", "fit_softmax", "softmax"]

_Floats = npt.NDArray[np.float64]

_MEMORY = 8
"""How many steps back L-BFGS remembers."""

_OVERSHOT = 0.5
_FEWEST_SHRINKS, _SHRINK = 6, 0.3
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_LOWEST = -700.0
_TERMS = 13


class Fitted(NamedTuple):
    """A linear layer: scores = features @ weights + bias."""

    weights: _Floats
    bias: _Floats


def softmax(scores: _Floats) -> _Floats:
    """Probabilities by row, the same on every platform."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    exponentials = _exp(shifted)
    return exponentials / np.add.reduce(exponentials, axis=1, keepdims=True)


def fit_softmax(
    features: sparse.csr_matrix,
    targets: npt.NDArray[np.intp],
    *,
    classes: int,
    importance: _Floats,
    strength: float,
    iterations: int,
) -> Fitted:
    """Fit a linear layer with a softmax and a quadratic penalty.

    Args:
        features: A row per example.
        targets: The class of each.
        classes: How many classes there are.
        importance: How much each example counts; scaled to a mean of one.
        strength: How much the examples count against the penalty.
        iterations: Steps; there is no other end, so that no tolerance can tip.
    """
    rows, width = features.shape
    used = np.unique(features.indices)
    if len(used) < width:
        # A feature that occurs nowhere keeps a weight of zero.
        found = fit_softmax(
            features[:, used],
            targets,
            classes=classes,
            importance=importance,
            strength=strength,
            iterations=iterations,
        )
        weights = np.zeros((width, classes))
        weights[used] = found.weights
        return Fitted(weights, found.bias)
    share = strength * importance / np.add.reduce(importance) * rows
    wanted = np.zeros((rows, classes))
    wanted[np.arange(rows), targets] = 1.0
    turned = features.T.tocsr()

    def slope(at: _Floats) -> _Floats:
        weights, bias = at[:-1], at[-1]
        errors = (softmax(features @ weights + bias) - wanted) * share[:, None]
        # The bias is hardly held back: it stands for how common a class is.
        return np.vstack([turned @ errors + weights, np.add.reduce(errors)[None] + 1e-3 * bias])

    level = _descend(slope, np.zeros((width + 1, classes)), iterations=iterations)
    return Fitted(level[:-1], level[-1])


def _descend(slope: Callable[[_Floats], _Floats], at: _Floats, *, iterations: int) -> _Floats:
    steps: list[tuple[_Floats, _Floats, float]] = []
    here = slope(at)
    for number in range(iterations):
        direction = _direction(here, steps)
        falling = _dot(here, direction)
        if not falling < 0:
            break
        size = 1.0 if number else 1.0 / (1.0 + np.sqrt(_dot(here, here)))
        for _ in range(_FEWEST_SHRINKS):
            there = slope(at + size * direction)
            rising = _dot(there, direction)
            if rising <= -_OVERSHOT * falling:
                break
            # The slope along the way is about straight: go to where it is level.
            size *= max(_SHRINK * _SHRINK, -falling / (rising - falling))
        moved, turned = size * direction, there - here
        curvature = _dot(moved, turned)
        if curvature > 0:
            steps = [*steps[1 - _MEMORY :], (moved, turned, 1.0 / curvature)]
        at, here = at + moved, there
    return at


def _direction(slope: _Floats, steps: list[tuple[_Floats, _Floats, float]]) -> _Floats:
    """L-BFGS' two loops: the slope, bent by what the last steps tell of the curvature."""
    found = -slope
    shares = []
    for moved, turned, inverse in reversed(steps):
        share = inverse * _dot(moved, found)
        shares.append(share)
        found = found - share * turned
    if steps:
        moved, turned, _ = steps[-1]
        found = found * (_dot(moved, turned) / _dot(turned, turned))
    for (moved, turned, inverse), share in zip(steps, reversed(shares), strict=True):
        found = found + (share - inverse * _dot(turned, found)) * moved
    return found


def _dot(left: _Floats, right: _Floats) -> float:
    return float(np.add.reduce((left * right).ravel()))


def _exp(values: _Floats) -> _Floats:
    """E to the power of values that are at most zero."""
    bounded = np.maximum(values, _LOWEST)
    halvings = np.rint(bounded * _LOG2_E)
    rest = bounded - halvings * _LN2_HIGH - halvings * _LN2_LOW
    total = np.ones_like(rest)
    for term in range(_TERMS, 0, -1):
        total = 1.0 + total * rest / term
    return np.ldexp(total, halvings.astype(np.int32))
