"""Baselines that every router is compared with: single models, a random router, the oracle."""

from __future__ import annotations

import numpy as np

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Replay, Routes, mixed, replay

__all__ = ["always", "cheapest_model", "oracle", "random_at_cost", "strongest_model"]


def cheapest_model(table: OutcomeTable) -> str:
    """The model with the lowest mean cost; the weakest model where no cost is known.

    Args:
        table: The calibration split, not the prompts that are reported on.
    """
    costs = table.cost_usd.mean(axis=0)
    ranked = table.score.mean(axis=0) if np.isnan(costs).any() else costs
    return table.models[int(ranked.argmin())]


def strongest_model(table: OutcomeTable) -> str:
    """The model with the highest mean score; the cheapest of several with the same score.

    Args:
        table: The calibration split. Choosing on the prompts that are reported on would bias
            the baseline upwards.
    """
    scores = table.score.mean(axis=0)
    costs = np.nan_to_num(table.cost_usd.mean(axis=0), nan=np.inf)
    return table.models[int(np.lexsort((costs, -scores))[0])]


def always(table: OutcomeTable, model: str, *, name: str | None = None) -> Replay:
    """One model for all prompts.

    Args:
        table: The outcomes.
        model: The model that answers.
        name: Name of the baseline.
    """
    answered = np.full(len(table), table.column(model))
    routes = Routes.single(name or f"always {model}", answered, models=len(table.models))
    return replay(table, routes)


def random_at_cost(
    table: OutcomeTable, *, cheapest: str, strongest: str, cost_usd: float
) -> Replay:
    """Expected result of choosing between two models at random, at a given mean cost.

    Args:
        table: The outcomes.
        cheapest: One model.
        strongest: The other.
        cost_usd: US dollars per prompt; outside the range of the two models' costs, one model
            is always chosen.
    """
    low, high = always(table, cheapest), always(table, strongest)
    width = high.mean_cost_usd - low.mean_cost_usd
    if np.isnan(width) or np.isnan(cost_usd):
        raise ConfigurationError(
            f"the costs of {cheapest} or {strongest} are unknown; give prices to compare at"
            " equal cost"
        )
    share = (cost_usd - low.mean_cost_usd) / width if width else 0.0
    return mixed(low, high, share=float(np.clip(share, 0, 1)), name="random at equal cost")


def oracle(table: OutcomeTable) -> Replay:
    """The best answer to each prompt, the cheapest of equally good ones: an upper bound."""
    costs = np.nan_to_num(table.cost_usd, nan=np.inf)
    best = table.score == np.nanmax(table.score, axis=1, keepdims=True)
    answered = np.where(best, costs, np.inf).argmin(axis=1)
    # Where no cost is known, the best models tie, and the first of them is taken.
    unknown = ~np.isfinite(costs[np.arange(len(table)), answered])
    answered = np.where(unknown, best.argmax(axis=1), answered)
    return replay(table, Routes.single("oracle", answered, models=len(table.models)))
