"""Cascades that keep the first answer if a check accepts it: learned, or by log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.cascades import agreement
from langchain_smartroute.evaluation.decided import Accepts
from langchain_smartroute.evaluation.families import Family, confidence_family
from langchain_smartroute.evaluation.learned import LabelledAnswer, fit_learned_check
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.execution.checks import LearnedCheck
from langchain_smartroute.execution.checks.comparing import same_answer
from langchain_smartroute.types import TASKS

__all__ = [
    "fitted_check",
    "learned_accepts",
    "learned_family",
    "logprob_accepts",
    "logprob_family",
]

_Floats = npt.NDArray[np.float64]

_FEATURES = (
    "request_length",
    "request_numbers",
    "request_code",
    "answer_is_number",
    "final_length",
    "opinions_all_agree",
)
"""The features that can be computed from final answers, as tables hold no whole answers."""

_ANY_TAIL = -100.0
_FINE = 1e9


def fitted_check(table: OutcomeTable, *, first: str, second: str) -> LearnedCheck:
    """Fit a learned check of one model's answers, with another model's as second opinion.

    Args:
        table: Outcomes with answers, other than those that are replayed.
        first: The model whose answers are checked.
        second: The model that gives the opinion.
    """
    same = agreement(table, first, second, same=same_answer).tolist()
    column = table.column(first)
    rows = [
        LabelledAnswer(
            request=prompt,
            answer=table.answer(row, column) or "",
            good=float(table.score[row, column]),
            agreeing=(same[row],),
        )
        for row, prompt in enumerate(table.prompts)
    ]
    return fit_learned_check(
        rows, features=_FEATURES, fitted=f"{len(rows):,} final answers of {first}, {second} beside"
    )


def learned_family(
    table: OutcomeTable,
    check: LearnedCheck,
    *,
    models: tuple[str, str, str],
    reference: OutcomeTable,
    saved: str,
) -> Family:
    """Cascades by a learned check's probability, one for each threshold.

    Args:
        table: The outcomes to replay; the check was not fitted on them.
        check: The learned check.
        models: The model whose answer is checked, the second opinion, and the strong model.
        reference: Outcomes whose probabilities give the thresholds.
        saved: The file that routers will read the check from.
    """
    first, second, strong = models

    def told(threshold: float) -> Mapping[str, Any]:
        # A check's threshold lies strictly between 0 and 1.
        # Rounded down, so that answers with exactly this probability are still kept.
        within = min(max(math.floor(threshold * _FINE) / _FINE, 1e-6), 1 - 1e-6)
        named = {"check": "learned", "path": saved, "with": [second], "tasks": list(TASKS)}
        return {"cascade": {**named, "threshold": within}}

    return confidence_family(
        table,
        _probabilities(table, check, first, second),
        first=first,
        second=second,
        strong=strong,
        reference=_probabilities(reference, check, first, second),
        told=told,
    )


def logprob_family(
    table: OutcomeTable, *, first: str, strong: str, reference: Sequence[float] | None = None
) -> Family:
    """Cascades by the mean log-probability of the first answer, one for each threshold.

    Args:
        table: Outcomes with `logprob`.
        first: The model that answers first.
        strong: The model that answers below the threshold.
        reference: Log-probabilities that give the thresholds.

    Raises:
        ConfigurationError: If they are missing.
    """
    found = table.logprob[:, table.column(first)]
    if np.isnan(found).any():
        raise ConfigurationError(
            f"the outcomes hold no log-probabilities of {first}; give every row a column"
            " 'logprob', the mean over its answer's tokens"
        )
    return confidence_family(
        table,
        found,
        first=first,
        strong=strong,
        reference=None if reference is None else np.array(reference),
        told=lambda mean: {
            "cascade": {
                "check": "logprob",
                "mean": min(mean, 0.0),
                "tail": _ANY_TAIL,
                "tasks": list(TASKS),
            }
        },
    )


def learned_accepts(table: OutcomeTable, check: LearnedCheck) -> Accepts:
    """Build a function that accepts first answers as a learned check does.

    Args:
        table: The outcomes, with answers.
        check: The learned check.
    """

    def accepts(row: int, first: int, opinions: Sequence[int]) -> bool:
        mine = table.answer(row, first) or ""
        others = [table.answer(row, column) for column in opinions]
        same = [other is not None and same_answer(mine, other) for other in others]
        return check.probability(table.prompts[row], mine, agreeing=same) >= check.threshold

    return accepts


def logprob_accepts(table: OutcomeTable, mean: float) -> Accepts:
    """Build a function that accepts answers from a mean log-probability on, or with none known.

    Args:
        table: The outcomes, with log-probabilities.
        mean: The lowest mean that is accepted.
    """

    def accepts(row: int, first: int, _opinions: Sequence[int]) -> bool:
        found = float(table.logprob[row, first])
        return math.isnan(found) or found >= mean

    return accepts


def _probabilities(table: OutcomeTable, check: LearnedCheck, first: str, second: str) -> _Floats:
    same = agreement(table, first, second, same=same_answer).tolist()
    column = table.column(first)
    return np.array(
        [
            check.probability(prompt, table.answer(row, column) or "", agreeing=[same[row]])
            for row, prompt in enumerate(table.prompts)
        ]
    )
