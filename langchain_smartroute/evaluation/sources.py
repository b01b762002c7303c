"""Leave-one-source-out evaluation of a classifier.

Prompts of one source resemble one another, so a random split overestimates accuracy. Here each
family of sources is left out in turn: a model is trained on the others and scores the family.
Temperatures are fitted on the other families' scores, so no label of a family influences its
own probabilities. Rows that may not be trained on are labelled by a model trained on all other
families.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from langchain_smartroute.classify.training.calibration import calibrate, lengths_of
from langchain_smartroute.classify.training.distraction import with_distractions
from langchain_smartroute.classify.training.examples import Example, capped
from langchain_smartroute.classify.training.matrix import feature_matrix
from langchain_smartroute.classify.training.settings import TrainingSettings
from langchain_smartroute.classify.training.train import (
    learn,
    targets_of,
    tasks_of,
)
from langchain_smartroute.errors import ConfigurationError

__all__ = ["LeftOut", "leave_sources_out"]

_Floats = npt.NDArray[np.float64]
_PAIR = 2
_OFFERED_ALONE = "(not for training)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Predictions for prompts of left-out sources.

    Attributes:
        tasks: The classes.
        examples: The prompts.
        labels: Index of each prompt's class.
        probabilities: A row per prompt, a column per class.

    Example:
        >>> import numpy as np
        >>> from langchain_smartroute.classify.training import Example
        >>> found = LeftOut(
        ...     tasks=("code", "math"),
        ...     examples=[Example(text="2 + 2", task="math")],
        ...     labels=np.array([1]),
        ...     probabilities=np.array([[0.2, 0.8]]),
        ... )
        >>> found.right.tolist()
        [True]
    """

    tasks: tuple[str, ...]
    examples: Sequence[Example]
    labels: npt.NDArray[np.intp]
    probabilities: _Floats

    @property
    def predicted(self) -> npt.NDArray[np.intp]:
        """Index of the most likely class of each prompt."""
        found: npt.NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return found

    @property
    def confidences(self) -> _Floats:
        """Probability of the most likely class."""
        found: _Floats = self.probabilities.max(axis=1)
        return found

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether the most likely class is the label."""
        found: npt.NDArray[np.bool_] = self.predicted == self.labels
        return found

    def only(self, wanted: npt.NDArray[np.bool_]) -> LeftOut:
        """The predictions for some of the prompts."""
        kept = [e for e, keep in zip(self.examples, wanted.tolist(), strict=True) if keep]
        return replace(
            self,
            examples=kept,
            labels=self.labels[wanted],
            probabilities=self.probabilities[wanted],
        )


def leave_sources_out(
    examples: Sequence[Example], *, settings: TrainingSettings | None = None
) -> LeftOut:
    """Predict every example by a model trained without its family of sources.

    Args:
        examples: Labelled prompts; the number per source is limited as in training.
        settings: How to train.

    Raises:
        ConfigurationError: If there are not two families to train on and to leave out.
    """
    chosen = settings or TrainingSettings()
    used = capped(examples, most=chosen.most_of_a_source, seed=chosen.seed)
    families = {e.family for e in used if e.shippable}
    if len(families) < _PAIR:
        raise ConfigurationError(
            f"data: all prompts are of one source, {', '.join(families)}, so that none can be left"
            " out; give each row its source"
        )
    tasks = tasks_of([e for e in used if e.shippable])
    used = with_distractions(
        [e for e in used if e.task in tasks], share=chosen.distractions, seed=chosen.seed
    )
    features = feature_matrix([e.text for e in used], block_weights=chosen.block_weights)
    scores = np.zeros((len(used), len(tasks)))
    folds = list(_folds(used))
    for seen, unseen in folds:
        known = [used[row] for row in seen.tolist()]
        fitted = learn(known, features[seen], tasks=tasks, settings=chosen)
        scores[unseen] = features[unseen] @ fitted.weights + fitted.bias
    labels, lengths = targets_of(used, tasks), lengths_of(used)
    probabilities = np.zeros_like(scores)
    for seen, unseen in folds:
        found = calibrate(scores[seen], labels[seen], lengths[seen])
        probabilities[unseen] = found.probabilities(scores[unseen], lengths[unseen])
    left_out = LeftOut(tasks=tasks, examples=used, labels=labels, probabilities=probabilities)
    return left_out.only(np.array([not e.distracted for e in used]))


def _folds(
    examples: Sequence[Example],
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """For each family: the rows to train on, and the rows to label."""
    families: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        families[example.family if example.shippable else _OFFERED_ALONE].append(row)
    shippable = np.array([e.shippable for e in examples])
    for rows in families.values():
        seen = shippable.copy()
        seen[rows] = False
        yield np.flatnonzero(seen), np.array(rows, np.intp)
