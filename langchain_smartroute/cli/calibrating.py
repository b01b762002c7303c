"""The steps of `smartroute calibrate`: split, fit, choose, report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from langchain_smartroute.catalog import Price
from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.cli.documents import write_text
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
    Prepare,
    Prepared,
    agreement_family,
    strongest_first,
)
from langchain_smartroute.evaluation.outcomes import OutcomeTable, listed
from langchain_smartroute.evaluation.quality_family import QualityFamilies, words_tell_apart
from langchain_smartroute.evaluation.routed import features_of
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.routing import ANSWER_ROOM_TOKENS
from langchain_smartroute.routing.gains import sketched

__all__ = ["CalibrationInput", "calibrated", "preparation"]

_SHARES = (0.4, 0.6)
"""Shares of the prompts that a predictor is fitted on, and of the others. Calibration gets the
larger part, as its number of prompts limits what can be promised."""

_CALIBRATED_SHARE = 0.6
"""Share of the remaining prompts for calibration; the rest is for the report."""

_MANY_PROMPTS = 4_000
"""From this many prompts on a quality predictor is fitted on prompts of its own."""

_KEPT_TEXTS = 1 << 14
"""How many texts' vectors, of 8 KiB each, are kept for further fits."""

_PAIR = 2

Kind = Literal["quality", "agreement", "learned", "logprob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationInput:
    """The input of a calibration.

    Attributes:
        table: The outcomes of the pool.
        prices: Of every model of it.
        seed: Seed of the splits.
        beside: The file of settings, beside which what is fitted is saved.
        apart: Whether a quality predictor is fitted on prompts of its own; `None`: where there
            are 4,000 or more, or words do not tell surely which prompts need the better model.
    """

    table: OutcomeTable
    prices: Mapping[str, Price]
    seed: int
    beside: Path
    apart: bool | None = None


def preparation(data: CalibrationInput, family: Kind) -> Prepare:
    """How the predictor or check of a family is fitted, on prompts that are left out afterwards.

    Args:
        data: The outcomes and their prices.
        family: What is set.

    Returns:
        Seed of the draw of these prompts → what is left to calibrate.

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
            f"no price is known of {listed(unknown)}, and the settings are to hold one of every"
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
    ready = preparation(data, family)(data.seed)
    order = np.random.default_rng(data.seed + 1).permutation(len(ready.table))
    end = round(_CALIBRATED_SHARE * len(order))
    if not 0 < end < len(order):
        raise ConfigurationError(
            f"too few prompts to calibrate and to report on: {len(order)}; give more outcomes"
        )
    here, there = np.sort(order[:end]), np.sort(order[end:])
    policy = ready.build(strongest_model(ready.table.rows(here)), here)
    found = calibrate(
        ready.table, policy, rows=(here, there), keep=keep, confidence=confidence, seed=data.seed
    )
    if ready.save is not None and found.promised:
        ready.save()
    return found, ready.table.rows(there)


def _cheaper(data: CalibrationInput, strongest: str) -> list[str]:
    """The cheaper models by estimated cost, as a router ranks candidates for a cascade."""
    tokens = float(np.nanmean(data.table.input_tokens))
    estimates = {
        model: tokens * float(data.prices[model].input_usd_per_mtok)
        + ANSWER_ROOM_TOKENS * float(data.prices[model].output_usd_per_mtok)
        for model in data.table.models
    }
    ranked = sorted(estimates, key=lambda model: (estimates[model], model))
    return [model for model in ranked if estimates[model] < estimates[strongest]]


def _cheapest(data: CalibrationInput, count: int) -> list[str]:
    """The cheapest models of a cascade below the strongest of all prompts.

    Raises:
        ConfigurationError: If there are fewer.
    """
    strongest = strongest_model(data.table)
    found = _cheaper(data, strongest)
    if len(found) < count:
        raise ConfigurationError(
            f"a cascade takes models that cost less than {strongest}, the strongest: it needs"
            f" {count}, and there are {len(found)}; name a larger pool"
        )
    return found[:count]


def _by_agreement(data: CalibrationInput) -> Prepare:
    _cheapest(data, _PAIR)

    def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
        cheap = _cheaper(data, strongest)[:_PAIR]
        if len(cheap) < _PAIR:  # By chance a cheap model is the strongest of these prompts.
            return strongest_first(data.table, strongest, "agreement", ())
        first, second = cheap
        return agreement_family(
            data.table, first=first, second=second, strong=strongest, same=same_answer
        )

    return lambda _seed: Prepared(table=data.table, build=build)


def _by_log_probability(data: CalibrationInput) -> Prepare:
    _cheapest(data, 1)

    def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
        cheap = _cheaper(data, strongest)
        if not cheap:
            return strongest_first(data.table, strongest, "confidence", ())
        return logprob_family(data.table, first=cheap[0], strong=strongest)

    return lambda _seed: Prepared(table=data.table, build=build)


def _by_learned_check(data: CalibrationInput) -> Prepare:
    usual = _cheapest(data, _PAIR)
    path = data.beside.with_suffix(".check.json")

    def prepare(seed: int) -> Prepared:
        learned, rest = split_by_prompt(data.table, _SHARES, seed=seed)
        cheap = _cheaper(data, strongest_model(learned))[:_PAIR]
        first, second = cheap if len(cheap) == _PAIR else usual
        check = fitted_check(learned, first=first, second=second)

        def build(strongest: str, _here: npt.NDArray[np.intp]) -> Family:
            if strongest in (first, second):
                return strongest_first(rest, strongest, "confidence", ())
            models = (first, second, strongest)
            return learned_family(rest, check, models=models, reference=learned, saved=path.name)

        def save() -> None:
            write_text(json.dumps(check.to_dict(), indent=1) + "\n", path)

        return Prepared(table=rest, build=build, save=save, learned=len(learned))

    return prepare


def _by_quality(data: CalibrationInput) -> Prepare:
    features = features_of(data.table, classifier=LinearClassifier())
    by_prompt = dict(zip(data.table.prompts, features, strict=True))
    apart = data.apart
    if apart is None:
        apart = len(data.table) >= _MANY_PROMPTS or not words_tell_apart(data.table, features)
    path, sketch = data.beside.with_suffix(".quality.json"), lru_cache(_KEPT_TEXTS)(sketched)

    def prepare(seed: int) -> Prepared:
        fitted_on, table = None, data.table
        if apart:
            fitted_on, table = split_by_prompt(table, _SHARES, seed=seed)
        families = QualityFamilies(
            table, data.prices, features=by_prompt, saved=path, fitted_on=fitted_on, sketch=sketch
        )
        return Prepared(
            table=table,
            build=families.build,
            save=families.save,
            learned=0 if fitted_on is None else len(fitted_on),
            refitted=fitted_on is None,
        )

    return prepare
