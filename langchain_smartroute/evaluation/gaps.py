"""How well predicted quality identifies the prompts that need the stronger of two models."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.metrics import Interval, bootstrap_interval
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.predicted import cross_fitted, folds_of
from langchain_smartroute.evaluation.quality_metrics import apgr, call_curve, cpt
from langchain_smartroute.evaluation.routed import features_of

__all__ = ["GapFigures", "figures_of_scores", "gap_figures"]

_Floats = npt.NDArray[np.float64]

_RESAMPLES = 300
_HALF, _MOST = 0.5, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFigures:
    """RouteLLM's metrics of a router between two models.

    Attributes:
        count: Number of prompts.
        weak: The model with the lower mean score.
        strong: The other.
        weak_quality: Its mean score.
        strong_quality: Mean score of the strong model.
        apgr: Average performance gap recovered.
        cpt50: Smallest share of strong calls that recovers half of the gap.
        cpt80: Smallest share that recovers 80 % of it.
    """

    count: int
    weak: str
    strong: str
    weak_quality: float
    strong_quality: float
    apgr: Interval
    cpt50: Interval
    cpt80: Interval


def gap_figures(table: OutcomeTable, *, folds: int, seed: int) -> GapFigures:
    """Metrics of a quality predictor, by cross-validation.

    Args:
        table: Outcomes of two models.
        folds: How many folds.
        seed: Seed of the folds and the intervals.
    """
    weak, strong = _ranked(table)
    fold = folds_of(len(table), folds=folds, seed=seed)
    features = features_of(table, classifier=LinearClassifier())
    expected = cross_fitted(table, features, fold=fold)
    return figures_of_scores(table, expected[:, strong] - expected[:, weak], seed=seed)


def figures_of_scores(table: OutcomeTable, scores: _Floats, *, seed: int) -> GapFigures:
    """Metrics of given scores of how much each prompt needs the strong model.

    Args:
        table: Outcomes of two models.
        scores: A value per prompt.
        seed: Seed of the intervals.

    Raises:
        ConfigurationError: If both models are equally good, or all scores are equal.
    """
    low, high = _ranked(table)
    weak, strong = table.score[:, low], table.score[:, high]

    def figure(rows: npt.NDArray[np.intp], share: float | None) -> float:
        curve = call_curve(scores[rows], weak=weak[rows], strong=strong[rows])
        ends = {"weak": float(weak[rows].mean()), "strong": float(strong[rows].mean())}
        if share is None:
            return apgr(curve, **ends)
        found = cpt(curve, share, **ends)
        return 1.0 if found is None else found

    def drawn(rows: npt.NDArray[np.intp], share: float | None) -> float:
        try:
            return figure(rows, share)
        except ConfigurationError:
            # In this draw both models are equally good, so that there is no gap to recover.
            return math.nan

    figure(np.arange(len(table)), None)  # Without a gap in all of them this raises.
    apgr_, half, most = (
        bootstrap_interval(
            lambda rows, share=share: drawn(rows, share),  # type: ignore[misc] # bound here
            len(table),
            seed=seed,
            resamples=_RESAMPLES,
        )
        for share in (None, _HALF, _MOST)
    )
    return GapFigures(
        count=len(table),
        weak=table.models[low],
        strong=table.models[high],
        weak_quality=float(weak.mean()),
        strong_quality=float(strong.mean()),
        apgr=apgr_,
        cpt50=half,
        cpt80=most,
    )


def _ranked(table: OutcomeTable) -> tuple[int, int]:
    """Columns of the weak and of the strong model."""
    weak, strong = np.argsort(table.score.mean(axis=0), kind="stable").tolist()
    return int(weak), int(strong)
