"""The steps of `smartroute calibrate`: split, fit, choose, report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Price
from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import strongest_model
from langchain_smartroute.evaluation.calibrate import Calibration, calibrate
from langchain_smartroute.evaluation.checked import (
    fitted_check,
    learned_family,
    logprob_family,
)
from langchain_smartroute.evaluation.families import (
    Family,
    agreement_family,
    strongest_first,
)
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.quality_family import QualityFamilies, words_tell_apart
from langchain_smartroute.evaluation.routed import features_of
from langchain_smartroute.evaluation.simulation import Build
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS

__all__ = ["CalibrationInput", "Prepared", "calibrated", "prepared"]

LEARNED_SHARE = 0.4
"""Share of the prompts that a predictor is fitted on. Calibration gets the larger part, as its
number of prompts limits what can be promised."""

_CALIBRATED_SHARE = 0.6
"""Share of the remaining prompts for calibration; the rest is for the report."""

_MANY_PROMPTS = 4_000
"""From this many prompts on a quality predictor is fitted on prompts of its own."""

_PAIR = 2

Kind = Literal["quality", "agreement", "learned", "logprob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Unseen prompts, and the settings to calibrate on them.

    Attributes:
        table: The prompts.
        build: Strongest model and the prompts to calibrate on → the family.
        save: Writes what was fitted to its file; `None`: nothing was.
        learned: Number of other prompts that something was fitted on.
        refitted: Whether the family is fitted on the prompts to calibrate on.
    """

    table: OutcomeTable
    build: Build
    save: Callable[[], None] | None = None
    learned: int = 0
    refitted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationInput:
    """The input of a calibration.

    Attributes:
        table: The outcomes of the pool.
        prices: Of every model of it.
        seed: Seed of the split.
        beside: The file of settings, beside which what is fitted is saved.
        apart: Whether a quality predictor is fitted on prompts of its own; `None`: where there
            are 4,000 or more, or words do not tell surely which prompts need the better model.
    """

    table: OutcomeTable
    prices: Mapping[str, Price]
    seed: int
    beside: Path
    apart: bool | None = None


def prepared(data: CalibrationInput, family: Kind) -> Prepared:
    """Fit the predictor or check of a family, on prompts that are left out afterwards.

    Args:
        data: The outcomes and their prices.
        family: What is set.

    Raises:
        ConfigurationError: If the pool, its outcomes or its prices are insufficient for the family.
    """
    if data.apart is not None and family != "quality":
        raise ConfigurationError(
            f"--apart and --together concern the predictor of family quality; leave them out for"
            f" {family}"
        )
    models = data.table.models
    if len(models) < _PAIR:
        raise ConfigurationError(
            f"{len(models)} model in the outcomes: there is nothing to choose; give two"
        )
    unknown = [model for model in models if model not in data.prices]
    if unknown:
        raise ConfigurationError(
            f"no price is known of {', '.join(unknown)}, and the settings are to hold one of every"
            f" model; give each with --price, such as --price {unknown[0]}=0.15/0.60 for US dollars"
            " per million input and output tokens, or leave it out with --model"
        )
    costless = np.isnan(data.table.cost_usd).any(axis=0)
    if costless.any():
        name = models[int(costless.argmax())]
        raise ConfigurationError(
            f"one of the calls of {name} has no known cost; give every row completion_tokens, or"
            " output_chars to estimate them from"
        )
    ways = {
        "quality": _by_quality,
        "agreement": _by_agreement,
        "learned": _by_learned_check,
        "logprob": _by_log_probability,
    }
    return ways[family](data)


def calibrated(
    data: CalibrationInput, family: Kind, *, keep: float, confidence: float
) -> tuple[Calibration, OutcomeTable]:
    """Choose a setting and report it.

    Args:
        data: The outcomes and their prices.
        family: What is set.
        keep: The share of the strongest model's quality to keep.
        confidence: Confidence of the promise, in (0, 1).

    Returns:
        The calibration, and the prompts that it is reported on.
    """
    ready = prepared(data, family)
    order = np.random.default_rng(data.seed + 1).permutation(len(ready.table))
    end = round(_CALIBRATED_SHARE * len(order))
    if not 0 < end < len(order):
        raise ConfigurationError(
            f"{len(order):,} prompts are too few to calibrate and to report on; give more outcomes"
        )
    here, there = np.sort(order[:end]), np.sort(order[end:])
    policy = ready.build(strongest_model(ready.table.rows(here)), here)
    found = calibrate(
        ready.table, policy, rows=(here, there), keep=keep, confidence=confidence, seed=data.seed
    )
    if ready.save is not None and found.promised:
        ready.save()
    return found, ready.table.rows(there)


def _cheap(data: CalibrationInput, strongest: str, count: int) -> list[str]:
    """The cheapest models by estimated cost, as a router ranks candidates for a cascade."""
    tokens = float(np.nanmean(data.table.input_tokens))
    estimates = {
        model: tokens * float(data.prices[model].input_usd_per_mtok)
        + ANSWER_ROOM_TOKENS * float(data.prices[model].output_usd_per_mtok)
        for model in data.table.models
    }
    ranked = sorted(estimates, key=lambda model: (estimates[model], model))
    found = [model for model in ranked if estimates[model] < estimates[strongest]]
    if len(found) < count:
        raise ConfigurationError(
            f"a cascade takes models that cost less than {strongest}, the strongest: it needs"
            f" {count}, and there are {len(found)}; name a larger pool"
        )
    return found[:count]


def _by_agreement(data: CalibrationInput) -> Prepared:
    def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
        first, second = _cheap(data, strongest, _PAIR)
        return agreement_family(
            data.table, first=first, second=second, strong=strongest, same=same_answer
        )

    return Prepared(table=data.table, build=build)


def _by_log_probability(data: CalibrationInput) -> Prepared:
    def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
        (first,) = _cheap(data, strongest, 1)
        return logprob_family(data.table, first=first, strong=strongest)

    return Prepared(table=data.table, build=build)


def _by_learned_check(data: CalibrationInput) -> Prepared:
    shares = (LEARNED_SHARE, 1 - LEARNED_SHARE)
    learned, rest = split_by_prompt(data.table, shares, seed=data.seed)
    first, second = _cheap(data, strongest_model(learned), _PAIR)
    check = fitted_check(learned, first=first, second=second)
    path = data.beside.with_suffix(".check.json")

    def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
        if strongest in (first, second):
            return strongest_first(rest, strongest, "confidence", ())
        models = (first, second, strongest)
        return learned_family(rest, check, models=models, reference=learned, saved=path.name)

    def save() -> None:
        path.write_text(json.dumps(check.to_dict(), indent=1) + "\n", encoding="utf-8")

    return Prepared(table=rest, build=build, save=save, learned=len(learned))


def _by_quality(data: CalibrationInput) -> Prepared:
    table, fitted_on = data.table, None
    features = features_of(table, classifier=LinearClassifier())
    by_prompt = dict(zip(table.prompts, features, strict=True))
    apart = data.apart
    if apart is None:
        apart = len(table) >= _MANY_PROMPTS or not words_tell_apart(table, features)
    if apart:
        shares = (LEARNED_SHARE, 1 - LEARNED_SHARE)
        fitted_on, table = split_by_prompt(table, shares, seed=data.seed)
    path = data.beside.with_suffix(".quality.json")
    families = QualityFamilies(
        table, data.prices, features=by_prompt, saved=path, fitted_on=fitted_on
    )
    return Prepared(
        table=table,
        build=families.build,
        save=families.save,
        learned=0 if fitted_on is None else len(fitted_on),
        refitted=fitted_on is None,
    )
