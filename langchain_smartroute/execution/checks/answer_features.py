"""Features of a learned check: numbers on a request, its answer and second opinions.

Pure and fast, without a model or a vocabulary. Missing values (no second opinion, no
log-probabilities) are 0 with an indicator feature, so that one artefact serves both cases.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from langchain_smartroute.execution.checks.comparing.code_form import code_in
from langchain_smartroute.execution.checks.comparing.final_answer import final_answer
from langchain_smartroute.execution.checks.comparing.quantities import quantity_of
from langchain_smartroute.execution.checks.logprobs import LogprobFigures

__all__ = ["AGREEMENT_FEATURES", "FEATURES", "LOGPROB_FEATURES", "answer_features"]

FEATURES: Final = (
    "request_length",
    "request_numbers",
    "request_code",
    "request_question",
    "answer_length",
    "answer_numbers",
    "answer_code",
    "answer_lines",
    "answer_doubt",
    "answer_has_final",
    "answer_is_number",
    "final_length",
    "opinions_agree",
    "opinions_all_agree",
    "opinions_missing",
    "logprob_mean",
    "logprob_tail",
    "logprob_missing",
)
"""Names of the features, in the order of `answer_features`."""

AGREEMENT_FEATURES: Final = frozenset({"opinions_agree", "opinions_all_agree", "opinions_missing"})
LOGPROB_FEATURES: Final = frozenset({"logprob_mean", "logprob_tail", "logprob_missing"})

_READ_CHARS = 20_000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DOUBT = re.compile(
    r"\b(?:not (?:entirely |quite )?(?:sure|certain)|perhaps|maybe|might|unclear|approximately"
    r"|assum(?:e|ing)|probably|wait)\b|可能|也许|大概|不确定",
    re.IGNORECASE,
)


def answer_features(
    request: str,
    answer: str,
    *,
    agreeing: Sequence[bool] = (),
    logprobs: LogprobFigures | None = None,
) -> tuple[float, ...]:
    """The features of an answer, in the order of `FEATURES`.

    Args:
        request: The request; of a long text the beginning is used.
        answer: The answer, or only its final answer.
        agreeing: For each second opinion, whether it agrees.
        logprobs: Summary of the answer's log-probabilities.

    Example:
        >>> found = dict(zip(FEATURES, answer_features("2 + 3?", "5", agreeing=[True])))
        >>> found["opinions_agree"], found["answer_is_number"], found["logprob_missing"]
        (1.0, 1.0, 1.0)
    """
    request, answer = request[:_READ_CHARS], answer[:_READ_CHARS]
    final = final_answer(answer)
    share = sum(agreeing) / len(agreeing) if agreeing else 0.0
    return (
        math.log1p(len(request)),
        math.log1p(len(_NUMBER.findall(request))),
        float("```" in request or "def " in request),
        float(request.rstrip().endswith(("?", "\uff1f"))),
        math.log1p(len(answer)),
        math.log1p(len(_NUMBER.findall(answer))),
        float(code_in(answer) is not None),
        math.log1p(answer.count("\n")),
        math.log1p(len(_DOUBT.findall(answer))),
        float(final is not None),
        float(final is not None and quantity_of(final) is not None),
        math.log1p(len(final or "")),
        share,
        float(bool(agreeing) and all(agreeing)),
        float(not agreeing),
        logprobs.mean if logprobs else 0.0,
        logprobs.tail if logprobs else 0.0,
        float(logprobs is None),
    )
