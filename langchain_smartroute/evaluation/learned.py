"""Fits a learned check, a small logistic regression, on answers with scores."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks import LearnedCheck
from langchain_smartroute.execution.checks.answer_features import FEATURES, answer_features
from langchain_smartroute.execution.checks.logprobs import LogprobFigures

__all__ = ["LabelledAnswer", "fit_learned_check"]

_FEWEST = 20
_MOST = 30.0
_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledAnswer:
    """One answer with its score.

    Attributes:
        request: The request's text.
        answer: The answer's text, or only its final answer.
        good: Score from 0 to 1.
        agreeing: For each second opinion, whether it agrees.
        logprobs: Summary of its log-probabilities; `None`: unknown.
    """

    request: str = field(repr=False)
    answer: str = field(repr=False)
    good: float
    agreeing: tuple[bool, ...] = ()
    logprobs: LogprobFigures | None = None


def fit_learned_check(
    answers: Iterable[LabelledAnswer],
    *,
    features: Collection[str] = FEATURES,
    l2: float = 1.0,
    iterations: int = 25,
    fitted: str = "",
) -> LearnedCheck:
    """Fit a logistic regression on scored answers.

    Deterministic: Newton's method from zero with a fixed number of steps, on standardised
    features. Its threshold is 0.5; calibration may choose another one.

    Args:
        answers: At least twenty, both good and bad ones.
        features: Names of the features to use.
        l2: Strength of the L2 penalty on weights.
        iterations: Steps of Newton's method.
        fitted: Description of the data, for the artefact.

    Raises:
        ConfigurationError: If there are too few answers, all are good or all bad, or a feature
            is unknown.

    Example:
        >>> rows = [
        ...     LabelledAnswer(request=f"{n} + 1?", answer=str(n), good=float(n % 3 > 0),
        ...                    agreeing=(n % 3 > 0,))
        ...     for n in range(60)
        ... ]
        >>> check = fit_learned_check(rows, features=["opinions_all_agree"])
        >>> check.probability("7 + 1?", "8", agreeing=[True]) > 0.9
        True
    """
    unknown = sorted(set(features) - set(FEATURES))
    if unknown:
        raise ConfigurationError(f"features: no {', '.join(unknown)}; use some of {FEATURES}")
    columns = [place for place, name in enumerate(FEATURES) if name in features]
    table, good = _table(answers)
    chosen = table[:, columns]
    centre, spread = chosen.mean(axis=0), chosen.std(axis=0)
    varies = spread > 0
    scaled = (chosen[:, varies] - centre[varies]) / spread[varies]
    found = _weights(scaled, good, l2=l2, iterations=iterations)
    own, bias = found[:-1] / spread[varies], found[-1]
    names = [FEATURES[place] for place, kept in zip(columns, varies, strict=True) if kept]
    return LearnedCheck(
        weights={name: float(weight) for name, weight in zip(names, own, strict=True)},
        bias=float(bias - (own * centre[varies]).sum()),
        fitted=fitted or f"{len(good)} answers",
    )


def _table(answers: Iterable[LabelledAnswer]) -> tuple[_Array, _Array]:
    rows, good = [], []
    for row in answers:
        rows.append(
            answer_features(row.request, row.answer, agreeing=row.agreeing, logprobs=row.logprobs)
        )
        good.append(row.good)
    marks = np.asarray(good, dtype=np.float64)
    if len(rows) < _FEWEST or not 0 < marks.mean() < 1:
        raise ConfigurationError(
            f"answers: {len(rows)} of them, {marks.mean() if rows else 0:.2f} good on average;"
            f" give {_FEWEST} or more, good and bad ones"
        )
    return np.asarray(rows, dtype=np.float64), marks


def _weights(table: _Array, good: _Array, *, l2: float, iterations: int) -> _Array:
    """Weights of the columns, then the bias, which is not penalised."""
    inputs = np.hstack([table, np.ones((len(table), 1))])
    holding = np.full(inputs.shape[1], l2)
    holding[-1] = 1e-6
    weights = np.zeros(inputs.shape[1])
    for _ in range(iterations):
        likely = 1 / (1 + np.exp(-np.clip(inputs @ weights, -_MOST, _MOST)))
        slope = inputs.T @ (likely - good) + holding * weights
        curve = (inputs * (likely * (1 - likely))[:, None]).T @ inputs + np.diag(holding)
        weights = weights - np.linalg.solve(curve, slope)
    return weights
