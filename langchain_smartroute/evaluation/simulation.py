"""Simulation of calibrations: on many random splits, is the promise kept on the other half?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import oracle, strongest_model
from langchain_smartroute.evaluation.families import Family
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.promise import choose_setting

__all__ = ["Build", "Simulation", "simulate"]

_Floats = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]
_PAIR = 2

Build = Callable[[str, _Rows], Family]
"""Strongest model and the prompts to calibrate on → the family with replays of all prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Results over many splits.

    Attributes:
        splits: Number of splits.
        prompts: Number of prompts in each calibration split.
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
    held: float
    promised: float
    saved: float
    possible: float
    oracle: float


def simulate(
    table: OutcomeTable,
    build: Build,
    *,
    refitted: bool = False,
    keep: float,
    confidence: float,
    seed: int,
    splits: int = 1_000,
) -> Simulation:
    """Calibrate on random halves, and evaluate each on the other half.

    Args:
        table: The outcomes; only the calibration half may be used to learn the family's scores.
        build: Strongest model and the prompts to calibrate on → the family with replays of
            `table`.
        refitted: Whether the family is fitted on these prompts, and so is another in each split;
            else it is built once for each strongest model.
        keep: The share to keep.
        confidence: Confidence of the promise, in (0, 1).
        seed: Seed of the splits.
        splits: Number of splits.

    Raises:
        ConfigurationError: If there are fewer than two prompts.
    """
    if len(table) < _PAIR:
        raise ConfigurationError(
            f"{len(table)} prompts are too few to be halved; give more outcomes"
        )
    draws = np.random.default_rng(seed)
    known: dict[str, _Figures] = {}
    half = len(table) // 2
    trials: list[_Trial] = []
    for number in range(splits):
        order = draws.permutation(len(table))
        here, there = order[:half], order[half:]
        strongest = strongest_model(table.rows(here))
        if refitted or strongest not in known:
            family = build(strongest, here)
            known[strongest] = _Figures(family.quality, family.cost_usd, family.chances)
        figures = known[strongest]
        chosen = choose_setting(
            figures.quality[here],
            table.score[here],
            keep=keep,
            confidence=confidence,
            seed=number,
            chances=figures.chances,
        )
        least = keep * float(table.score[there].mean(axis=0).max())
        trials.append(_Trial.of(figures, there, setting=chosen.setting, least=least))
    return _summary(trials, table, prompts=half)


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

    @classmethod
    def of(cls, figures: _Figures, there: _Rows, *, setting: int, least: float) -> _Trial:
        """Evaluate a setting, and the cheapest of all that reach the least mean quality."""
        cost_usd = figures.cost_usd[there]
        savings = 1 - cost_usd.mean(axis=0) / cost_usd[:, 0].mean()
        enough = figures.quality[there].mean(axis=0) >= least
        best = max(savings[enough], default=0.0)
        return cls(float(enough[setting]), float(setting > 0), float(savings[setting]), float(best))


def _summary(trials: Sequence[_Trial], table: OutcomeTable, *, prompts: int) -> Simulation:
    held, promised, saved, possible = np.array(trials).T
    dear = float(np.mean(table.cost_usd[:, table.column(strongest_model(table))]))
    return Simulation(
        splits=len(trials),
        prompts=prompts,
        held=float(held.mean()),
        promised=float(promised.mean()),
        saved=float(np.median(saved)),
        possible=float(np.median(possible)),
        oracle=1 - oracle(table).mean_cost_usd / dear,
    )
