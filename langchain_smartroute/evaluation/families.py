"""Families of settings, ordered from "always the strongest" to "always the cheapest".

Calibration chooses the number of a setting, so it needs nothing else of a router.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.baselines import always
from langchain_smartroute.evaluation.cascades import Same, by_agreement, by_confidence
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.promise import HALVES
from langchain_smartroute.evaluation.replays import Replay, replay
from langchain_smartroute.evaluation.routed import by_threshold
from langchain_smartroute.types import TASKS

__all__ = [
    "Build",
    "Family",
    "Prepare",
    "Prepared",
    "Setting",
    "agreement_family",
    "cheaper_settings",
    "confidence_family",
    "strongest_first",
    "threshold_family",
]

_Floats = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.intp]

_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a family.

    Attributes:
        label: Description of the setting.
        told: The same as settings of a router; empty: the default model answers everything, or
            the router is the caller's own.
        pool: The models that it uses; empty: all models of the table.
    """

    label: str
    told: Mapping[str, Any] = field(default_factory=dict)
    pool: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Settings of a router, each with its replay on a table.

    Attributes:
        name: Name of the parameter that is set.
        settings: From the safest, "always the strongest model", to the cheapest.
        replays: One per setting.
        chances: Number of random errors, each as large as that of a half of the prompts, between
            what is found on one half and what is reached on the other: of the two halves, and of
            a fit that differs between them.
        remark: What else its tests are subject to; empty: nothing.
    """

    name: str
    settings: tuple[Setting, ...]
    replays: tuple[Replay, ...]
    chances: float = HALVES
    remark: str = ""

    @property
    def quality(self) -> _Floats:
        """A row per prompt, a column per setting."""
        return np.stack([found.quality for found in self.replays], axis=1)

    @property
    def cost_usd(self) -> _Floats:
        """A row per prompt, a column per setting."""
        return np.stack([found.cost_usd for found in self.replays], axis=1)


Build = Callable[[str, _Rows], Family]
"""Strongest model and the prompts to calibrate on → the family with replays of all prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Prompts that nothing was learned from yet, and the family to calibrate on them.

    Attributes:
        table: The prompts.
        build: Strongest model and the prompts to calibrate on → the family.
        save: Writes what was fitted to its file; `None`: nothing was.
        learned: Number of other prompts that something was fitted on.
        refitted: Whether the family is fitted on the prompts to calibrate on, and so is another
            for others of them; else it depends on the strongest model alone.
    """

    table: OutcomeTable
    build: Build
    save: Callable[[], None] | None = None
    learned: int = 0
    refitted: bool = False


Prepare = Callable[[int], Prepared]
"""Seed → what is fitted on prompts drawn with it, and the others."""


def cheaper_settings(cost_usd: _Floats) -> _Rows:
    """Numbers of a family's settings that cost less than its first, or an unknown amount."""
    means = cost_usd.mean(axis=0)
    return np.flatnonzero(~(means[1:] >= means[0])) + 1


def strongest_first(
    table: OutcomeTable,
    strongest: str,
    name: str,
    found: Sequence[tuple[Setting, Replay]],
) -> Family:
    """Build a family whose first setting is "always the strongest model".

    Args:
        table: The outcomes.
        strongest: The strongest model.
        name: Name of the parameter that is set.
        found: The other settings with their replays, in order.
    """
    safest = Setting(label=f"always {strongest}")
    first = always(table, strongest)
    return Family(
        name=name,
        settings=(safest, *(setting for setting, _ in found)),
        replays=(first, *(made for _, made in found)),
    )


def threshold_family(
    table: OutcomeTable,
    scores: _Floats,
    *,
    weak: str,
    strong: str,
    reference: _Floats | None = None,
    steps: int = _STEPS,
) -> Family:
    """Build a family of two models, by the score from which on the strong one answers.

    Args:
        table: The outcomes.
        scores: Estimate per prompt of how much it needs the strong model.
        weak: The model that answers below the threshold.
        strong: The model that answers from it on.
        reference: Scores of other prompts, whose quantiles are the thresholds.
        steps: How many thresholds.
    """
    shares = np.linspace(0, 1, steps + 1)[1:]
    thresholds = np.quantile(scores if reference is None else reference, shares)
    found = []
    for threshold in [*np.unique(thresholds[:-1]).tolist(), float("inf")]:
        routes = by_threshold(table, scores, weak=weak, strong=strong, threshold=threshold)
        label = f"{weak} below {threshold:.4g}, else {strong}"
        setting = Setting(label=label, pool=(weak, strong))
        found.append((setting, replay(table, routes)))
    return strongest_first(table, strong, "threshold", found)


def agreement_family(
    table: OutcomeTable, *, first: str, second: str, strong: str, same: Same
) -> Family:
    """Build a family of two settings: without and with a cascade by agreement.

    Args:
        table: The outcomes, with answers.
        first: The model whose answer is kept where both agree.
        second: The model that is asked as well.
        strong: The model that is asked where they differ.
        same: Compares two final answers.
    """
    routes = by_agreement(table, first=first, second=second, strong=strong, same=same)
    check = {"check": "agreement", "with": [second], "tasks": list(TASKS)}
    setting = Setting(label=routes.name, told={"cascade": check}, pool=(first, second, strong))
    return strongest_first(table, strong, "agreement", [(setting, replay(table, routes))])


def confidence_family(
    table: OutcomeTable,
    confidences: _Floats,
    *,
    first: str,
    strong: str,
    second: str | None = None,
    reference: _Floats | None = None,
    told: Callable[[float], Mapping[str, Any]] | None = None,
) -> Family:
    """Build a family of cascades that keep a first answer from a confidence on.

    Args:
        table: The outcomes.
        confidences: Confidence in the first model's answer to each prompt.
        first: The model that is asked first.
        strong: The model that is asked where the confidence is too low.
        second: The model that is asked together with the first one, where confidences need it.
        reference: Confidences of other prompts, whose quantiles are the thresholds.
        told: Threshold → settings of a router.
    """
    values = confidences if reference is None else reference
    thresholds = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS + 1)[:-1]))[::-1]
    found = []
    for threshold in thresholds.tolist():
        routes = by_confidence(
            table, confidences, first=first, second=second, strong=strong, threshold=threshold
        )
        setting = Setting(
            label=f"{first} from confidence {threshold:.4g} on, else {strong}",
            told={} if told is None else told(threshold),
            pool=tuple(filter(None, (first, second, strong))),
        )
        found.append((setting, replay(table, routes)))
    return strongest_first(table, strong, "confidence", found)
