"""The judge check: a chat model marks the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.asking import AskingCheck
from langchain_smartroute.execution.checks.base import CheckVerdict
from langchain_smartroute.execution.checks.comparing.opinion import Opinion
from langchain_smartroute.execution.checks.fenced_prompts import Grade, grade_prompt

__all__ = ["JudgeCheck"]

_MARKS = range(1, 6)


@dataclass(frozen=True, slots=True)
class JudgeCheck(AskingCheck):
    """Rejects an answer that a chat model marks too low.

    It costs a call for each answer that a stronger candidate could better. The judge is shown
    the answer as data, behind a fence that the answer cannot close, and fills in a mark from
    1 to 5. A judge that fails, or takes longer than its model's time limits, accepts the
    answer, and the account says so. A stream of such a request is held back.

    Attributes:
        judge: The model that marks: an alias of the router's, or a chat model.
        at_least: The lowest mark that is accepted, from 2 to 5.
        tasks: The tasks that it applies to; `None`: all.
        method: How the judge is asked for structured output; `None`: the best way it has.

    Raises:
        ConfigurationError: Naming what is wrong.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> check = JudgeCheck("gpt-4o-mini", at_least=4)
        >>> check.verdict([], AIMessage("12"), opinions=[], judged=[Grade(mark=2)]).reason
        'mark 2 of 5'
    """

    name: ClassVar[str] = "judge"
    verdict_form: ClassVar[type[BaseModel]] = Grade

    judge: Any
    at_least: int = 3
    tasks: Any = None  # type: ignore[misc] # other checks have theirs by class
    method: Literal["json_schema", "json_mode", "function_calling"] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        if not isinstance(self.judge, str | Runnable) or not self.judge:
            raise ConfigurationError(
                f"judge = {self.judge!r}: must be an alias of the router's or a chat model"
            )
        if self.at_least not in _MARKS[1:]:
            raise ConfigurationError(f"judge.at_least = {self.at_least!r}: must be 2, 3, 4 or 5")
        if self.tasks is not None:
            names = (self.tasks,) if isinstance(self.tasks, str) else self.tasks
            object.__setattr__(self, "tasks", frozenset(names))

    def prompts(
        self,
        messages: Sequence[BaseMessage],
        answer: Any,
        opinions: Sequence[Opinion],  # noqa: ARG002 - a check's form
    ) -> Sequence[Sequence[BaseMessage]]:
        """The prompt for a mark."""
        return [grade_prompt(messages, answer)]

    def verdict(
        self,
        messages: Sequence[BaseMessage],  # noqa: ARG002 - a check's form
        answer: Any,  # noqa: ARG002 - as above
        *,
        opinions: Sequence[Opinion],  # noqa: ARG002 - as above
        judged: Sequence[Any],
    ) -> CheckVerdict:
        """Accept if the mark is at least the lowest accepted one."""
        grade = judged[0] if judged else None
        if not isinstance(grade, Grade):
            error = type(grade).__name__ if isinstance(grade, Exception) else "no mark"
            return CheckVerdict(name=self.name, error=error)
        if grade.mark >= self.at_least:
            return CheckVerdict(name=self.name)
        return CheckVerdict(name=self.name, reason=f"mark {grade.mark} of {_MARKS[-1]}")
