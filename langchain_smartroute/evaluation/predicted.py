"""Expected quality of a table's models, predicted by a fit on other prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Catalog, Price
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.routing.aim import ROUNDING
from langchain_smartroute.routing.gains import sketched
from langchain_smartroute.routing.learning import learned
from langchain_smartroute.routing.outlook import Outlook
from langchain_smartroute.routing.predictor import QualityPredictor
from langchain_smartroute.types import RequestFeatures

__all__ = [
    "Expected",
    "Fit",
    "cross_fitted",
    "fitted_predictor",
    "folds_of",
    "pool_catalog",
    "predictions",
    "scaled_by_rank",
]

_Floats = npt.NDArray[np.float64]
_Sketch = Callable[[str], _Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Expected quality with a row per prompt and a column per candidate.

    Attributes:
        quality: Of the answer to the prompt.
        in_general: Of answers at the prompt's task, whatever its text and difficulty.
    """

    quality: _Floats
    in_general: _Floats


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


class Fit(NamedTuple):
    """A predictor, and how it does on the answers that it was fitted on.

    Attributes:
        predictor: The predictor.
        left_out: What it expects of these answers, of each without the answer's own effect on
            what words add; a row per prompt and a column per model.
        certainty: By how many standard errors words that tell models apart predict better.
    """

    predictor: QualityPredictor
    left_out: _Floats
    certainty: float


def fitted_predictor(
    table: OutcomeTable, features: Sequence[RequestFeatures], *, sketch: _Sketch = sketched
) -> Fit:
    """Fit a predictor of the scores of a table's models.

    Args:
        table: The outcomes to fit on.
        features: Of its prompts.
        sketch: Text → vector; one that remembers saves time where texts are fitted on again.
    """
    rows, columns = np.nonzero(~np.isnan(table.score))
    found = learned(
        [table.prompts[row] for row in rows.tolist()],
        [table.models[column] for column in columns.tolist()],
        table.score[rows, columns].tolist(),
        tasks=[features[row].task for row in rows.tolist()],
        difficulties=[features[row].difficulty for row in rows.tolist()],
        priors={},
        sketch=sketch,
    )
    predictor = QualityPredictor(found.findings, text_gains=found.gains)
    return Fit(predictor, found.left_out, found.certainty)


def predictions(
    predictor: QualityPredictor,
    catalog: Catalog,
    features: Sequence[RequestFeatures],
    *,
    sketch: _Sketch = sketched,
) -> Expected:
    """What a predictor expects of the candidates of a catalog; columns in its order.

    Args:
        predictor: Fitted on other prompts, with scores of all candidates.
        catalog: The candidates.
        features: Of the prompts.
        sketch: Text → vector.
    """
    outlook, aliases = Outlook(predictor, catalog.models), list(catalog.models)

    def means(places: Sequence[tuple[str, ...]]) -> _Floats:
        known = (outlook.at(*place).by_alias for place in places)
        return np.array([[by_alias[alias] for alias in aliases] for by_alias in known])

    quality = means([(known.task, known.difficulty) for known in features])
    gains = predictor.text_gains
    if gains is not None:
        rows = [row for row, known in enumerate(features) if known.task in gains.tasks]
        columns = [gains.aliases.index(alias) for alias in aliases]
        texts = np.array([sketch(features[row].text) for row in rows])
        if rows:
            moved = quality[rows] + (texts @ gains.wide - gains.start)[:, columns]
            quality[rows] = np.clip(moved, 0.0, 1.0)
    return Expected(quality=quality, in_general=means([(known.task,) for known in features]))


def cross_fitted(
    table: OutcomeTable,
    features: Sequence[RequestFeatures],
    *,
    fold: npt.NDArray[np.intp],
    sketch: _Sketch = sketched,
) -> _Floats:
    """Predicted quality by cross-validation: each fold by a fit on the other folds.

    Args:
        table: The outcomes.
        features: Of its prompts.
        fold: Of each prompt, from `folds_of`.
        sketch: Text → vector.

    Returns:
        A row per prompt, a column per model.
    """
    catalog = pool_catalog(table.models, {}, default=table.models[0])
    expected = np.empty(table.score.shape)
    for number in np.unique(fold).tolist():
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        known = [features[row] for row in seen.tolist()]
        predictor = fitted_predictor(table.rows(seen), known, sketch=sketch).predictor
        held = [features[row] for row in unseen.tolist()]
        expected[unseen] = predictions(predictor, catalog, held, sketch=sketch).quality
    return expected


def folds_of(prompts: int, *, folds: int, seed: int) -> npt.NDArray[np.intp]:
    """The number of each prompt's fold, at random; folds are of equal size.

    Args:
        prompts: How many prompts.
        folds: How many folds.
        seed: Seed of the draw.
    """
    return np.random.default_rng(seed).permutation(prompts) % folds


def scaled_by_rank(
    expected: _Floats, like: _Floats, *, fold: npt.NDArray[np.intp], reference: int
) -> _Floats:
    """Put what the fits of several folds expect on the scale of another fit.

    Fits differ in how far apart they see two models. So a prompt whose gap is larger than that
    of a share p of its fold gets the gap that is larger than a share p of the other fit's. Of
    equal gaps all get the smallest, so that no fewer are given to a model than by the other fit.

    Args:
        expected: Expected quality by fold, n prompts by m models.
        like: The same by the other fit.
        fold: Fold of each prompt.
        reference: Column of the model that gaps are taken to.

    Example:
        >>> import numpy as np
        >>> expected, like = np.array([[0.9, 0.8], [0.9, 0.6]]), np.array([[0.7, 0.6], [0.7, 0.5]])
        >>> found = scaled_by_rank(expected, like, fold=np.array([0, 0]), reference=0)
        >>> (found[:, 0] - found[:, 1]).round(3).tolist()
        [0.1, 0.2]
    """
    gaps, others = expected[:, [reference]] - expected, np.sort(like[:, [reference]] - like, axis=0)
    scaled = np.zeros_like(gaps)
    for number in np.unique(fold).tolist():
        rows = np.flatnonzero(fold == number)
        for column in range(gaps.shape[1]):
            own = gaps[rows, column]
            smaller = np.searchsorted(np.sort(own), own - ROUNDING) / len(own)
            places = np.floor(smaller * len(others) + ROUNDING).astype(int)
            scaled[rows, column] = others[places, column]
    return 1.0 - scaled
