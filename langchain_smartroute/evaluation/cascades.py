"""Replays of cascades: a cheap model answers first, and a strong model where that is not enough.

Every call counts in cost and latency, whether its answer is kept or not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from langchain_core.messages import AIMessage

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Routes
from langchain_smartroute.execution.checks import AgreementCheck, Opinion
from langchain_smartroute.execution.checks.asking import SAME_ANSWER
from langchain_smartroute.execution.checks.comparing import marked_answer
from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of

__all__ = ["agreement", "by_agreement", "by_confidence", "same_as_stated"]

_LONGEST_FINAL = 60

Same = Callable[[str, str], bool]


def agreement(table: OutcomeTable, first: str, second: str, *, same: Same) -> npt.NDArray[np.bool_]:
    r"""Whether two models gave the same final answer to each prompt; `False` where one is missing.

    Args:
        table: The outcomes, with answers.
        first: One model.
        second: The other.
        same: Compares two final answers. Each pair of different texts is compared once as a
            whole, and once by the parts marked as the answer (`\boxed{…}`, "the answer is").

    Raises:
        ConfigurationError: If the table has no answers of one of them.
    """
    columns = [table.column(first), table.column(second)]
    codes = table.answers[:, columns]
    for model, column in zip((first, second), codes.T, strict=True):
        if (column < 0).all():
            raise ConfigurationError(
                f"the outcomes hold no final answers of {model}; agreement needs the column"
                " 'answer'"
            )
    known: dict[tuple[int, int], bool] = {}
    found = np.zeros(len(table), bool)
    for row, (one, other) in enumerate(codes.tolist()):
        if one < 0 or other < 0:
            continue
        if (one, other) not in known:
            texts = table.answer_texts[one], table.answer_texts[other]
            known[one, other] = same_as_stated(*texts, same=same)
        found[row] = known[one, other]
    return found


def same_as_stated(one: str, other: str, *, same: Same) -> bool:
    """Whether two answers of a table are the same, as they stand or in what they conclude.

    Args:
        one: An answer: the final one, or a whole text.
        other: Another.
        same: Compares two final answers.
    """
    if same(one, other) or same(_marked(one), _marked(other)):
        return True
    if not (_is_whole(one) or _is_whole(other)):
        return False
    opinion = Opinion(alias="other", answer=AIMessage(other))
    return SAME_ANSWER in AgreementCheck().compared(AIMessage(one), [opinion]).values()


def _marked(text: str) -> str:
    """The part of a text that it marks as its answer; the whole text where it marks none."""
    return marked_answer(text) or text


def _is_whole(text: str) -> bool:
    """Whether a text is more than a final answer, so that it is read as an answer of a model."""
    return (len(text) > _LONGEST_FINAL or "\n" in text) and literal_of(text) is NOTHING


def by_agreement(
    table: OutcomeTable, *, first: str, second: str, strong: str, same: Same, name: str = ""
) -> Routes:
    """Keep the first model's answer where a second model agrees; else use the strong model's.

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
    """Keep the first model's answer from a confidence threshold on; else use the strong model's.

    Args:
        table: The outcomes.
        confidences: Confidence in the first model's answer to each prompt, such as a learned
            check's or one from log-probabilities.
        first: The model that is asked first.
        strong: The model that is asked where the confidence is below the threshold.
        threshold: Lowest confidence at which an answer is kept.
        second: The model that is asked together with the first one, where confidences depend on it.
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
