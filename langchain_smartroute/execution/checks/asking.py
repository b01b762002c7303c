"""The base of checks that call other models.

Such a check makes no calls itself. It names the candidates for second opinions and gives the
judge's prompts; the router makes the calls, so that time limits, circuit breakers, spend limits
and accounts apply to them as to any other call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from langchain_smartroute.execution.checks.base import BuiltinCheck, CheckVerdict
from langchain_smartroute.execution.checks.comparing.opinion import Opinion

__all__ = ["ANOTHER_ANSWER", "SAME_ANSWER", "AskingCheck"]

SAME_ANSWER, ANOTHER_ANSWER = "same answer", "another answer"
"""The result of a second opinion in the account."""


class AskingCheck(BuiltinCheck):
    """Base of checks that ask other models.

    They are called only while a stronger candidate is left, since otherwise they can change
    nothing; the stream of such a request is held back until their results are known.

    Attributes:
        compares: Whether second opinions are wanted.
        with_: Aliases of candidates for them; `None`: the cheapest other candidate.
        judge: The judge: an alias or a chat model; `None`: no judge.
        verdict_form: Schema of the judge's structured output.
        method: Method of structured output; `None`: the judge's best one.
    """

    compares: ClassVar[bool] = False
    with_: tuple[str, ...] | None = ()
    judge: Any = None
    method: Literal["json_schema", "json_mode", "function_calling"] | None = None
    verdict_form: ClassVar[type[BaseModel]] = BaseModel

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's form
        """Accept, as the answer alone is not enough for a verdict."""
        return None

    def applies(self, task: str, *, tools: bool, schema: bool) -> bool:  # noqa: ARG002 - for subclasses
        """Whether it applies to a request.

        Args:
            task: The request's task.
            tools: Whether tools are bound.
            schema: Whether structured output is wanted.
        """
        return self.tasks is None or task in self.tasks

    def compared(self, answer: Any, opinions: Sequence[Opinion]) -> Mapping[str, str]:  # noqa: ARG002 - for subclasses
        """Alias → result of comparing its opinion with the answer, as text for the account."""
        return {}

    def prompts(
        self,
        messages: Sequence[BaseMessage],  # noqa: ARG002 - for subclasses
        answer: Any,  # noqa: ARG002 - as above
        opinions: Sequence[Opinion],  # noqa: ARG002 - as above
    ) -> Sequence[Sequence[BaseMessage]]:
        """Prompts for the judge; empty: none."""
        return ()

    def verdict(
        self,
        messages: Sequence[BaseMessage],
        answer: Any,
        *,
        opinions: Sequence[Opinion],
        judged: Sequence[Any],
    ) -> CheckVerdict:
        """The verdict, as a pure function.

        Args:
            messages: The request's messages.
            answer: The message, or the output parsed from it.
            opinions: The second opinions.
            judged: The judge's output or error for each prompt.
        """
        raise NotImplementedError
