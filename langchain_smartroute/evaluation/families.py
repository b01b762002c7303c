"""Families of routers: settings in order, from always the strongest to always the cheapest.

What is calibrated is the number of a setting, so a family is all that is needed of a router.
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
from langchain_smartroute.evaluation.replays import Replay, replay
from langchain_smartroute.evaluation.routed import by_threshold
from langchain_smartroute.types import TASKS

__all__ = [
    "Family",
    "Setting",
    "agreement_family",
    "confidence_family",
    "strongest_first",
    "threshold_family",
]

_Floats = npt.NDArray[np.float64]

_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One router of a family.

    Attributes:
        label: What sets it apart, in words.
        told: What sets it apart, as settings of a router; empty: the default answers all,
            or the router is the caller's own.
        pool: The models that it takes; empty: all of the table.
    """

    label: str
    told: Mapping[str, Any] = field(default_factory=dict)
    pool: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Settings of a router, and what each would have done on the prompts of a table.

    Attributes:
        name: What is set.
        settings: From the safest, which is always the strongest model, to the cheapest.
        replays: Of each setting.
    """

    name: str
    settings: tuple[Setting, ...]
    replays: tuple[Replay, ...]

    @property
    def quality(self) -> _Floats:
        """A row per prompt, a column per setting."""
        return np.stack([found.quality for found in self.replays], axis=1)

    @property
    def cost_usd(self) -> _Floats:
        """A row per prompt, a column per setting."""
        return np.stack([found.cost_usd for found in self.replays], axis=1)


def strongest_first(
    table: OutcomeTable,
    strongest: str,
    name: str,
    found: Sequence[tuple[Setting, Replay]],
) -> Family:
    """A family that begins with always the strongest model.

    Args:
        table: The outcomes.
        strongest: The model.
        name: What is set.
        found: The other settings, in order, with their replays.
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
    """Two models, and how much a prompt must be believed to need the strong one.

    Args:
        table: The outcomes.
        scores: How much each prompt is believed to need it.
        weak: The model that answers below the threshold.
        strong: The model that answers from it on.
        reference: Scores whose quantiles are the thresholds, of other prompts.
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
    """A cascade by agreement, or none.

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
    """A cascade that keeps a first answer from a confidence on, such as a learned check's.

    Args:
        table: The outcomes.
        confidences: How much the first model's answer to each prompt is believed.
        first: The model that is asked first.
        strong: Who is asked where that is too little.
        second: Who is asked beside the first one, if that is what confidences need.
        reference: Confidences whose quantiles are the thresholds, of other prompts.
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
