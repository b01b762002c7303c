"""The learned check: a logistic regression predicts whether an answer is good enough."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify import user_request
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.answer_features import (
    AGREEMENT_FEATURES,
    FEATURES,
    LOGPROB_FEATURES,
    answer_features,
)
from langchain_smartroute.execution.checks.asking import AskingCheck
from langchain_smartroute.execution.checks.base import CheckVerdict
from langchain_smartroute.execution.checks.comparing.opinion import (
    Opinion,
    comparable,
    same_comparable,
    text_of_answer,
)
from langchain_smartroute.execution.checks.logprobs import logprob_figures

__all__ = ["LEARNED_FORMAT", "LearnedCheck"]

LEARNED_FORMAT = "smartroute-learned-check/1"
"""Format name of an artefact; its number is incremented when old ones become invalid."""

_MOST = 30.0
"""Limit of the log-odds; beyond it the probability is 0 or 1 to thirteen digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedCheck(AskingCheck):
    """Rejects an answer that is too unlikely to be good enough.

    A logistic regression on features of the request, the answer, the second opinions and
    the log-probabilities; fitted by `evaluation.fit_learned_check`, kept in a JSON or TOML
    file, and loaded with `LearnedCheck.load`. Second opinions are asked for, and
    log-probabilities requested, only where the artefact weighs them.

    Attributes:
        weights: Feature → weight; features are not scaled.
        bias: The intercept of the log-odds.
        threshold: The lowest probability that is accepted.
        with_: Aliases to ask for second opinions; `None`: the cheapest other candidate.
        tasks: The tasks that it applies to; `None`: all.
        fitted: What it was fitted on, in words.
        path: The file that it was loaded from, for configurations.

    Raises:
        ConfigurationError: Naming what is wrong.

    Example:
        >>> check = LearnedCheck(weights={"opinions_all_agree": 4.0}, bias=-2.0, threshold=0.5)
        >>> round(check.probability("2 + 3?", "5", agreeing=[True]), 3)
        0.881
    """

    name: ClassVar[str] = "learned"

    weights: Mapping[str, float]
    bias: float
    threshold: float = 0.5
    with_: Any = None
    tasks: Any = None  # type: ignore[misc] # other checks have theirs by class
    fitted: str = ""
    path: str | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        unknown = sorted(self.weights.keys() - set(FEATURES))
        if unknown:
            raise ConfigurationError(
                f"learned.weights: no feature {', '.join(unknown)}; this version has"
                f" {', '.join(FEATURES)}"
            )
        weights = {name: float(weight) for name, weight in self.weights.items()}
        if not all(math.isfinite(value) for value in (*weights.values(), float(self.bias))):
            raise ConfigurationError("learned: a weight is no finite number; fit it again")
        if not 0 < float(self.threshold) < 1:
            raise ConfigurationError(
                f"learned.threshold = {self.threshold!r}: must lie between 0 and 1"
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", float(self.bias))
        object.__setattr__(self, "threshold", float(self.threshold))
        for setting in ("with_", "tasks"):
            value = getattr(self, setting)
            if value is not None:
                names = (value,) if isinstance(value, str) else tuple(value)
                object.__setattr__(self, setting, names)
        if self.tasks is not None:
            object.__setattr__(self, "tasks", frozenset(self.tasks))

    @classmethod
    def load(cls, path: str | Path, **settings: Any) -> Self:
        """Read an artefact.

        Args:
            path: A JSON or TOML file, as `to_dict` gives it.
            **settings: Attributes that override the file's.

        Raises:
            ConfigurationError: If it cannot be read, or another version wrote it.
        """
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
            found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        except OSError as error:
            raise ConfigurationError(
                f"learned check {str(path)!r}: cannot be read ({error.strerror}); correct the path"
            ) from error
        except ValueError as error:
            raise ConfigurationError(f"learned check {str(path)!r}: not valid: {error}") from error
        return cls.from_dict(found, path=str(path), **settings)

    @classmethod
    def from_dict(cls, found: Any, **settings: Any) -> Self:
        """Make a check of what `to_dict` gives.

        Args:
            found: The mapping, as read from a file.
            **settings: Attributes that override it, such as `threshold`.

        Raises:
            ConfigurationError: If another version wrote it.
        """
        format_ = found.get("format") if isinstance(found, Mapping) else None
        if format_ != LEARNED_FORMAT:
            raise ConfigurationError(
                f"learned check: format = {format_!r}, where {LEARNED_FORMAT!r} is read; fit it"
                " again with this version"
            )
        named = ("weights", "bias", "threshold", "with_", "tasks", "fitted")
        try:
            return cls(**{**{n: found[n] for n in named if n in found}, **settings})
        except (TypeError, AttributeError, ValueError) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(f"learned check: not an artefact: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """The artefact as JSON values."""
        found: dict[str, Any] = {
            "format": LEARNED_FORMAT,
            "weights": dict(self.weights),
            "bias": self.bias,
            "threshold": self.threshold,
            "fitted": self.fitted,
        }
        if self.with_ is not None:
            found["with_"] = list(self.with_)
        if self.tasks is not None:
            found["tasks"] = sorted(self.tasks)
        return found

    @property
    def compares(self) -> bool:  # type: ignore[override] # depends on the artefact
        """Whether it weighs second opinions."""
        return any(self.weights.get(name) for name in AGREEMENT_FEATURES)

    @property
    def wants_logprobs(self) -> bool:
        """Whether it weighs log-probabilities."""
        return any(self.weights.get(name) for name in LOGPROB_FEATURES)

    def at(self, threshold: float) -> Self:
        """The same check with another threshold."""
        return replace(self, threshold=threshold)

    def probability(
        self, request: str, answer: str, *, agreeing: Sequence[bool] = (), logprobs: Any = None
    ) -> float:
        """How likely an answer is good enough.

        Args:
            request: What was asked.
            answer: What was answered.
            agreeing: For each second opinion, whether it is the same.
            logprobs: What `logprob_figures` gave.
        """
        found = answer_features(request, answer, agreeing=agreeing, logprobs=logprobs)
        named = zip(FEATURES, found, strict=True)
        total = self.bias + math.fsum(self.weights.get(n, 0.0) * value for n, value in named)
        return 1 / (1 + math.exp(-max(-_MOST, min(_MOST, total))))

    def verdict(
        self,
        messages: Sequence[BaseMessage],
        answer: Any,
        *,
        opinions: Sequence[Opinion],
        judged: Sequence[Any],  # noqa: ARG002 - a check's form
    ) -> CheckVerdict:
        """Accept if the probability reaches the threshold."""
        comparisons = self.compared(answer, opinions)
        found = self.probability(
            user_request(messages).full_text,
            text_of_answer(answer),
            agreeing=[comparisons.get(opinion.alias) == "same answer" for opinion in opinions],
            logprobs=logprob_figures(answer) if isinstance(answer, AIMessage) else None,
        )
        if found >= self.threshold:
            return CheckVerdict(name=self.name)
        return CheckVerdict(
            name=self.name, reason=f"probability {found:.2f} below {self.threshold:.2f}"
        )

    def compared(self, answer: Any, opinions: Sequence[Opinion]) -> Mapping[str, str]:
        """Alias → whether its answer is the same, as text for the account."""
        mine = comparable(answer)
        found: dict[str, str] = {}
        for opinion in opinions:
            its = comparable(opinion.answer)
            if mine is None or its is None:
                continue
            same = same_comparable(mine, its)
            found[opinion.alias] = "same answer" if same else "another answer"
        return found
