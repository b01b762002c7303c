"""Simulation of calibrations: on many random splits, is the promise kept on unseen prompts?

The whole of a calibration is repeated, what is fitted included: how much a promise saves depends
on which prompts it was fitted on as much as on which it was calibrated on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import oracle, strongest_model
from langchain_smartroute.evaluation.families import Prepare, Prepared, cheaper_settings
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.promise import choose_setting

__all__ = ["Simulation", "simulate"]

_Floats = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]
_PAIR = 2
_SEEDS = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Results over many splits.

    Attributes:
        splits: Number of splits.
        prompts: Number of prompts in each calibration split.
        learned: Number of other prompts that something was fitted on; 0: on none.
        fits: Number of fits: of draws of those prompts, each for an equal part of the splits, or
            one per split on the prompts to calibrate on; 0: nothing is fitted.
        held: Share of the splits in which the promise was kept on the other half, against the
            strongest model there.
        promised: Share of the splits in which a setting cheaper than "always the strongest" was
            chosen.
        saved: Median share of the strongest model's cost that was saved there.
        possible: Median saving of the cheapest setting that keeps enough on the other half,
            chosen in hindsight.
        oracle: Saving of the oracle, the best model for each prompt.
    """

    splits: int
    prompts: int
    learned: int
    fits: int
    held: float
    promised: float
    saved: float
    possible: float
    oracle: float


def simulate(
    prepare: Prepare,
    *,
    keep: float,
    confidence: float,
    seed: int,
    splits: int = 1_000,
    fits: int = 100,
) -> Simulation:
    """Calibrate on random halves, and evaluate each on the other half.

    Args:
        prepare: Seed → what is fitted on prompts drawn with it, and the others, which are halved.
        keep: The share to keep.
        confidence: Confidence of the promise, in (0, 1).
        seed: Seed of the splits; the first fit is that of a calibration with this seed.
        splits: Number of splits.
        fits: How many times among them what is fitted on prompts of its own is fitted anew, on
            others.

    Raises:
        ConfigurationError: If there are fewer than two prompts.
    """
    first = prepare(seed)
    if len(first.table) < _PAIR:
        raise ConfigurationError(
            f"too few prompts to be halved: {len(first.table)}; give more outcomes"
        )
    draws = np.random.default_rng(seed)
    drawn = min(fits, splits) if first.learned else 1
    later = map(prepare, draws.integers(_SEEDS, size=drawn - 1).tolist())
    parts = np.array_split(np.arange(splits), drawn)
    aim = _Aim(keep=keep, confidence=confidence)
    trials: list[_Trial] = []
    for ready, numbers in zip(chain([first], later), parts, strict=True):
        trials += _halved(ready, numbers.tolist(), aim=aim, draws=draws)
    if not first.learned:
        drawn = splits if first.refitted else 0
    return _summary(trials, first, fits=drawn)


class _Aim(NamedTuple):
    """What is promised."""

    keep: float
    confidence: float


def _halved(
    ready: Prepared, numbers: Sequence[int], *, aim: _Aim, draws: np.random.Generator
) -> list[_Trial]:
    """Calibrate on random halves of the prompts that nothing was fitted on."""
    table, half = ready.table, len(ready.table) // 2
    known: dict[str, _Figures] = {}
    trials: list[_Trial] = []
    most = _oracle_saving(table)
    for number in numbers:
        order = draws.permutation(len(table))
        here, there = order[:half], order[half:]
        strongest = strongest_model(table.rows(here))
        if ready.refitted or strongest not in known:
            family = ready.build(strongest, here)
            known[strongest] = _Figures(family.quality, family.cost_usd, family.chances)
        figures = known[strongest]
        chosen = choose_setting(
            figures.quality[here],
            table.score[here],
            keep=aim.keep,
            confidence=aim.confidence,
            seed=number,
            chances=figures.chances,
        )
        # As in a calibration, a setting that is not cheaper is no promise.
        setting = (
            chosen.setting if chosen.setting in cheaper_settings(figures.cost_usd[here]) else 0
        )
        least = aim.keep * float(table.score[there].mean(axis=0).max())
        found = _Trial.of(figures, there, setting=setting, least=least, oracle=most)
        trials.append(found)
    return trials


class _Figures(NamedTuple):
    """A family's figures: rows are prompts, columns are settings."""

    quality: _Floats
    cost_usd: _Floats
    chances: float


class _Trial(NamedTuple):
    """What one calibration reached on the other half."""

    held: float
    promised: float
    saved: float
    possible: float
    oracle: float

    @classmethod
    def of(
        cls, figures: _Figures, there: _Rows, *, setting: int, least: float, oracle: float
    ) -> _Trial:
        """Evaluate a setting, and the cheapest of all that reach the least mean quality."""
        cost_usd = figures.cost_usd[there]
        means = cost_usd.mean(axis=0)
        savings = 1 - means / means[0] if means[0] else np.zeros_like(means)
        enough = figures.quality[there].mean(axis=0) >= least
        best = max(savings[enough], default=0.0)
        return cls(
            held=float(enough[setting]),
            promised=float(savings[setting] > 0),
            saved=float(savings[setting]),
            possible=float(best),
            oracle=oracle,
        )


def _summary(trials: Sequence[_Trial], first: Prepared, *, fits: int) -> Simulation:
    held, promised, saved, possible, most = np.array(trials).T
    return Simulation(
        splits=len(trials),
        prompts=len(first.table) // 2,
        learned=first.learned,
        fits=fits,
        held=float(held.mean()),
        promised=float(promised.mean()),
        saved=float(np.median(saved)),
        possible=float(np.median(possible)),
        oracle=float(most.mean()),
    )


def _oracle_saving(table: OutcomeTable) -> float:
    """Share of the strongest model's cost; where that is free, nothing can be saved."""
    dear = float(np.mean(table.cost_usd[:, table.column(strongest_model(table))]))
    return 1 - oracle(table).mean_cost_usd / dear if dear else 0.0
