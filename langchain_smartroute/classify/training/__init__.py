"""Training the linear classifier on labelled prompts; needs the extra `eval`."""

from __future__ import annotations

from langchain_smartroute.classify.training.examples import Example, read_examples
from langchain_smartroute.classify.training.settings import TrainingSettings

__all__ = ["Example", "TrainingSettings", "read_examples"]
