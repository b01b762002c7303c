"""Weights of examples, so that no source, template or task dominates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from langchain_smartroute.classify.training.examples import Example
    from langchain_smartroute.classify.training.settings import TrainingSettings

__all__ = ["importance"]


def importance(examples: Sequence[Example], settings: TrainingSettings) -> npt.NDArray[np.float64]:
    """A positive weight per example; only their ratios matter."""
    sizes = Counter(example.source for example in examples)
    weights = np.array(
        [
            sizes[e.source] ** (settings.source_power - 1.0)
            * (settings.own_weight if e.own else 1.0)
            * (settings.template_weight if e.templated else 1.0)
            for e in examples
        ]
    )
    shares: dict[str, float] = {}
    for example, weight in zip(examples, weights.tolist(), strict=True):
        shares[example.task] = shares.get(example.task, 0.0) + weight
    even = np.array([shares[e.task] ** -settings.task_power for e in examples])
    found: npt.NDArray[np.float64] = weights * even
    return found
