"""Fits a quality predictor: means, and gains by a request's text.

First come means per model, task and difficulty, each shrunk towards the mean of the wider group
(empirical Bayes; the amount of shrinkage is estimated from the data). Text gains are fitted on
the residuals in two parts: how hard the request is for all models, and which models are better
at it than usual. Each part is only used if it improves predictions of left-out scores.

The result is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from langchain_smartroute.routing.evidence import Findings
from langchain_smartroute.routing.gains import TextGains, sketched
from langchain_smartroute.routing.means import fitted_means
from langchain_smartroute.routing.ridge import fitted_gains
from langchain_smartroute.routing.scores import ScoreTable

__all__ = ["Learned", "learned"]


class Learned(NamedTuple):
    """The result of a fit.

    Attributes:
        findings: Means.
        gains: What words add; `None`: nothing.
        left_out: Expected quality of each answer, without its own effect on what words add;
            a row per prompt and a column per model, in the order of the scores.
        certainty: By how many standard errors left-out scores are predicted better with words
            that tell models apart.
    """

    findings: Findings
    gains: TextGains | None
    left_out: npt.NDArray[np.float64]
    certainty: float


def learned(
    prompts: Sequence[str],
    models: Sequence[str],
    scores: Sequence[float],
    *,
    tasks: Sequence[str],
    difficulties: Sequence[str] | None,
    priors: Mapping[str, Mapping[str, float]],
    sketch: Callable[[str], npt.NDArray[np.float64]] = sketched,
) -> Learned:
    """Fit on scores of answers, with the arguments of `QualityPredictor.fit`.

    `sketch` gives a text's vector, for callers that fit on the same texts several times.
    """
    table = ScoreTable.of(prompts, models, scores, tasks=tasks, difficulties=difficulties)
    means, expected = fitted_means(table, priors)
    found = fitted_gains(table, table.scores - expected, sketch)
    card = {
        "rows": int(np.isfinite(table.scores).sum()),
        "prompts": len(table.prompts),
        "models": len(table.models),
        "tasks": {task: table.tasks.count(task) for task in sorted(set(table.tasks))},
        **means.card,
        **found.notes,
    }
    left_out = np.clip(expected + found.left_out, 0.0, 1.0)
    return Learned(replace(means, card=card), found.gains, left_out, found.certainty)
