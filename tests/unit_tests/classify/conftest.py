"""A few dozen prompts that a classifier can be trained on in a moment."""

from __future__ import annotations

import pytest

from langchain_smartroute.classify.training import Example, TrainingSettings

_PROMPTS = {
    "code": "write a python function that {}",
    "creative": "tell me a story about {}",
    "translation": "translate this to german: {}",
}
_THINGS = (
    "sorts a list", "an old bear", "the river", "two sisters", "counts words", "a red kite",
    "finds primes", "my garden", "the last train", "reads a file", "a lost key", "good morning",
)  # fmt: skip


@pytest.fixture
def small_settings():
    return TrainingSettings(iterations=8)


@pytest.fixture
def small_examples():
    levels = ("easy", "medium", "hard")
    return [
        Example(
            text=prompt.format(thing),
            task=task,
            source=f"writer-{number % 3}",
            difficulty=levels[number % 3],
            own=True,
        )
        for task, prompt in _PROMPTS.items()
        for number, thing in enumerate(_THINGS)
    ]
