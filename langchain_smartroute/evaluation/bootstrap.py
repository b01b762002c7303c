"""Paired bootstrap intervals: routers that are compared are resampled on the same prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.metrics import Interval

__all__ = ["RESAMPLES", "resampled_means", "spread", "spreads"]

_Floats = npt.NDArray[np.float64]

RESAMPLES = 1_000
_AT_ONCE = 50
_PERCENTILES = (2.5, 97.5)


def resampled_means(values: _Floats, *, seed: int, resamples: int = RESAMPLES) -> _Floats:
    """Column means over bootstrap samples of the prompts.

    Args:
        values: A row per prompt. All columns use the same samples, so their differences and
            ratios are paired.
        seed: Seed of the draws.
        resamples: How many draws.

    Returns:
        A row per bootstrap sample; the first row holds the means of the original prompts.
    """
    size, draws = len(values), np.random.default_rng(seed)
    found = [values.mean(axis=0, keepdims=True)]
    for start in range(0, resamples, _AT_ONCE):
        count = min(_AT_ONCE, resamples - start)
        drawn = draws.integers(0, size, (count, size))
        weights = np.empty((count, size))
        for number in range(count):
            weights[number] = np.bincount(drawn[number], minlength=size)
        found.append(weights @ values / size)
    return np.concatenate(found)


def spread(draws: _Floats) -> Interval:
    """A figure with its 95 % interval, from its values on the original data and on each sample."""
    finite = draws[np.isfinite(draws)]
    if not np.isfinite(draws[0]) or not len(finite):
        return Interval(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(finite[1:] if len(finite) > 1 else finite, _PERCENTILES)
    return Interval(float(draws[0]), float(low), float(high))


def spreads(
    columns: Mapping[str, _Floats],
    figures: Mapping[str, Callable[[Mapping[str, _Floats]], _Floats]],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Figures computed from column means, each with its paired 95 % interval.

    Args:
        columns: Name → a value per prompt.
        figures: Name → function that computes the figure from the column means by name.
        seed: Seed of the draws.
        resamples: How many draws.

    Example:
        >>> import numpy as np
        >>> columns = {"ours": np.array([1.0, 1.0, 0.0]), "theirs": np.array([1.0, 0.0, 0.0])}
        >>> found = spreads(columns, {"gain": lambda m: m["ours"] - m["theirs"]}, seed=1)
        >>> round(found["gain"].value, 3)
        0.333
    """
    names = list(columns)
    drawn = resampled_means(
        np.stack([columns[name] for name in names], axis=1), seed=seed, resamples=resamples
    )
    means = {name: drawn[:, number] for number, name in enumerate(names)}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: spread(figure(means)) for name, figure in figures.items()}
