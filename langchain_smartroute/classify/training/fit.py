"""Softmax regression by L-BFGS, bit-identical on every platform.

A reproducible artefact needs arithmetic that does not depend on the processor. So BLAS is not
used (its order of summation depends on cores and vector width), the exponential is a
polynomial, and the line search uses slopes only, which is sufficient for a convex loss and
needs no logarithm.
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
"""Number of previous steps that L-BFGS stores."""

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
    """Softmax of each row, bit-identical on every platform."""
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
        features: Sparse features with a row per example.
        targets: Class index of each example.
        classes: Number of classes.
        importance: Weight of each example; scaled to a mean of one.
        strength: Weight of the examples relative to the penalty (inverse regularisation).
        iterations: Number of steps. There is no tolerance, whose comparison could differ
            between platforms.
    """
    rows, width = features.shape
    used = np.unique(features.indices)
    if len(used) < width:
        # A feature that never occurs keeps a weight of zero.
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
        # The bias is hardly regularised: it models the frequency of a class.
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
            # The slope along the direction is nearly linear: interpolate to its zero.
            size *= max(_SHRINK * _SHRINK, -falling / (rising - falling))
        moved, turned = size * direction, there - here
        curvature = _dot(moved, turned)
        if curvature > 0:
            steps = [*steps[1 - _MEMORY :], (moved, turned, 1.0 / curvature)]
        at, here = at + moved, there
    return at


def _direction(slope: _Floats, steps: list[tuple[_Floats, _Floats, float]]) -> _Floats:
    """The two-loop recursion of L-BFGS."""
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
    """The exponential of values that are at most zero."""
    bounded = np.maximum(values, _LOWEST)
    halvings = np.rint(bounded * _LOG2_E)
    rest = bounded - halvings * _LN2_HIGH - halvings * _LN2_LOW
    total = np.ones_like(rest)
    for term in range(_TERMS, 0, -1):
        total = 1.0 + total * rest / term
    return np.ldexp(total, halvings.astype(np.int32))
