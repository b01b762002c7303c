"""Families of routers: settings in order, from always the strongest to always the cheapest.

What is calibrated is the number of a setting, so a family is all that is needed of a router.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.baselines import always
from langchain_smartroute.evaluation.cascades import Same, by_agreement, by_confidence
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Replay, replay
from langchain_smartroute.evaluation.routed import by_threshold

__all__ = ["Family", "Setting", "agreement_family", "confidence_family", "threshold_family"]

_Floats = npt.NDArray[np.float64]

_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One router of a family.

    Attributes:
        label: What sets it apart, in words.
        told: What sets it apart, for a router's configuration.
    """

    label: str
    told: Mapping[str, Any]


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
    safest = Setting(label=f"always {strongest}", told={"model": strongest})
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
        weak: Who answers below the threshold.
        strong: Who answers from it on.
        reference: Scores whose quantiles are the thresholds, of other prompts.
        steps: How many thresholds.
    """
    shares = np.linspace(0, 1, steps + 1)[1:]
    thresholds = np.quantile(scores if reference is None else reference, shares)
    found = []
    for threshold in [*np.unique(thresholds[:-1]).tolist(), float("inf")]:
        routes = by_threshold(table, scores, weak=weak, strong=strong, threshold=threshold)
        label = f"{weak} below {threshold:.4g}, else {strong}"
        setting = Setting(label=label, told={"threshold": threshold, "weak": weak})
        found.append((setting, replay(table, routes)))
    return strongest_first(table, strong, "threshold", found)


def agreement_family(
    table: OutcomeTable, *, first: str, second: str, strong: str, same: Same
) -> Family:
    """A cascade by agreement, or none.

    Args:
        table: The outcomes, with answers.
        first: Whose answer is kept where both agree.
        second: Who is asked as well.
        strong: Who is asked where they differ.
        same: Compares two final answers.
    """
    routes = by_agreement(table, first=first, second=second, strong=strong, same=same)
    told = {"agreement": [first, second], "strong": strong}
    setting = Setting(label=routes.name, told=told)
    return strongest_first(table, strong, "agreement", [(setting, replay(table, routes))])


def confidence_family(
    table: OutcomeTable,
    confidences: _Floats,
    *,
    first: str,
    strong: str,
    reference: _Floats | None = None,
    steps: int = _STEPS,
) -> Family:
    """A cascade that keeps a first answer from a confidence on, such as a learned check's.

    Args:
        table: The outcomes.
        confidences: How much the first model's answer to each prompt is believed.
        first: Who is asked first.
        strong: Who is asked where that is too little.
        reference: Confidences whose quantiles are the thresholds, of other prompts.
        steps: How many thresholds.
    """
    values = confidences if reference is None else reference
    thresholds = np.unique(np.quantile(values, np.linspace(0, 1, steps + 1)[:-1]))[::-1]
    found = []
    for threshold in thresholds.tolist():
        routes = by_confidence(table, confidences, first=first, strong=strong, threshold=threshold)
        label = f"{first} from confidence {threshold:.4g} on, else {strong}"
        setting = Setting(label=label, told={"threshold": threshold, "first": first})
        found.append((setting, replay(table, routes)))
    return strongest_first(table, strong, "confidence", found)
