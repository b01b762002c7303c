"""Fitting a predictor: from rows of scores to means, and to what words add to them.

Means come first: per model, task and difficulty, each drawn towards the wider group as
far as its scores are too few to tell it apart (empirical Bayes; how far is estimated
from the data). What a text's words add is fitted on what the means leave over, in two
parts: how hard the request is for everybody, and who is better at it than usual. Either
part is used only where scores that were left out of the fit are predicted better by it.

The same rows give the same result; nothing here is random.
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
    """Fit on scores of answers; the arguments are those of `QualityPredictor.fit`."""
    table = ScoreTable.of(prompts, models, scores, tasks=tasks, difficulties=difficulties)
    means, expected = fitted_means(table, priors)
    gains, said = fitted_gains(table, table.scores - expected)
    card = {
        "rows": int(np.isfinite(table.scores).sum()),
        "prompts": len(table.prompts),
        "models": len(table.models),
        "tasks": {task: table.tasks.count(task) for task in sorted(set(table.tasks))},
        **means.card,
        **said,
    }
    return replace(means, card=card), gains
