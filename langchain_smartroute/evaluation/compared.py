"""A router compared with its baselines, overall and by task, with paired intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.bootstrap import spreads
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.quality_metrics import arena_score
from langchain_smartroute.evaluation.replays import Replay

__all__ = ["Standing", "Standings", "by_part", "standings"]

_THOUSAND = 1_000
_MOST_ARENA_USD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Results of one router.

    Attributes:
        name: The router's name.
        count: Number of prompts.
        quality: Mean score.
        usd_per_thousand: US dollars per thousand requests.
        latency_s: Seconds per request.
        gain: Paired difference in quality to the strongest model, where 1 is full quality.
        kept: Share of the strongest model's quality.
        saved: Share of the strongest model's cost that is saved.
        arena: RouterArena's score; `None` where the cost is unknown or zero.
    """

    name: str
    count: int
    quality: Interval
    usd_per_thousand: Interval
    latency_s: Interval
    gain: Interval
    kept: Interval
    saved: Interval
    arena: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Results of a router and its baselines on one part of the prompts.

    Attributes:
        part: Name of the part, such as `all` or a task.
        routers: The router first.
    """

    part: str
    routers: tuple[Standing, ...]


def standings(
    replays: Sequence[Replay], *, strongest: Replay, seed: int, part: str = "all"
) -> Standings:
    """Compare routers on the same prompts.

    Args:
        replays: A replay per router, all on the same prompts.
        strongest: The strongest model's replay.
        seed: Seed of the intervals.
        part: Name of this set of prompts.
    """
    found = tuple(_standing(each, strongest, seed) for each in replays)
    return Standings(part=part, routers=found)


def by_part(
    replays: Sequence[Replay],
    parts: npt.NDArray[np.str_],
    *,
    strongest: Replay,
    seed: int,
) -> tuple[Standings, ...]:
    """Compare routers on each part of the prompts, the largest part first.

    Args:
        replays: A replay per router.
        parts: The part that each prompt belongs to, such as its task.
        strongest: The strongest model's replay.
        seed: Seed of the intervals.
    """
    names, counts = np.unique(parts, return_counts=True)
    return tuple(
        standings(
            [each.rows(parts == name) for each in replays],
            strongest=strongest.rows(parts == name),
            seed=seed,
            part=str(name),
        )
        for name in names[np.argsort(-counts, kind="stable")]
    )


def _standing(found: Replay, strongest: Replay, seed: int) -> Standing:
    intervals = spreads(
        {
            "quality": found.quality,
            "cost": found.cost_usd,
            "latency": found.latency_s,
            "best": strongest.quality,
            "dear": strongest.cost_usd,
        },
        {
            "quality": lambda means: means["quality"],
            "usd_per_thousand": lambda means: _THOUSAND * means["cost"],
            "latency_s": lambda means: means["latency"],
            "gain": lambda means: means["quality"] - means["best"],
            "kept": lambda means: means["quality"] / means["best"],
            "saved": lambda means: 1 - means["cost"] / means["dear"],
        },
        seed=seed,
    )
    dollars = intervals["usd_per_thousand"].value
    ranked = 0 < dollars < _MOST_ARENA_USD
    return Standing(
        name=found.name,
        count=len(found),
        arena=arena_score(found.mean_quality, dollars) if ranked else None,
        **intervals,
    )
