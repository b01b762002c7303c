"""The family of the quality policy, by the predicted quality given up for a lower price.

Its predictor is fitted on prompts of its own, or it is cross-fitted: on those to calibrate on, of
which each is then judged by a fit on the other folds. So both the fit and the tests have more
prompts, but the level of the tests is approximate ("Cross-validation Confidence Intervals for
Test Error", Bayle, Bayle, Janson and Mackey, arXiv 2007.12671), and what the fits of the folds
expect has to be put on the scale of the one that the router gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Price
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.families import Family, Setting, strongest_first
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.predicted import (
    Expected,
    cross_fitted,
    fitted_predictor,
    folds_of,
    pool_catalog,
    predictions,
    scaled_by_rank,
)
from langchain_smartroute.evaluation.replays import Routes, replay
from langchain_smartroute.evaluation.sweep import chosen_columns
from langchain_smartroute.routing.gains import sketched
from langchain_smartroute.routing.predictor import QualityPredictor
from langchain_smartroute.routing.roster import Roster
from langchain_smartroute.types import RequestFeatures

__all__ = ["QualityFamilies", "expected_cost_usd", "words_tell_apart"]

_Floats = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]

_STEPS = 40
_FOLDS = 5

_CERTAIN = 2.5
"""Standard errors by which words have to predict better for a cross-fit."""

_CHANCES = 2.5
"""Random errors of a promise where each half has a fit of its own; measured on halves of
LLMRouter."""

_REMARK = (
    "The predictor was fitted on the prompts that were calibrated on, each judged by a fit on other"
    " folds, so the confidence is approximate (arXiv 2007.12671); --apart fits on other prompts."
)


class QualityFamilies:
    """Builds the family for prompts to calibrate on.

    Args:
        table: The outcomes to calibrate and to report on.
        prices: Model → price, of every model.
        features: Prompt → features, of all outcomes.
        saved: The file that routers will read the predictor from, beside their settings.
        fitted_on: Other outcomes to fit on; `None`: the fit is on the prompts to calibrate on.
        sketch: Text → vector; one that remembers saves time where texts are fitted on again.
    """

    def __init__(
        self,
        table: OutcomeTable,
        prices: Mapping[str, Price],
        *,
        features: Mapping[str, RequestFeatures],
        saved: Path,
        fitted_on: OutcomeTable | None = None,
        sketch: Callable[[str], _Floats] = sketched,
    ) -> None:
        self._table, self._saved, self._sketch = table, saved, sketch
        # None of the models is preferred where all have scores, so any may be the default.
        self._catalog = pool_catalog(table.models, prices, default=table.models[0])
        self._features = [features[prompt] for prompt in table.prompts]
        self._cost_usd = expected_cost_usd(Roster(self._catalog), self._features)
        self._predictor = QualityPredictor()
        self._apart: tuple[Expected, tuple[float, ...]] | None = None
        if fitted_on is not None:
            known = [features[prompt] for prompt in fitted_on.prompts]
            self._predictor = fitted_predictor(fitted_on, known, sketch=sketch).predictor
            seen, new = (
                predictions(self._predictor, self._catalog, some, sketch=sketch)
                for some in (known, self._features)
            )
            self._apart = new, _amounts(seen.quality)

    def build(self, strongest: str, here: _Rows) -> Family:
        """Build the family with replays of the whole table.

        Args:
            strongest: The model that the safest setting always chooses.
            here: The prompts to calibrate on.

        Raises:
            ConfigurationError: If they are too few to fit on as well.
        """
        expected, steps = self._apart or self._fitted_on(here, strongest)
        choices = chosen_columns(expected, self._cost_usd, steps)
        found = []
        for amount, columns in zip(steps, choices, strict=True):
            label = f"quality policy that gives up {amount:.4f} of predicted quality"
            routes = Routes.single(label, columns, models=len(self._table.models))
            told = {"policy": {"quality": self._saved.name, "give_up": amount}}
            found.append((Setting(label=label, told=told), replay(self._table, routes)))
        family = strongest_first(self._table, strongest, "quality", found)
        return family if self._apart else replace(family, chances=_CHANCES, remark=_REMARK)

    def save(self) -> None:
        """Write the predictor of the last family to its file."""
        self._predictor.save(self._saved)

    def _fitted_on(self, here: _Rows, strongest: str) -> tuple[Expected, tuple[float, ...]]:
        """Fit on the prompts to calibrate on; the predictor is kept, as the router gets it."""
        if len(here) < 2 * _FOLDS:
            raise ConfigurationError(
                f"too few prompts to calibrate on and to fit on in {_FOLDS} folds: {len(here)};"
                " give more outcomes"
            )
        table, known = self._table.rows(here), [self._features[row] for row in here.tolist()]
        fit = fitted_predictor(table, known, sketch=self._sketch)
        fold = folds_of(len(here), folds=_FOLDS, seed=_FOLDS)
        expected = scaled_by_rank(
            cross_fitted(table, known, fold=fold, sketch=self._sketch),
            fit.left_out,
            fold=fold,
            reference=table.column(strongest),
        )
        self._predictor = fit.predictor
        found = predictions(fit.predictor, self._catalog, self._features, sketch=self._sketch)
        found.quality[here] = expected
        return found, _amounts(expected)


def words_tell_apart(table: OutcomeTable, features: Sequence[RequestFeatures]) -> bool:
    """Whether words tell surely which prompts need the better model.

    Then fits on other prompts rank prompts alike, which cross-fitting needs; fits that know
    little more than means differ in which of few groups of prompts they set apart.

    Args:
        table: Outcomes of the pool.
        features: Of its prompts.
    """
    return fitted_predictor(table, features).certainty >= _CERTAIN


def expected_cost_usd(roster: Roster, features: Sequence[RequestFeatures]) -> _Floats:
    """Estimated cost of each candidate's call in US dollars, a row per request.

    Args:
        roster: The candidates; all have a price.
        features: Of the requests.
    """
    aliases = list(roster.models)
    costs = [[float(roster.cost_usd(alias, f) or 0) for alias in aliases] for f in features]
    return np.array(costs)


def _amounts(expected: _Floats) -> tuple[float, ...]:
    """Values of `give_up` that divide the prompts' differences into equal parts."""
    given_up = (expected.max(axis=1, keepdims=True) - expected).ravel()
    steps = np.quantile(given_up[given_up > 0], np.linspace(0, 1, _STEPS)) if given_up.any() else []
    return (0.0, *np.unique(np.round(steps, 4)).tolist(), 1.0)
