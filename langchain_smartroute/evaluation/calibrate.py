"""Calibration: choose a setting on one split with a guarantee, and report it on another split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.baselines import (
    always,
    cheapest_model,
    oracle,
    random_at_cost,
    strongest_model,
)
from langchain_smartroute.evaluation.bootstrap import spreads
from langchain_smartroute.evaluation.families import Family, Setting, cheaper_settings
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.promise import Chosen, choose_setting, prompts_needed
from langchain_smartroute.evaluation.replays import Replay

__all__ = ["Calibration", "calibrate", "compared", "kept_and_saved"]

_Floats = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The result of a calibration.

    Attributes:
        family: The settings that were available.
        setting: The chosen one; "always the strongest" where nothing can be promised.
        strongest: The model that the promise is measured against.
        keep: The share of its quality to keep.
        confidence: Confidence of the promise, in (0, 1).
        chosen: The choice, with its statistical tests.
        counts: Split → number of prompts.
        needed: About how many prompts the calibration split would need for a promise; `None`: a
            promise is made, or no number of prompts would be enough.
        kept: Share of the strongest model's quality on the reported split.
        saved: Share of the strongest model's cost that is saved there; NaN where costs are unknown.
        replays: The setting and the baselines on that split.
        curve: Cost per prompt and quality of every setting on that split, the safest first.
        remark: The family's.
    """

    family: str
    setting: Setting
    strongest: str
    keep: float
    confidence: float
    chosen: Chosen
    counts: Mapping[str, int]
    needed: int | None
    kept: Interval
    saved: Interval
    replays: tuple[Replay, ...] = field(repr=False)
    curve: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    remark: str = ""

    @property
    def promised(self) -> bool:
        """Whether a setting that is cheaper than "always the strongest" passed the tests."""
        return self.chosen.setting > 0


def calibrate(
    table: OutcomeTable,
    family: Family,
    *,
    rows: tuple[_Rows, _Rows],
    keep: float,
    confidence: float,
    seed: int,
) -> Calibration:
    """Choose a setting on some prompts and report it on others.

    Args:
        table: The outcomes of the pool. None of the prompts in `rows` may have been used to
            learn the family's scores.
        family: The settings, with replays of `table`.
        rows: The prompts to calibrate on, and those to report on.
        keep: The share of the strongest model's quality to keep, such as 0.95.
        confidence: Confidence of the promise in (0, 1), such as 0.9.
        seed: Seed of the order of tests and the intervals.
    """
    here, there = rows
    quality, models = family.quality[here], table.score[here]
    chosen = choose_setting(
        quality, models, keep=keep, confidence=confidence, seed=seed, chances=family.chances
    )
    cheaper = cheaper_settings(family.cost_usd[here])
    if chosen.setting not in cheaper:
        chosen = replace(chosen, setting=0)
    strongest = strongest_model(table.rows(here))
    best = models[:, table.column(strongest)]
    replays = compared(
        table.rows(there),
        family.replays[chosen.setting].rows(there),
        strongest=strongest,
        cheapest=cheapest_model(table.rows(here)),
    )
    kept, saved = kept_and_saved(replays[0], replays[1], seed=seed)
    tried = quality[:, cheaper]
    needed = None if chosen.setting else _needed(family, tried, best, keep, confidence)
    return Calibration(
        family=family.name,
        setting=family.settings[chosen.setting],
        strongest=strongest,
        keep=keep,
        confidence=confidence,
        chosen=chosen,
        counts={"calibrate": len(here), "report": len(there)},
        needed=needed,
        kept=kept,
        saved=saved,
        replays=replays,
        curve=tuple(
            (float(each.cost_usd[there].mean()), float(each.quality[there].mean()))
            for each in family.replays
        ),
        remark=family.remark,
    )


def compared(
    reported: OutcomeTable, found: Replay, *, strongest: str, cheapest: str
) -> tuple[Replay, ...]:
    """A replay and its baselines: always strongest, always cheapest, random, oracle.

    Args:
        reported: The prompts that are reported on.
        found: A router's replay on them.
        strongest: The strongest model, determined on other prompts.
        cheapest: The cheapest, likewise.
    """
    others = [
        always(reported, strongest, name="always strongest"),
        always(reported, cheapest, name="always cheapest"),
    ]
    if np.isfinite([found.mean_cost_usd, *(other.mean_cost_usd for other in others)]).all():
        others.append(
            random_at_cost(
                reported, cheapest=cheapest, strongest=strongest, cost_usd=found.mean_cost_usd
            )
        )
    return (found, *others, oracle(reported))


def kept_and_saved(found: Replay, strongest: Replay, *, seed: int) -> tuple[Interval, Interval]:
    """Share of the strongest model's quality that is kept, and of its cost that is saved.

    Args:
        found: A router's replay.
        strongest: The strongest model's replay on the same prompts.
        seed: Seed of the draws.
    """
    intervals = spreads(
        {
            "quality": found.quality,
            "cost": found.cost_usd,
            "best": strongest.quality,
            "dear": strongest.cost_usd,
        },
        {
            "kept": lambda means: means["quality"] / means["best"],
            "saved": lambda means: 1 - means["cost"] / means["dear"],
        },
        seed=seed,
    )
    return intervals["kept"], intervals["saved"]


def _needed(
    family: Family, quality: _Floats, best: _Floats, keep: float, confidence: float
) -> int | None:
    """The smallest number of prompts that would be enough for any of these settings."""
    wanted = {"keep": keep, "confidence": confidence, "chances": family.chances}
    needs = (prompts_needed(column, best, **wanted) for column in quality.T)
    return min((need for need in needs if need is not None), default=None)
