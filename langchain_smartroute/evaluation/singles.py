"""The quality policy compared with the best single model at equal cost, over all settings.

Each set of outcomes is split by prompt: a predictor is fitted on one half, and on the
other every setting is replayed through the policy's real `decide`. The rival of a setting is
the best-scoring model that costs no more, chosen in hindsight on the same prompts. This favours
the rival: where the policy is only as good as the best model, some settings will be below their
rival by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Price
from langchain_smartroute.classify import Classifier, LinearClassifier
from langchain_smartroute.evaluation.baselines import always
from langchain_smartroute.evaluation.bootstrap import RESAMPLES, resampled_means, spread
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.predicted import fitted_predictor, pool_catalog, predictions
from langchain_smartroute.evaluation.replays import Replay, replay
from langchain_smartroute.evaluation.routed import by_policy, features_of
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS
from langchain_smartroute.routing.quality import QualityPolicy

__all__ = ["QualityPoint", "SetPoints", "quality_points", "with_all_costs"]

_Floats = npt.NDArray[np.float64]

_PAIR = 2
_FEWEST = 100
"""Smallest number of prompts of a dataset that is reported."""
_STEPS = 12
_BARS = 6
_WORTHS = 8
_LEAST_GAIN, _MOST_GAIN = 0.005, 0.5
_ROUNDING = 1e-9
_SURE = 95.0
_PER_MILLION = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPoint:
    """One setting on one dataset.

    Attributes:
        setting: Description of the setting.
        rival: The best-scoring model that costs no more.
        quality: Mean score of the policy.
        cost_share: Its cost as a share of the most expensive model's.
        gain: Paired difference in quality to the rival, where 1 is full quality.
        errors: That difference in standard errors; 0 where all answers are the same.
    """

    setting: str
    rival: str
    quality: float
    cost_share: float
    gain: Interval
    errors: float

    @property
    def below(self) -> bool:
        """Whether it is significantly below its rival by its own 95 % interval."""
        return self.gain.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPoints:
    """All settings on one dataset.

    Attributes:
        dataset: Name of the dataset.
        prompts: Number of reported prompts.
        models: The pool.
        points: A point per setting.
        left_out: Why there are no points; empty if there are.
        band: Half-width of the simultaneous 95 % band of all points in standard errors: the
            95th percentile of the largest deviation over the bootstrap samples.
    """

    dataset: str
    prompts: int
    models: tuple[str, ...]
    points: tuple[QualityPoint, ...] = ()
    left_out: str = ""
    band: float = 0.0

    @property
    def surely_below(self) -> tuple[QualityPoint, ...]:
        """Points below their rival by more than the simultaneous 95 % band."""
        return tuple(p for p in self.points if p.below and p.errors < -self.band)


def quality_points(
    table: OutcomeTable, *, prices: Mapping[str, Price], seed: int
) -> Iterator[SetPoints]:
    """Evaluate every setting on each dataset of a table, one dataset at a time.

    Args:
        table: The outcomes.
        prices: Model → price; models without one are used if the table has their costs.
        seed: Seed of the splits and the intervals.
    """
    classifier = LinearClassifier()
    for dataset in sorted(set(table.datasets.tolist())):
        yield _of_set(table.of_dataset([dataset]), dataset, prices, (seed, classifier))


def with_all_costs(table: OutcomeTable, prices: Mapping[str, Price]) -> OutcomeTable:
    """Fill in the missing costs of models that have a price or some known costs.

    An answer of unknown length counts as long as the model's mean answer, or as the router's
    estimate where no length is known.

    Args:
        table: The outcomes of a dataset.
        prices: Model → price.
    """
    cost = table.priced({m: p for m, p in prices.items() if m in table.models}).cost_usd.copy()
    for column, model in enumerate(table.models):
        unknown, mean = np.isnan(cost[:, column]), _mean(cost[:, column])
        if model in prices:
            rates = prices[model].rates
            lengths = _mean(table.output_tokens[:, column], ANSWER_ROOM_TOKENS)
            tokens = np.nan_to_num(table.input_tokens[:, column])
            usd = tokens * float(rates["input_usd_per_mtok"])
            mean = _PER_MILLION * (usd + lengths * float(rates["output_usd_per_mtok"]))
        cost[:, column] = np.where(unknown, mean, cost[:, column])
    return replace(table, cost_usd=cost)


def _mean(values: _Floats, otherwise: float = float("nan")) -> Any:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else otherwise


def _of_set(
    table: OutcomeTable,
    dataset: str,
    prices: Mapping[str, Price],
    seeded: tuple[int, Classifier],
) -> SetPoints:
    seed, classifier = seeded
    table = with_all_costs(table, prices)
    scored = ~np.isnan(table.score).all(axis=0)
    paid = ~np.isnan(np.where(np.isnan(table.score), 0.0, table.cost_usd)).any(axis=0)
    fits: list[bool] = (scored & np.asarray(paid)).tolist()
    pool = [m for m, fit in zip(table.models, fits, strict=True) if fit]
    if len(pool) < _PAIR:
        why = f"{len(pool)} model with a price or known costs; give --price"
        return SetPoints(dataset=dataset, prompts=0, models=tuple(pool), left_out=why)
    table = _in_common(table, pool)
    pool = list(table.models)
    if len(table) < _FEWEST:
        why = f"{len(table)} prompts in common, fewer than {_FEWEST}"
        return SetPoints(dataset=dataset, prompts=0, models=table.models, left_out=why)
    fitted_on, reported = split_by_prompt(table, (0.5, 0.5), seed=seed)
    singles = [always(reported, model, name=model) for model in pool]
    dearest = max(single.mean_cost_usd for single in singles)
    replays = _replays(fitted_on, reported, prices, classifier)
    points, band = _points(replays, singles, dearest, seed)
    return SetPoints(
        dataset=dataset, prompts=len(reported), models=tuple(pool), points=points, band=band
    )


def _in_common(table: OutcomeTable, pool: Sequence[str]) -> OutcomeTable:
    """The prompts that all models of the pool have in common; models with too few are left out."""
    counts = {m: int((~np.isnan(table.score[:, table.column(m)])).sum()) for m in pool}
    ranked = sorted(pool, key=lambda model: -counts[model])
    scores = [table.score[:, table.column(model)] for model in ranked]
    shared = np.cumsum(np.cumsum(np.isnan(scores), axis=0) == 0, axis=1)[:, -1]
    kept = max(_PAIR, int((shared >= _FEWEST).sum()))
    return table.only([model for model in pool if model in ranked[:kept]])


def _replays(
    fitted_on: OutcomeTable,
    reported: OutcomeTable,
    prices: Mapping[str, Price],
    classifier: Classifier,
) -> list[Replay]:
    """The policy's replay at each setting."""
    known, new = (features_of(part, classifier=classifier) for part in (fitted_on, reported))
    catalog = pool_catalog(reported.models, _prices(fitted_on, prices), default=fitted_on.models[0])
    predictor = fitted_predictor(fitted_on, known).predictor
    expected = predictions(predictor, catalog, known).quality
    found = []
    settings: list[dict[str, Any]] = [
        *_given_up(expected),
        *_bars(expected),
        *_worths(fitted_on),
    ]
    for chosen in settings:
        policy = QualityPolicy(catalog=catalog, predictor=predictor, **chosen)
        ((name, value),) = chosen.items()
        routes = by_policy(reported, policy, features=new, name=f"{name} {float(value):.4g}")
        found.append(replay(reported, routes))
    return found


def _prices(table: OutcomeTable, prices: Mapping[str, Price]) -> dict[str, Price]:
    """Prices; a model without one gets one per output token, from its mean cost per call."""
    found = {model: price for model, price in prices.items() if model in table.models}
    for column, model in enumerate(table.models):
        if model not in found:
            usd = float(table.cost_usd[:, column].mean()) / ANSWER_ROOM_TOKENS / _PER_MILLION
            found[model] = Price(
                input_usd_per_mtok=Decimal(0),
                output_usd_per_mtok=Decimal(str(round(usd, 9))),
                source="mean cost of the outcomes' calls",
                date=date.min,
            )
    return found


def _given_up(expected: _Floats) -> list[dict[str, float]]:
    steps = (expected.max(axis=1, keepdims=True) - expected).ravel()
    steps = np.quantile(steps, np.linspace(0, 1, _STEPS))
    steps = np.clip(np.round([0.0, *steps], 4), 0.0, 1.0)
    return [{"give_up": amount} for amount in np.unique(steps).tolist()]


def _bars(expected: _Floats) -> list[dict[str, float]]:
    bars = np.quantile(expected, np.linspace(0.1, 0.9, _BARS))
    return [{"bar": bar} for bar in np.unique(np.round(bars, 4)).tolist()]


def _worths(table: OutcomeTable) -> list[dict[str, Decimal]]:
    """Values of `worth_usd` at which gains of 0.005 to 0.5 pay for the most expensive model."""
    costs = table.cost_usd.mean(axis=0)
    gains = np.geomspace(_LEAST_GAIN, _MOST_GAIN, _WORTHS)
    worths = (float(costs.max() - costs.min()) / gains).tolist()
    return [{"worth_usd": Decimal(f"{worth:.6g}")} for worth in worths if worth > 0]


def _points(
    replays: Sequence[Replay], singles: Sequence[Replay], dearest: float, seed: int
) -> tuple[tuple[QualityPoint, ...], float]:
    """The points of a dataset and their simultaneous band, all from the same bootstrap samples."""
    rivals = [_rival(found, singles) for found in replays]
    pairs = list(zip(replays, rivals, strict=True))
    gains = np.stack([found.quality - rival.quality for found, rival in pairs], axis=1)
    samples = resampled_means(gains, seed=seed, resamples=RESAMPLES)
    errors = gains.std(axis=0) / np.sqrt(len(gains))
    away = np.where(errors > 0, samples[0] / np.where(errors > 0, errors, 1.0), 0.0)
    points = tuple(
        QualityPoint(
            setting=found.name,
            rival=rival.name,
            quality=found.mean_quality,
            cost_share=found.mean_cost_usd / dearest if dearest else 1.0,
            gain=spread(samples[:, number]),
            errors=float(away[number]),
        )
        for number, (found, rival) in enumerate(pairs)
    )
    return points, _band(samples[:, errors > 0], errors[errors > 0])


def _band(samples: _Floats, errors: _Floats) -> float:
    """The 95th percentile of the largest deviation of all points, in standard errors."""
    if not len(errors):
        return 0.0
    deviations = (np.abs(samples[1:] - samples[0]) / errors).max(axis=1)
    return float(np.percentile(deviations, _SURE))


def _rival(found: Replay, singles: Sequence[Replay]) -> Replay:
    most = found.mean_cost_usd * (1 + _ROUNDING)
    cheapest = min(singles, key=lambda single: single.mean_cost_usd)
    able = [single for single in singles if single.mean_cost_usd <= most] or [cheapest]
    return max(able, key=lambda single: single.mean_quality)
