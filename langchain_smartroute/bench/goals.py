"""Goals for the figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from langchain_smartroute.bench.figures import Figure, Figures, Key

__all__ = ["GOALS", "Goal", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """An inclusive bound on a figure.

    Attributes:
        key: Key of the figure.
        at_most: Its upper bound.
        at_least: Its lower bound.
    """

    key: Key
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, figure: Figure) -> bool:
        """Whether the figure's median is within the bounds."""
        over = self.at_most is not None and figure.value > self.at_most
        under = self.at_least is not None and figure.value < self.at_least
        return not over and not under


def _goal(
    table: str,
    row: str,
    column: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Goal:
    return Goal(key=(table, row, column), at_most=at_most, at_least=at_least)


_CLASS = "from langchain_smartroute import SmartRouterRunnable"
_FAST = "router, aiohttp"
_PLAIN = "Calls a second, plain, 64 at a time"
_BESIDE = "Beside peers, plain"

GOALS: tuple[Goal, ...] = (
    _goal("A decision", "1 message of 20 tokens", "CPU, µs", at_most=150),
    _goal("A decision", "40 messages", "CPU, µs", at_most=1_500),
    _goal("Added to a call", "router", "invoke, µs", at_most=250),
    _goal("Added to a call", "router", "invoke, ×", at_most=1.10),
    _goal("Added to a call", "router", "ainvoke, µs", at_most=350),
    _goal("Added to a call", "router", "ainvoke, ×", at_most=1.12),
    _goal("Added to a call", "router", "a chunk of stream, µs", at_most=10),
    _goal("Added to a call", "router", "a chunk of astream, µs", at_most=10),
    _goal(_PLAIN, _FAST, "× ChatOpenAI", at_least=1.4),
    _goal(_PLAIN, _FAST, "× same client", at_least=0.92),
    _goal(_BESIDE, "LiteLLM Router", "router's calls a second ×", at_least=3),
    *(
        _goal("Import", what, "CPU beyond langchain_core's chat models, ms", at_most=50)
        for what in (_CLASS, f"{_CLASS}, CostCallbackHandler, SpendLimit")
    ),
    _goal("Costs", "router, all four ways to call", "share exact to the last digit", at_least=1),
    *(
        _goal("Growth", what, "power", at_most=1.05)
        for what in ("models", "messages", "rules", "records", "stored records")
    ),
    _goal("An agent's turn", "router", "× fixed model", at_most=1.05),
    _goal("A record", "written to SQLite", "CPU, µs", at_most=50),
    _goal("Faults", "buffer", "passed of 16", at_least=16),
    _goal("Faults", "ainvoke", "passed of 16", at_least=16),
)
"""Goals set before measuring; not all of them are met."""


def held(figures: Figures) -> Iterator[tuple[Goal, Figure]]:
    """The goals that have a figure, each with its figure."""
    by_key = figures.by_key()
    for goal in GOALS:
        if goal.key in by_key:
            yield goal, by_key[goal.key]
