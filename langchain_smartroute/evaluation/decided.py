"""Replays of a router's own decisions, with fallback chains and second opinions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from langchain_smartroute.errors import ConfigurationError, NoFeasibleModelError
from langchain_smartroute.evaluation.cascades import same_as_stated
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import NOBODY, Routes
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.types import RoutingDecision

__all__ = ["Accepts", "by_decisions", "decisions_on", "same_answers"]

Accepts = Callable[[int, int, Sequence[int]], bool]
"""From a row, the first model's column and those of second opinions to whether it is accepted."""


def decisions_on(
    table: OutcomeTable, decide: Callable[[str], RoutingDecision]
) -> list[RoutingDecision | None]:
    """A router's decision on every prompt; `None` where no candidate can serve it.

    Args:
        table: The outcomes.
        decide: Function from a prompt to a decision, such as a router's `explain`.
    """
    decisions: list[RoutingDecision | None] = []
    for prompt in table.prompts:
        try:
            decisions.append(decide(prompt))
        except NoFeasibleModelError:
            decisions.append(None)
    return decisions


def by_decisions(
    table: OutcomeTable,
    decisions: Sequence[RoutingDecision | None],
    *,
    names: Mapping[str, str],
    accepts: Accepts,
    name: str,
) -> Routes:
    """Routes of each prompt by decisions, with escalation where a cascade rejects an answer.

    Where a decision starts a cascade, the first answer is kept if it is accepted; otherwise the
    next candidate of the chain answers. Other checks need whole answers, which a table does not
    hold, so they are not replayed.

    Args:
        table: The outcomes.
        decisions: One per prompt.
        names: Alias → the table's name of the model; the alias itself where left out.
        accepts: Says whether a first answer is kept; see `same_answers`.
        name: Name of the router.

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
        escalation = [a for a in decision.chain[1:] if a not in decision.opinions]
        cascades = bool(escalation) and (bool(opinions) or "+" in decision.policy)
        is_accepted = not cascades or accepts(row, first, opinions)
        answered[row] = first if is_accepted else column(escalation[0])
        called[row, [first, *opinions, answered[row]]] = True
    unserved = int((answered == NOBODY).sum())
    notes = (
        (f"{unserved:,} prompts that no candidate can serve count as wrong",) if unserved else ()
    )
    return Routes(name=name, answered=answered, called=called, notes=notes)


def same_answers(table: OutcomeTable) -> Accepts:
    """Build a function that accepts an answer if all second opinions are known and agree.

    Args:
        table: The outcomes, with answers.
    """

    def accepts(row: int, first: int, opinions: Sequence[int]) -> bool:
        mine = table.answer(row, first)
        others = [table.answer(row, column) for column in opinions]
        return mine is not None and all(o is not None and _same(mine, o) for o in others)

    return accepts


def _same(answer: str, opinion: str) -> bool:
    return same_as_stated(answer, opinion, same=same_answer)


def _column(table: OutcomeTable, names: Mapping[str, str], alias: str) -> int:
    try:
        return table.column(names.get(alias, alias))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}; say which of them stands for the router's {alias!r}"
        ) from None
