"""Replays of the quality policy, fitted on some prompts and replayed on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Catalog, Price
from langchain_smartroute.evaluation.families import Family, Setting, strongest_first
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import replay
from langchain_smartroute.evaluation.routed import by_policy
from langchain_smartroute.routing.outlook import Outlook
from langchain_smartroute.routing.predictor import QualityPredictor
from langchain_smartroute.routing.quality import QualityPolicy
from langchain_smartroute.types import RequestFeatures

__all__ = ["Pool", "cross_fitted", "fitted_predictor", "pool_catalog", "quality_family"]

_Floats = npt.NDArray[np.float64]

_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The models of a table as candidates of a router.

    Attributes:
        catalog: The candidates; their aliases are the table's model names.
        predictor: Predictor of their quality, fitted on prompts that are not replayed.
        saved: The file that routers will read the predictor from.
    """

    catalog: Catalog
    predictor: QualityPredictor
    saved: str = ""


def pool_catalog(models: Sequence[str], prices: Mapping[str, Price], *, default: str) -> Catalog:
    """Build a catalog of a table's models.

    Args:
        models: The table's model names, which become aliases.
        prices: Model → price, where it is known.
        default: Alias of the default model.
    """
    written = {
        model: {"prices": [prices[model].model_dump(mode="json", exclude_none=True)]}
        if model in prices
        else {}
        for model in models
    }
    return Catalog.load({"name": "calibrated", "default": default, "models": written})


def fitted_predictor(table: OutcomeTable, features: Sequence[RequestFeatures]) -> QualityPredictor:
    """Fit a predictor of the scores of a table's models.

    Args:
        table: The outcomes to fit on.
        features: Of its prompts.
    """
    rows, columns = np.nonzero(~np.isnan(table.score))
    return QualityPredictor.fit(
        [table.prompts[row] for row in rows.tolist()],
        [table.models[column] for column in columns.tolist()],
        table.score[rows, columns].tolist(),
        tasks=[features[row].task for row in rows.tolist()],
        difficulties=[features[row].difficulty for row in rows.tolist()],
    )


def predictions(
    predictor: QualityPredictor, catalog: Catalog, features: Sequence[RequestFeatures]
) -> _Floats:
    """Predicted quality with a row per prompt and a column per alias of a catalog.

    Args:
        predictor: Fitted on other prompts.
        catalog: The candidates.
        features: Of the prompts.
    """
    outlook, aliases = Outlook(predictor, catalog.models), list(catalog.models)
    found = (outlook.predict(known) for known in features)
    return np.array([[prediction.by_alias[alias] for alias in aliases] for prediction in found])


def quality_family(
    table: OutcomeTable,
    features: Sequence[RequestFeatures],
    *,
    pool: Pool,
    strongest: str,
    reference: Sequence[RequestFeatures],
) -> Family:
    """Build a family of the quality policy, by the predicted quality given up for a lower price.

    Args:
        table: The outcomes to replay; the predictor was not fitted on them.
        features: Of its prompts.
        pool: The candidates and the predictor.
        strongest: The model that the safest setting always chooses.
        reference: Features of other prompts, whose predictions give the steps between settings.
    """
    expected = predictions(pool.predictor, pool.catalog, reference)
    given_up = (expected.max(axis=1, keepdims=True) - expected).ravel()
    steps = np.quantile(given_up[given_up > 0], np.linspace(0, 1, _STEPS)) if given_up.any() else []
    found = []
    for amount in (0.0, *np.unique(np.round(steps, 4)).tolist(), 1.0):
        policy = QualityPolicy(catalog=pool.catalog, predictor=pool.predictor, give_up=amount)
        label = f"quality policy that gives up {amount:.4f} of predicted quality"
        routes = by_policy(table, policy, features=features, name=label)
        config = {"policy": {"quality": pool.saved, "give_up": amount}}
        found.append((Setting(label=label, told=config), replay(table, routes)))
    return strongest_first(table, strongest, "quality", found)


def cross_fitted(
    table: OutcomeTable,
    features: Sequence[RequestFeatures],
    *,
    folds: int,
    seed: int,
) -> _Floats:
    """Predicted quality by cross-validation: each fold by a fit on the other folds.

    Args:
        table: The outcomes.
        features: Of its prompts.
        folds: Number of folds.
        seed: Seed of the folds.

    Returns:
        A row per prompt, a column per model.
    """
    catalog = pool_catalog(table.models, {}, default=table.models[0])
    fold = np.random.default_rng(seed).permutation(len(table)) % folds
    expected = np.empty(table.score.shape)
    for number in range(folds):
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        predictor = fitted_predictor(table.rows(seen), [features[row] for row in seen.tolist()])
        held = [features[row] for row in unseen.tolist()]
        expected[unseen] = predictions(predictor, catalog, held)
    return expected
