"""How a classifier is trained; the defaults are how the shipped one was."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Choices of a training run. Each was made on left-out sources, not on a test set.

    Attributes:
        block_weights: How much each block of features counts: characters, words,
            opening, closing, form.
        strength: How much the examples count against the penalty on weights.
        difficulty_strength: The same for the difficulty's columns.
        iterations: Steps of the fit.
        most_of_a_source: The most examples of a source, its part and a task.
        source_power: A source of n examples counts as n to this power: 1 each
            example alike, 0 each source alike.
        own_weight: How much more a prompt written for the purpose counts.
        template_weight: How much an example counts that was filled into a template.
        task_power: How far tasks are made even: 0 not at all, 1 wholly.
        distractions: Share of the shorter examples that are learned from once more with a
            meaningless end: nonsense, a claim of difficulty, a bare task word.
        groups: Into how many groups the sources are parted for calibration.
        seed: Seed of every draw.

    Example:
        >>> TrainingSettings(iterations=10).strength
        1.0
    """

    block_weights: tuple[float, ...] = (1.0, 1.0, 1.5, 1.5, 0.2)
    strength: float = 1.0
    difficulty_strength: float = 0.5
    iterations: int = 40
    most_of_a_source: int = 60
    source_power: float = 0.5
    own_weight: float = 12.0
    template_weight: float = 1.0
    task_power: float = 0.7
    distractions: float = 0.9
    groups: int = 3
    seed: int = 5
