"""What the checks of a request make of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_smartroute.execution.answers import message_of, strictly_read
from langchain_smartroute.execution.checks import Check, CheckVerdict, arun_check, run_check

__all__ = ["Review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The checks that apply to a request.

    Attributes:
        checks: In the order in which they are asked.
        messages: What was asked.
    """

    checks: Sequence[Check] = ()
    messages: Sequence[BaseMessage] = ()

    @property
    def early(self) -> frozenset[str]:
        """Names of the checks that can reject before any content is released."""
        return frozenset(check.name for check in self.checks if check.early)

    def judged(self, answer: Any) -> tuple[CheckVerdict, ...]:
        """What every check says of a whole answer; parsed output has no text to check."""
        message = strictly_read(message_of(answer))
        if message is None:
            return ()
        said = [run_check(check, self.messages, message) for check in self.checks]
        return (*said, *_of_parsing(answer))

    async def ajudged(self, answer: Any) -> tuple[CheckVerdict, ...]:
        """As `judged`, without blocking the event loop."""
        message = strictly_read(message_of(answer))
        if message is None:
            return ()
        said = [await arun_check(check, self.messages, message) for check in self.checks]
        return (*said, *_of_parsing(answer))


def _of_parsing(answer: Any) -> tuple[CheckVerdict, ...]:
    """Structured output that was asked for with its raw message says itself if it failed.

    From a whole answer by its error; from a stream only by the want of an object.
    """
    failed = isinstance(answer, dict) and answer.get("parsed") is None
    return (CheckVerdict(name="schema", reason="schema not met"),) if failed else ()
