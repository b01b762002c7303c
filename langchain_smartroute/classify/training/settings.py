"""Settings of training; the defaults are those of the shipped classifier."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Hyperparameters of training. They were chosen on left-out sources, not on a test set.

    Attributes:
        block_weights: Factor of each block of features: characters, words, opening, closing, form.
        strength: Weight of the examples relative to the penalty on weights (inverse
            regularisation).
        difficulty_strength: The same for the columns of difficulty.
        iterations: Number of steps of the fit.
        most_of_a_source: Maximum number of examples per source, part and task.
        source_power: A source of n examples has a total weight of n to this power: 1: equal
            weight per example, 0: equal weight per source.
        own_weight: Weight factor of prompts written for this purpose.
        template_weight: Weight factor of examples made from a template.
        task_power: Degree of balancing tasks: 0: none, 1: equal weight per task.
        distractions: Share of the shorter examples that are added again with a meaningless
            suffix: nonsense, a claim of difficulty, a bare task word.
        groups: Number of groups of sources for calibration.
        seed: Seed of all random choices.

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
