"""A router over outcomes by its own decisions: chains, second opinions and all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from langchain_smartroute.errors import ConfigurationError, NoFeasibleModelError
from langchain_smartroute.evaluation.cascades import stated_answer
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import NOBODY, Routes
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.types import RoutingDecision

__all__ = ["Accepts", "by_decisions", "decisions_on", "same_answers"]

Accepts = Callable[[int, int, Sequence[int]], bool]
"""Row of a table, column of the first model, columns of second opinions → is it kept?"""


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
    accepts: Accepts,
    name: str,
) -> Routes:
    """Where decisions send each prompt, and what a cascade makes of the first answer.

    Where a decision is a cascade's, the first answer is kept if it is accepted; else the
    next candidate of the chain answers. Other checks look at whole answers, which a table
    does not hold, and are not replayed.

    Args:
        table: The outcomes.
        decisions: Of every prompt.
        names: Alias → the table's name of the model; the alias itself where left out.
        accepts: Says whether a first answer is kept; see `same_answers`.
        name: What the router is called.

    Raises:
        ConfigurationError: If a decision names a model that the table does not have.
    """
    answered = np.full(len(table), NOBODY, np.intp)
    called = np.zeros((len(table), len(table.models)), bool)
    column = lru_cache(maxsize=None)(partial(_column, table, names))
    for row, decision in enumerate(decisions):
        if decision is None:
            continue
        first, opinions = column(decision.model), [column(a) for a in decision.opinions]
        later = [a for a in decision.chain[1:] if a not in decision.opinions]
        cascades = bool(later) and (bool(opinions) or "+" in decision.policy)
        kept = not cascades or accepts(row, first, opinions)
        answered[row] = first if kept else column(later[0])
        called[row, [first, *opinions, answered[row]]] = True
    lost = int((answered == NOBODY).sum())
    notes = (f"{lost:,} prompts that no candidate can serve count as wrong",) if lost else ()
    return Routes(name=name, answered=answered, called=called, notes=notes)


def same_answers(table: OutcomeTable) -> Accepts:
    """Accepts an answer that all second opinions come to as well; one that is unknown never.

    Args:
        table: The outcomes, with answers.
    """

    def accepts(row: int, first: int, opinions: Sequence[int]) -> bool:
        mine = table.answer(row, first)
        others = [table.answer(row, column) for column in opinions]
        return mine is not None and all(o is not None and _same(mine, o) for o in others)

    return accepts


def _same(one: str, other: str) -> bool:
    return same_answer(one, other) or same_answer(stated_answer(one), stated_answer(other))


def _column(table: OutcomeTable, names: Mapping[str, str], alias: str) -> int:
    try:
        return table.column(names.get(alias, alias))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}; say which of them stands for the router's {alias!r}"
        ) from None
