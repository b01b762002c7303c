"""The log-probability check: accepts answers whose tokens were likely to their own model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.base import BuiltinCheck, CheckVerdict

__all__ = ["LogprobCheck", "LogprobFigures", "logprob_figures"]

TAIL = 0.05
"""Share of an answer's tokens in the tail."""

_LOWEST = -100.0
"""Lower bound of a token's log-probability; some servers send minus infinity or -9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogprobFigures:
    """Summary of an answer's natural log-probabilities.

    Attributes:
        mean: The mean over all tokens.
        tail: The mean over the least likely twentieth, at least one token.
        tokens: Number of tokens.
    """

    mean: float
    tail: float
    tokens: int


def logprob_figures(answer: AIMessage) -> LogprobFigures | None:
    """Summarise an answer's log-probabilities; `None`: it has none.

    Args:
        answer: Its `response_metadata["logprobs"]` is read, in OpenAI's form.

    Example:
        >>> content = [{"token": "4", "logprob": -0.1}, {"token": "2", "logprob": -2.1}]
        >>> answer = AIMessage("42", response_metadata={"logprobs": {"content": content}})
        >>> figures = logprob_figures(answer)
        >>> round(figures.mean, 3), figures.tail
        (-1.1, -2.1)
    """
    logprobs = answer.response_metadata.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not isinstance(content, list):
        return None
    found = sorted(value for item in content if (value := _logprob(item)) is not None)
    if not found:
        return None
    lowest = found[: max(1, math.ceil(TAIL * len(found)))]
    mean, tail = math.fsum(found) / len(found), math.fsum(lowest) / len(lowest)
    return LogprobFigures(mean=mean, tail=tail, tokens=len(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogprobCheck(BuiltinCheck):
    """Rejects an answer whose own model was not sure of its words.

    The router asks for log-probabilities where this check is set and the candidate gives
    them (`ModelSpec.logprobs`). Where none come the answer is accepted, which its account
    says (`failed_checks`). The thresholds differ between models: choose them by
    measurement.

    Attributes:
        mean: The lowest mean log-probability of a token that is accepted; `None`, or
            `False` in a file: any.
        tail: The lowest mean over the least likely twentieth of the tokens; likewise.
        tasks: The tasks that it applies to; `None`: all.

    Raises:
        ConfigurationError: Naming what is wrong.

    Example:
        >>> content = [{"token": "4", "logprob": -0.1}, {"token": "2", "logprob": -2.1}]
        >>> answer = AIMessage("42", response_metadata={"logprobs": {"content": content}})
        >>> LogprobCheck(mean=-0.5, tail=None)([], answer).reason
        'mean log-probability -1.10 below -0.50'
    """

    name: ClassVar[str] = "logprob"

    mean: float | None = -0.5
    tail: float | None = -4.0
    tasks: Any = None  # type: ignore[misc] # other checks have theirs by class

    def __post_init__(self) -> None:
        """Check the settings."""
        for setting in ("mean", "tail"):
            value = getattr(self, setting)
            if value is None or value is False:
                object.__setattr__(self, setting, None)
                continue
            if isinstance(value, bool) or not float(value) <= 0:
                raise ConfigurationError(
                    f"logprob.{setting} = {value!r}: must be a log-probability, 0 or less"
                )
            object.__setattr__(self, setting, float(value))
        if self.mean is None and self.tail is None:
            raise ConfigurationError("logprob: mean and tail are both None; set one of them")
        if self.tasks is not None:
            names = (self.tasks,) if isinstance(self.tasks, str) else self.tasks
            object.__setattr__(self, "tasks", frozenset(names))

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> Any:  # noqa: ARG002 - a check's form
        """Compare the summary with the thresholds; answers with tool calls are accepted."""
        figures = logprob_figures(answer)
        if figures is None:
            return CheckVerdict(name=self.name, error="no log-probabilities")
        for setting, lowest in (("mean", self.mean), ("tail", self.tail)):
            found = getattr(figures, setting)
            if lowest is not None and found < lowest:
                reason = f"{setting} log-probability {found:.2f} below {lowest:.2f}"
                return CheckVerdict(name=self.name, reason=reason)
        return None


def _logprob(item: Any) -> float | None:
    value = item.get("logprob") if isinstance(item, Mapping) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        return None
    return max(float(value), _LOWEST)
