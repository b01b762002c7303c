"""Cascades over outcomes: look at a cheap answer first, and call the strong model if it must be.

A call costs whether its answer is kept or not, and seconds add up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Routes
from langchain_smartroute.execution.checks.comparing import marked_answer

__all__ = ["agreement", "by_agreement", "by_confidence", "stated_answer"]

Same = Callable[[str, str], bool]


def agreement(table: OutcomeTable, first: str, second: str, *, same: Same) -> npt.NDArray[np.bool_]:
    r"""Whether two models gave the same final answer to each prompt; without an answer: no.

    Args:
        table: The outcomes, with answers.
        first: One model.
        second: The other.
        same: Compares two final answers; each pair of different texts is compared once, and
            once more as what they mark as their answers (`\boxed{…}`, "the answer is").

    Raises:
        ConfigurationError: If the table has no answers of one of them.
    """
    columns = [table.column(first), table.column(second)]
    codes = table.answers[:, columns]
    for model, column in zip((first, second), codes.T, strict=True):
        if (column < 0).all():
            raise ConfigurationError(
                f"the outcomes hold no answers of {model}; agreement needs the column 'answer'"
            )
    known: dict[tuple[int, int], bool] = {}
    found = np.zeros(len(table), bool)
    for row, (one, other) in enumerate(codes.tolist()):
        if one < 0 or other < 0:
            continue
        if (one, other) not in known:
            texts = table.answer_texts[one], table.answer_texts[other]
            known[one, other] = same(*texts) or same(*map(stated_answer, texts))
        found[row] = known[one, other]
    return found


def stated_answer(text: str) -> str:
    """The part of a text that it marks as its answer; the whole text where it marks none."""
    return marked_answer(text) or text


def by_agreement(
    table: OutcomeTable, *, first: str, second: str, strong: str, same: Same, name: str = ""
) -> Routes:
    """The first model's answer where the second gives the same one, else the strong model's.

    Args:
        table: The outcomes, with answers.
        first: The model whose answer is kept where both agree.
        second: The model that is asked as well.
        strong: The model that is asked where they differ.
        same: Compares two final answers.
        name: What the router is called.
    """
    accepted = agreement(table, first, second, same=same)
    return _cascade(
        table,
        accepted,
        cheap=(first, second),
        strong=strong,
        name=name or f"agreement of {first} and {second}, else {strong}",
    )


def by_confidence(
    table: OutcomeTable,
    confidences: npt.NDArray[np.float64],
    *,
    first: str,
    strong: str,
    threshold: float,
    second: str | None = None,
    name: str = "first answer",
) -> Routes:
    """The first model's answer where it is believed enough, else the strong model's.

    Args:
        table: The outcomes.
        confidences: How much the first model's answer to each prompt is believed, as a
            learned check or the tokens' probabilities have it.
        first: The model that is asked first.
        strong: Who is asked where that is below the threshold.
        threshold: From which confidence on an answer is kept.
        second: Who is asked beside the first one, where confidences compare them.
        name: What the router is called.

    Raises:
        ConfigurationError: If there is not one confidence per prompt.
    """
    if confidences.shape != (len(table),):
        raise ConfigurationError(
            f"confidences of shape {confidences.shape} for {len(table):,} prompts; give one each"
        )
    return _cascade(
        table,
        confidences >= threshold,
        cheap=(first,) if second is None else (first, second),
        strong=strong,
        name=name,
    )


def _cascade(
    table: OutcomeTable,
    accepted: npt.NDArray[np.bool_],
    *,
    cheap: tuple[str, ...],
    strong: str,
    name: str,
) -> Routes:
    columns = [table.column(model) for model in cheap]
    last = table.column(strong)
    called = np.zeros((len(table), len(table.models)), bool)
    called[:, columns] = True
    called[~accepted, last] = True
    answered = np.where(accepted, columns[0], last)
    return Routes(name=name, answered=answered, called=called)
