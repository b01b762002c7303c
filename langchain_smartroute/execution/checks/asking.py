"""Checks that ask other models: what the router has to ask, and what they make of it.

Such a check calls nobody itself. It says whose second opinion it wants and what a judge is
to be asked; the router asks, so that time limits, breakers, spend limits and accounts hold
for each of these calls as for any other.
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
"""What the account of a second opinion says."""


class AskingCheck(BuiltinCheck):
    """Base of checks that ask other models.

    They are asked where a stronger candidate is left, since only then can they change
    anything; for such a request a stream is held back until they have spoken.

    Attributes:
        compares: Whether second opinions are wanted.
        with_: Aliases of those who may give them; `None`: the cheapest other candidate.
        judge: Who judges: an alias or a chat model; `None`: nobody.
        verdict_form: What a judge has to fill in.
        method: How it is asked for it; `None`: the best way that it has.
    """

    compares: ClassVar[bool] = False
    with_: tuple[str, ...] | None = ()
    judge: Any = None
    method: Literal["json_schema", "json_mode", "function_calling"] | None = None
    verdict_form: ClassVar[type[BaseModel]] = BaseModel

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's form
        """Accept: by itself the answer says nothing."""
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
        """Alias → what its opinion says beside the answer, in words for the account."""
        return {}

    def prompts(
        self,
        messages: Sequence[BaseMessage],  # noqa: ARG002 - for subclasses
        answer: Any,  # noqa: ARG002 - as above
        opinions: Sequence[Opinion],  # noqa: ARG002 - as above
    ) -> Sequence[Sequence[BaseMessage]]:
        """What the judge is to be asked; empty: nothing."""
        return ()

    def verdict(
        self,
        messages: Sequence[BaseMessage],
        answer: Any,
        *,
        opinions: Sequence[Opinion],
        judged: Sequence[Any],
    ) -> CheckVerdict:
        """What is made of all this; pure.

        Args:
            messages: What was asked.
            answer: The message, or what was parsed of it.
            opinions: The second opinions.
            judged: What the judge said to each prompt, or the error that it ended with.
        """
        raise NotImplementedError
