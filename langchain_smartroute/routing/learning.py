"""Fits a quality predictor: means, and gains by a request's text.

First come means per model, task and difficulty, each shrunk towards the mean of the wider group
(empirical Bayes; the amount of shrinkage is estimated from the data). Text gains are fitted on
the residuals in two parts: how hard the request is for all models, and which models are better
at it than usual. Each part is only used if it improves predictions of left-out scores.

The result is deterministic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from langchain_smartroute.routing.evidence import Findings
from langchain_smartroute.routing.gains import TextGains
from langchain_smartroute.routing.means import fitted_means
from langchain_smartroute.routing.ridge import fitted_gains
from langchain_smartroute.routing.scores import ScoreTable

__all__ = ["learned"]


def learned(
    prompts: Sequence[str],
    models: Sequence[str],
    scores: Sequence[float],
    *,
    tasks: Sequence[str],
    difficulties: Sequence[str] | None,
    priors: Mapping[str, Mapping[str, float]],
) -> tuple[Findings, TextGains | None]:
    """Fit on scores of answers, with the arguments of `QualityPredictor.fit`."""
    table = ScoreTable.of(prompts, models, scores, tasks=tasks, difficulties=difficulties)
    means, expected = fitted_means(table, priors)
    gains, findings = fitted_gains(table, table.scores - expected)
    card = {
        "rows": int(np.isfinite(table.scores).sum()),
        "prompts": len(table.prompts),
        "models": len(table.models),
        "tasks": {task: table.tasks.count(task) for task in sorted(set(table.tasks))},
        **means.card,
        **findings,
    }
    return replace(means, card=card), gains
