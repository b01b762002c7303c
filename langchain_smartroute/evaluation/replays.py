"""Replays: what a router would have scored and cost on known outcomes, without a model call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable

__all__ = ["NOBODY", "Replay", "Routes", "mixed", "replay"]

_Floats = npt.NDArray[np.float64]

NOBODY = -1
"""Stands for the answering model's column where no candidate could serve the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The route of each prompt.

    Attributes:
        name: Name of the router.
        answered: The column of the model whose answer was kept; `NOBODY`: no candidate
            could serve the request.
        called: Mask of the models called, a row per prompt and a column per model; several in a
            cascade.
        notes: Remarks on the router.
    """

    name: str
    answered: npt.NDArray[np.intp]
    called: npt.NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @classmethod
    def single(
        cls, name: str, answered: npt.NDArray[np.intp], *, models: int, notes: tuple[str, ...] = ()
    ) -> Routes:
        """Routes with one call per prompt."""
        called = np.zeros((len(answered), models), bool)
        there = np.flatnonzero(answered != NOBODY)
        called[there, answered[there]] = True
        return cls(name=name, answered=answered, called=called, notes=notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Quality, cost and latency of a router on each prompt.

    Attributes:
        name: Name of the router.
        quality: Score of the answer; 0 where no candidate could answer; the expected score of a
            random router.
        cost_usd: US dollars of all calls; NaN where one of them is unknown.
        latency_s: Seconds of all calls, one after the other; NaN where unknown.
        answered: Model → probability that it answered, per prompt.
        called: Model → expected number of calls, per prompt.
        notes: Remarks on the router.
    """

    name: str
    quality: _Floats = field(repr=False)
    cost_usd: _Floats = field(repr=False)
    latency_s: _Floats = field(repr=False)
    answered: Mapping[str, _Floats] = field(repr=False)
    called: Mapping[str, _Floats] = field(repr=False)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of prompts."""
        return len(self.quality)

    @property
    def answers(self) -> dict[str, float]:
        """Model → share of the prompts that it answered."""
        return {model: float(share.mean()) for model, share in self.answered.items()}

    @property
    def calls(self) -> dict[str, float]:
        """Model → calls per prompt."""
        return {model: float(count.mean()) for model, count in self.called.items()}

    def rows(self, wanted: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Replay:
        """The replay of some of the prompts."""
        return replace(
            self,
            quality=self.quality[wanted],
            cost_usd=self.cost_usd[wanted],
            latency_s=self.latency_s[wanted],
            answered={model: share[wanted] for model, share in self.answered.items()},
            called={model: count[wanted] for model, count in self.called.items()},
        )

    @property
    def mean_quality(self) -> float:
        """The mean score."""
        return float(self.quality.mean())

    @property
    def mean_cost_usd(self) -> float:
        """US dollars per prompt; NaN when unknown."""
        return float(self.cost_usd.mean())

    @property
    def mean_latency_s(self) -> float:
        """Seconds per prompt; NaN when unknown."""
        return float(self.latency_s.mean())


def replay(table: OutcomeTable, routes: Routes) -> Replay:
    """Look up the score, cost and latency of the routed models.

    Args:
        table: The outcomes, with a score for every call that is routed.
        routes: The route of each of its prompts.

    Raises:
        ConfigurationError: If a prompt went to a model that has no score for it.

    Example:
        >>> from langchain_smartroute.evaluation import OutcomeTable, by_callable, replay
        >>> rows = [("hi", "small", 1), ("hi", "large", 1), ("prove", "small", 0)]
        >>> rows.append(("prove", "large", 1))
        >>> table = OutcomeTable.from_records(
        ...     [{"prompt": p, "model": m, "score": s, "cost_usd": len(m)} for p, m, s in rows]
        ... )
        >>> found = replay(table, by_callable(table, lambda text: "small"))
        >>> found.mean_quality, found.mean_cost_usd
        (0.5, 5.0)
    """
    there = routes.answered != NOBODY
    rows = np.arange(len(table))
    quality = np.where(there, table.score[rows, routes.answered], 0.0)
    unknown = there & np.isnan(quality)
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise ConfigurationError(
            f"{routes.name}: prompt {row + 1} went to {table.models[routes.answered[row]]}, which"
            " has no score for it; keep the prompts that all its models have (table.only)"
        )
    answered = np.zeros(routes.called.shape, bool)
    answered[rows[there], routes.answered[there]] = True
    return Replay(
        name=routes.name,
        quality=quality,
        cost_usd=np.where(routes.called, table.cost_usd, 0.0).sum(axis=1),
        latency_s=np.where(routes.called, table.latency_s, 0.0).sum(axis=1),
        answered=_named(table, answered),
        called=_named(table, routes.called),
        notes=routes.notes,
    )


def mixed(first: Replay, second: Replay, *, share: float, name: str) -> Replay:
    """Expected result of choosing the second router with some probability, else the first.

    Args:
        first: One router.
        second: The other, on the same prompts.
        share: The probability of the second.
        name: Name of the mix.
    """

    def blend(one: _Floats, other: _Floats) -> _Floats:
        return (1 - share) * one + share * other

    def sums(one: Mapping[str, _Floats], other: Mapping[str, _Floats]) -> dict[str, _Floats]:
        none = np.zeros(len(first))
        names = dict.fromkeys((*one, *other))
        return {name: blend(one.get(name, none), other.get(name, none)) for name in names}

    return Replay(
        name=name,
        quality=blend(first.quality, second.quality),
        cost_usd=blend(first.cost_usd, second.cost_usd),
        latency_s=blend(first.latency_s, second.latency_s),
        answered=sums(first.answered, second.answered),
        called=sums(first.called, second.called),
    )


def _named(table: OutcomeTable, shares: npt.NDArray[np.bool_]) -> dict[str, _Floats]:
    there = np.flatnonzero(shares.any(axis=0))
    return {table.models[column]: shares[:, column].astype(np.float64) for column in there}
