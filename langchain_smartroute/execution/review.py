"""What the checks of a request make of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.execution.answers import message_of, strictly_read
from langchain_smartroute.execution.beside import Beside
from langchain_smartroute.execution.checks import (
    AskingCheck,
    Check,
    CheckVerdict,
    Opinion,
    arun_check,
    run_check,
)
from langchain_smartroute.execution.link import Link

__all__ = ["Review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The checks that apply to a request.

    Those that ask other models speak last: an answer that a plain one rejects need not
    be compared.

    Attributes:
        checks: In the order in which they are asked.
        messages: What was asked.
        seconds: The candidates that give second opinions.
        judges: Name of a check → the candidate that judges for it.
        cascades: Whether one of the checks is the router's cascade.
    """

    checks: Sequence[Check] = ()
    messages: Sequence[BaseMessage] = ()
    seconds: Sequence[Link] = ()
    judges: Mapping[str, Link] = field(default_factory=dict)
    cascades: bool = False

    @property
    def early(self) -> frozenset[str]:
        """Names of the checks that can reject before any content is released."""
        return frozenset(check.name for check in self.checks if check.early)

    @property
    def holds(self) -> bool:
        """Whether an answer is held back until all checks have spoken, under any stream policy.

        Others are paid for what they say, and a cascade begins with a weak candidate: both
        would be for nothing if the answer had been shown before.
        """
        return bool(self.cascades or self.seconds or self.judges)

    def judged(self, answer: Any, beside: Beside) -> tuple[CheckVerdict, ...]:
        """What every check says of a whole answer; parsed output has no text for plain ones."""
        message = strictly_read(message_of(answer))
        said = [run_check(c, self.messages, message) for c in self._plain if message is not None]
        asking = self._asking
        if not asking or answer is None or not beside.matters or _rejected(said, answer, message):
            return (*said, *_of_parsing(answer, message))
        for check, asks in asking:
            opinions = beside.opinions() if asks.compares else []
            beside.note(asks.compared(_read(answer), opinions))
            prompts = asks.prompts(self.messages, _read(answer), opinions)
            judged = beside.said(self.judges[check.name], prompts) if prompts else []
            said.append(self._verdict(check, asks, answer, opinions=opinions, judged=judged))
        return (*said, *_of_parsing(answer, message))

    async def ajudged(self, answer: Any, beside: Beside) -> tuple[CheckVerdict, ...]:
        """As `judged`, without blocking the event loop."""
        message = strictly_read(message_of(answer))
        said: list[CheckVerdict] = []
        if message is not None:
            said = [await arun_check(check, self.messages, message) for check in self._plain]
        asking = self._asking
        if not asking or answer is None or not beside.matters or _rejected(said, answer, message):
            return (*said, *_of_parsing(answer, message))
        for check, asks in asking:
            opinions = await beside.aopinions() if asks.compares else []
            beside.note(asks.compared(_read(answer), opinions))
            prompts = asks.prompts(self.messages, _read(answer), opinions)
            judged = await beside.asaid(self.judges[check.name], prompts) if prompts else []
            said.append(self._verdict(check, asks, answer, opinions=opinions, judged=judged))
        return (*said, *_of_parsing(answer, message))

    @property
    def _plain(self) -> list[Check]:
        return [check for check in self.checks if not isinstance(check.function, AskingCheck)]

    @property
    def _asking(self) -> list[tuple[Check, AskingCheck]]:
        functions = ((check, check.function) for check in self.checks)
        return [(check, asks) for check, asks in functions if isinstance(asks, AskingCheck)]

    def _verdict(
        self,
        check: Check,
        asking: AskingCheck,
        answer: Any,
        *,
        opinions: Sequence[Opinion],
        judged: Sequence[Any],
    ) -> CheckVerdict:
        say: Any = partial(_said, asking, _read(answer), opinions, judged)
        guarded = Check(name=check.name, function=say)
        return run_check(guarded, self.messages, AIMessage(""))


def _said(
    asking: AskingCheck,
    answer: Any,
    opinions: Sequence[Opinion],
    judged: Sequence[Any],
    messages: Sequence[BaseMessage],
    _: AIMessage,
) -> CheckVerdict:
    return asking.verdict(messages, answer, opinions=opinions, judged=judged)


def _read(answer: Any) -> Any:
    """An answer with the tool calls that were cut off taken as such."""
    return strictly_read(answer) if isinstance(answer, AIMessage) else answer


def _rejected(said: Sequence[CheckVerdict], answer: Any, message: AIMessage | None) -> bool:
    return any(verdict.rejects for verdict in (*said, *_of_parsing(answer, message)))


def _of_parsing(answer: Any, message: AIMessage | None) -> tuple[CheckVerdict, ...]:
    """Structured output that was asked for with its raw message says itself if it failed.

    From a whole answer by its error; from a stream only by the want of an object.
    """
    failed = message is not None and isinstance(answer, dict) and answer.get("parsed") is None
    return (CheckVerdict(name="schema", reason="schema not met"),) if failed else ()
