"""What `smartroute calibrate` does: split, fit, choose, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from langchain_smartroute.catalog import Price
from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import strongest_model
from langchain_smartroute.evaluation.calibrate import Calibration, calibrate
from langchain_smartroute.evaluation.families import Family, agreement_family
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.predicted import (
    Pool,
    fitted_predictor,
    pool_catalog,
    quality_family,
)
from langchain_smartroute.evaluation.routed import features_of
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS

__all__ = ["Calibrated", "Prepared", "calibrated", "prepared"]

LEARNED_SHARE = 0.5
"""The share of the prompts that a predictor is fitted on."""

_CALIBRATED_SHARE = 0.6
"""The share of the others that is calibrated on; the rest is reported on."""

_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Prompts that no setting has seen, and the settings for them.

    Attributes:
        table: The prompts.
        build: Strongest model → the family.
        save: Writes what was fitted beside a file, and says where; `None`: nothing was.
        learned: Prompts that a predictor was fitted on.
    """

    table: OutcomeTable
    build: Callable[[str], Family]
    save: Callable[[Path], Path] | None = None
    learned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """What calibrating came to.

    Attributes:
        calibration: The setting and what it reached.
        reported: The prompts that it is reported on.
        predictor: Where the fitted predictor was saved, if there is one.
    """

    calibration: Calibration
    reported: OutcomeTable
    predictor: Path | None


def prepared(
    table: OutcomeTable,
    prices: Mapping[str, Price],
    *,
    family: Literal["quality", "agreement"],
    seed: int,
) -> Prepared:
    """Fit what has to be fitted, on prompts that are then left out.

    Args:
        table: The outcomes of the pool.
        prices: Of every model of it.
        family: What is set.
        seed: Of the split.

    Raises:
        ConfigurationError: If the pool, its outcomes or prices do not do for the family.
    """
    if len(table.models) < _PAIR:
        raise ConfigurationError(
            f"{len(table.models)} model in the outcomes: there is nothing to choose; give two"
        )
    unknown = next((model for model in table.models if model not in prices), None)
    if unknown is not None:
        raise ConfigurationError(f"the price of {unknown} is unknown; give it with --price")
    if family == "agreement":
        return _by_agreement(table, prices)
    return _by_quality(table, prices, seed)


def calibrated(
    table: OutcomeTable,
    prices: Mapping[str, Price],
    *,
    family: Literal["quality", "agreement"],
    keep: float,
    confidence: float,
    seed: int,
    beside: Path,
) -> Calibrated:
    """Choose a setting and report it.

    Args:
        table: The outcomes of the pool.
        prices: Of every model of it.
        family: What is set.
        keep: The share of the strongest model's quality to keep.
        confidence: Of the promise.
        seed: Of splits, tests and intervals.
        beside: The file of settings, beside which a predictor is saved.
    """
    ready = prepared(table.only(table.models), prices, family=family, seed=seed)
    order = np.random.default_rng(seed + 1).permutation(len(ready.table))
    end = round(_CALIBRATED_SHARE * len(order))
    if not 0 < end < len(order):
        raise ConfigurationError(
            f"{len(order):,} prompts are too few to calibrate and to report on; give more outcomes"
        )
    here, there = np.sort(order[:end]), np.sort(order[end:])
    made = ready.build(strongest_model(ready.table.rows(here)))
    found = calibrate(
        ready.table, made, rows=(here, there), keep=keep, confidence=confidence, seed=seed
    )
    saved = ready.save(beside) if ready.save is not None and found.promised else None
    return Calibrated(calibration=found, reported=ready.table.rows(there), predictor=saved)


def _by_agreement(table: OutcomeTable, prices: Mapping[str, Price]) -> Prepared:
    # As the router ranks candidates for a cascade: by their estimate for a request.
    asked = float(np.nanmean(table.input_tokens))
    estimates = {
        model: asked * float(prices[model].input_usd_per_mtok)
        + ANSWER_ROOM_TOKENS * float(prices[model].output_usd_per_mtok)
        for model in table.models
    }

    def build(strongest: str) -> Family:
        ranked = sorted(table.models, key=lambda model: (estimates[model], model))
        cheap = [m for m in ranked if m != strongest and estimates[m] < estimates[strongest]]
        if len(cheap) < _PAIR:
            raise ConfigurationError(
                f"agreement needs two models that cost less than {strongest}; name a larger pool"
            )
        return agreement_family(
            table, first=cheap[0], second=cheap[1], strong=strongest, same=same_answer
        )

    return Prepared(table=table, build=build)


def _by_quality(table: OutcomeTable, prices: Mapping[str, Price], seed: int) -> Prepared:
    learned, rest = split_by_prompt(table, (LEARNED_SHARE, 1 - LEARNED_SHARE), seed=seed)
    classifier = LinearClassifier()
    known, asked = (features_of(part, classifier=classifier) for part in (learned, rest))
    predictor = fitted_predictor(learned, known)

    def build(strongest: str) -> Family:
        catalog = pool_catalog(table.models, prices, default=strongest)
        pool = Pool(catalog=catalog, predictor=predictor)
        return quality_family(rest, asked, pool=pool, strongest=strongest, reference=known)

    def save(beside: Path) -> Path:
        path = beside.with_suffix(".quality.json")
        predictor.save(path)
        return path

    return Prepared(table=rest, build=build, save=save, learned=len(learned))
