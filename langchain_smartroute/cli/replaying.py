"""Replays of `smartroute evaluate policy`: a router's decisions, or a cascade by agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from langchain_core.messages import HumanMessage

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.baselines import cheapest_model, strongest_model
from langchain_smartroute.evaluation.calibrate import compared
from langchain_smartroute.evaluation.cascades import by_agreement
from langchain_smartroute.evaluation.checked import learned_accepts, logprob_accepts
from langchain_smartroute.evaluation.decided import (
    Accepts,
    by_decisions,
    decisions_on,
    same_answers,
)
from langchain_smartroute.evaluation.drift import drift_notes
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.policy_report import Evaluation
from langchain_smartroute.evaluation.pricing import catalog_prices
from langchain_smartroute.evaluation.replays import Replay, Routes, replay
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.execution.checks import LearnedCheck, LogprobCheck
from langchain_smartroute.execution.checks.comparing import same_answer

if TYPE_CHECKING:
    from langchain_smartroute.runnable import SmartRouterRunnable
    from langchain_smartroute.types import RoutingDecision

__all__ = ["ReplayInput", "evaluated"]

_TO_CHOOSE_ON = 0.2
"""Share of the prompts used to determine the strongest and the cheapest model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayInput:
    """What to replay.

    Attributes:
        router: The router whose decisions are replayed; `None`: the agreement cascade.
        names: Alias → the table's name of the model.
        agreement: The models of an agreement cascade.
        strongest: The strongest model; `None`: determined from the data.
        by: What the report is divided by.
        seed: Seed of every draw.
        calibration: The settings' table on their calibration.
    """

    router: SmartRouterRunnable | None
    names: Mapping[str, str]
    agreement: tuple[str, str] | None
    strongest: str | None
    by: Literal["dataset", "source", "task"]
    seed: int
    calibration: Mapping[str, Any] | None = None


def evaluated(table: OutcomeTable, chosen: ReplayInput, *, given: frozenset[str]) -> Evaluation:
    """Run the replay.

    Args:
        table: The outcomes.
        chosen: What to replay.
        given: The models that have been given a price.
    """
    if chosen.router is not None:
        table = _of_router(table, chosen, given)
    elif chosen.agreement is not None and chosen.strongest is not None:
        table = table.only(list(dict.fromkeys((*chosen.agreement, chosen.strongest))))
    else:
        table = table.only(table.models)
    table, strongest, cheapest = _reported(table, chosen)
    decisions: list[RoutingDecision | None] = []
    if chosen.router is not None:
        router = chosen.router
        decisions = decisions_on(table, lambda text: router.explain([HumanMessage(text)]))
    found = replay(table, _routes(table, chosen, decisions, strongest))
    replays = compared(table, found, strongest=strongest, cheapest=cheapest)
    return Evaluation(
        table=table,
        replays=replays,
        parts=_parts(table, chosen.by, decisions),
        expected=_expected(table, chosen.names, decisions, found),
        notes=(*table.notes, *drift_notes(chosen.calibration, table, replays)),
        seed=chosen.seed,
    )


def _of_router(table: OutcomeTable, chosen: ReplayInput, given: frozenset[str]) -> OutcomeTable:
    """The outcomes of a router's candidates, at its prices where none are given."""
    if chosen.router is None:
        return table
    catalog = Catalog.load(chosen.router.catalog)
    unknown = next((alias for alias in chosen.names if alias not in catalog.models), None)
    if unknown is not None:
        raise ConfigurationError(
            f"--map {unknown}=…: the router has no such alias; it has {', '.join(catalog.models)}"
        )
    pool = dict.fromkeys(chosen.names.get(alias, alias) for alias in catalog.models)
    there = [model for model in pool if model in table.models]
    if not there:
        table.column(next(iter(pool)))
    prices = catalog_prices(catalog, chosen.names)
    wanted = {m: price for m, price in prices.items() if m in there and m not in given}
    return table.only(there).priced(wanted)


def _reported(table: OutcomeTable, chosen: ReplayInput) -> tuple[OutcomeTable, str, str]:
    """The prompts to report on, the strongest model and the cheapest."""
    noted = (chosen.calibration or {}).get("strongest")
    strongest = chosen.strongest or (noted if noted in table.models else None)
    if strongest is not None:
        table.column(strongest)
        return table, strongest, cheapest_model(table)
    shares = (_TO_CHOOSE_ON, 1 - _TO_CHOOSE_ON)
    chosen_on, reported = split_by_prompt(table, shares, seed=chosen.seed)
    return reported, strongest_model(chosen_on), cheapest_model(chosen_on)


def _routes(
    table: OutcomeTable,
    chosen: ReplayInput,
    decisions: list[RoutingDecision | None],
    strongest: str,
) -> Routes:
    if chosen.agreement is not None:
        first, second = chosen.agreement
        return by_agreement(
            table, first=first, second=second, strong=strongest, same=same_answer, name="agreement"
        )
    accepts = _accepts(table, None if chosen.router is None else chosen.router.cascade)
    return by_decisions(table, decisions, names=chosen.names, accepts=accepts, name="router")


def _accepts(table: OutcomeTable, cascade: Any) -> Accepts:
    """What a router's cascade makes of a first answer, where a table can tell."""
    settings = dict(cascade) if isinstance(cascade, Mapping) else {"check": cascade}
    if settings["check"] == "learned" and "path" in settings:
        check = LearnedCheck.load(settings["path"])
        return learned_accepts(table, check.at(float(settings.get("threshold", check.threshold))))
    if settings["check"] == "logprob":
        return logprob_accepts(table, float(settings.get("mean", LogprobCheck().mean or 0.0)))
    if settings["check"] in (None, "agreement"):
        return same_answers(table)
    raise ConfigurationError(
        f"cascade {settings['check']!r}: cannot be replayed, as outcomes do not hold what it looks"
        " at; evaluate the settings without it"
    )


def _parts(
    table: OutcomeTable, by: str, decisions: list[RoutingDecision | None]
) -> npt.NDArray[np.str_]:
    if by == "task" and decisions:
        return np.array(["unserved" if d is None else d.task for d in decisions])
    return table.sources if by == "source" else table.datasets


def _expected(
    table: OutcomeTable,
    names: Mapping[str, str],
    decisions: list[RoutingDecision | None],
    found: Replay,
) -> npt.NDArray[np.float64] | None:
    """What was predicted of the model that answered each prompt."""
    if not decisions or not all(d is not None and d.predicted for d in decisions):
        return None
    expected = np.zeros(len(table))
    for row, decision in enumerate(decisions):
        for alias, share in (decision.predicted if decision else {}).items():
            model = names.get(alias, alias)
            if model in found.answered and found.answered[model][row]:
                expected[row] = share
    return expected
