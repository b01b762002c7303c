"""Simulation of calibrations: on many random splits, is the promise kept on the other half?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import oracle, strongest_model
from langchain_smartroute.evaluation.families import Family
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.promise import choose_setting

__all__ = ["Build", "Simulation", "simulate"]

_Floats = npt.NDArray[np.float64]
_PAIR = 2

Build = Callable[[str, npt.NDArray[np.intp]], Family]
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
    fits: dict[str, tuple[_Floats, _Floats, float]] = {}
    half = len(table) // 2
    held, promised, saved, possible = (np.empty(splits) for _ in range(4))
    for number in range(splits):
        order = draws.permutation(len(table))
        here, there = order[:half], order[half:]
        strongest = strongest_model(table.rows(here))
        if refitted or strongest not in fits:
            family = build(strongest, here)
            fits[strongest] = family.quality, family.cost_usd, family.chances
        quality, cost, chances = fits[strongest]
        chosen = choose_setting(
            quality[here],
            table.score[here],
            keep=keep,
            confidence=confidence,
            seed=number,
            chances=chances,
        )
        reached = quality[there].mean(axis=0)
        savings = 1 - cost[there].mean(axis=0) / cost[there, 0].mean()
        enough = reached >= keep * table.score[there].mean(axis=0).max()
        held[number] = enough[chosen.setting]
        promised[number] = chosen.setting > 0
        saved[number] = savings[chosen.setting]
        possible[number] = max(savings[enough], default=0.0)
    dear = float(np.mean(table.cost_usd[:, table.column(strongest_model(table))]))
    return Simulation(
        splits=splits,
        prompts=half,
        held=float(held.mean()),
        promised=float(promised.mean()),
        saved=float(np.median(saved)),
        possible=float(np.median(possible)),
        oracle=1 - oracle(table).mean_cost_usd / dear,
    )
