"""A router over outcomes by its own decisions: chains, second opinions and all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from langchain_smartroute.errors import ConfigurationError, NoFeasibleModelError
from langchain_smartroute.evaluation.cascades import Same
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import NOBODY, Routes
from langchain_smartroute.types import RoutingDecision

__all__ = ["by_decisions", "decisions_on"]


def decisions_on(
    table: OutcomeTable, decide: Callable[[str], RoutingDecision]
) -> list[RoutingDecision | None]:
    """What a router decides on every prompt; `None`: no candidate can serve it.

    Args:
        table: The outcomes.
        decide: Such as a router's `explain`.
    """
    found: list[RoutingDecision | None] = []
    for prompt in table.prompts:
        try:
            found.append(decide(prompt))
        except NoFeasibleModelError:
            found.append(None)
    return found


def by_decisions(
    table: OutcomeTable,
    decisions: Sequence[RoutingDecision | None],
    *,
    names: Mapping[str, str],
    same: Same,
    name: str,
) -> Routes:
    """Where decisions send each prompt, and what second opinions make of the first answer.

    Where a decision asks for second opinions, the first answer is kept if all of them are
    the same; else the next candidate of the chain answers. Other checks look at whole
    answers, which a table does not hold, and are not replayed.

    Args:
        table: The outcomes.
        decisions: Of every prompt.
        names: Alias → the table's name of the model; the alias itself where left out.
        same: Compares two final answers.
        name: What the router is called.

    Raises:
        ConfigurationError: If a decision names a model that the table does not have.
    """
    answered = np.full(len(table), NOBODY, np.intp)
    called = np.zeros((len(table), len(table.models)), bool)
    unheard = 0
    column = lru_cache(maxsize=None)(partial(_column, table, names))
    for row, decision in enumerate(decisions):
        if decision is None:
            continue
        opinions = [column(alias) for alias in decision.opinions]
        first = column(decision.model)
        texts = [table.answer(row, place) for place in (first, *opinions)]
        unheard += opinions != [] and None in texts
        agreed = all(_agree(texts[0], other, same) for other in texts[1:])
        later = [a for a in decision.chain[1:] if a not in decision.opinions]
        answered[row] = column(later[0]) if not agreed and later else first
        called[row, [first, *opinions, answered[row]]] = True
    return Routes(name=name, answered=answered, called=called, notes=_notes(answered, unheard))


def _agree(mine: str | None, other: str | None, same: Same) -> bool:
    return mine is not None and other is not None and same(mine, other)


def _column(table: OutcomeTable, names: Mapping[str, str], alias: str) -> int:
    try:
        return table.column(names.get(alias, alias))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}; say which of them stands for the router's {alias!r}"
        ) from None


def _notes(answered: np.ndarray[tuple[int], np.dtype[np.intp]], unheard: int) -> tuple[str, ...]:
    lost = int((answered == NOBODY).sum())
    notes = []
    if lost:
        notes.append(f"{lost:,} prompts that no candidate can serve count as wrong")
    if unheard:
        notes.append(
            f"{unheard:,} prompts have no final answer of a model that was asked: they count as"
            " disagreement"
        )
    return tuple(notes)
