"""Runs the checks of a request on an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.execution.answers import message_of, strictly_read
from langchain_smartroute.execution.checks import (
    AskingCheck,
    Check,
    CheckVerdict,
    Opinion,
    arun_check,
    run_check,
)
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.side_calls import SideCalls

__all__ = ["Review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The checks that apply to a request.

    Checks that call other models run last, as an answer rejected by another check need not be
    compared.

    Attributes:
        checks: The checks, in the order in which they run.
        messages: The request's messages.
        seconds: Candidates for second opinions.
        judges: Name of a check → its judge.
        cascades: Whether one of the checks belongs to the router's cascade.
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
        """Whether an answer is held back until all checks have run, under any stream policy.

        Side calls cost money, and a cascade starts with a weak candidate: both would be useless
        if the answer had been shown before.
        """
        return bool(self.cascades or self.seconds or self.judges)

    def judged(self, answer: Any, side_calls: SideCalls) -> tuple[CheckVerdict, ...]:
        """The verdicts on a complete answer; parsed output has no text for simple checks."""
        message = strictly_read(message_of(answer))
        verdicts = [
            run_check(c, self.messages, message) for c in self._plain if message is not None
        ]
        asking = self._asking
        if (
            not asking
            or answer is None
            or not side_calls.matters
            or _rejected(verdicts, answer, message)
        ):
            return (*verdicts, *_of_parsing(answer, message))
        for check, asks in asking:
            opinions = side_calls.opinions() if asks.compares else []
            side_calls.note(asks.compared(_read(answer), opinions))
            prompts = asks.prompts(self.messages, _read(answer), opinions)
            judged = side_calls.said(self.judges[check.name], prompts) if prompts else []
            verdicts.append(self._verdict(check, asks, answer, opinions=opinions, judged=judged))
        return (*verdicts, *_of_parsing(answer, message))

    async def ajudged(self, answer: Any, side_calls: SideCalls) -> tuple[CheckVerdict, ...]:
        """The asynchronous form of `judged`."""
        message = strictly_read(message_of(answer))
        verdicts: list[CheckVerdict] = []
        if message is not None:
            verdicts = [await arun_check(check, self.messages, message) for check in self._plain]
        asking = self._asking
        if (
            not asking
            or answer is None
            or not side_calls.matters
            or _rejected(verdicts, answer, message)
        ):
            return (*verdicts, *_of_parsing(answer, message))
        for check, asks in asking:
            opinions = await side_calls.aopinions() if asks.compares else []
            side_calls.note(asks.compared(_read(answer), opinions))
            prompts = asks.prompts(self.messages, _read(answer), opinions)
            judged = await side_calls.asaid(self.judges[check.name], prompts) if prompts else []
            verdicts.append(self._verdict(check, asks, answer, opinions=opinions, judged=judged))
        return (*verdicts, *_of_parsing(answer, message))

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
    """An answer with truncated tool calls marked as invalid."""
    return strictly_read(answer) if isinstance(answer, AIMessage) else answer


def _rejected(verdicts: Sequence[CheckVerdict], answer: Any, message: AIMessage | None) -> bool:
    return any(verdict.rejects for verdict in (*verdicts, *_of_parsing(answer, message)))


def _of_parsing(answer: Any, message: AIMessage | None) -> tuple[CheckVerdict, ...]:
    """The verdict on structured output with `include_raw`, by its parsing error.

    A complete answer has an error; a stream only lacks the object.
    """
    failed = message is not None and isinstance(answer, dict) and answer.get("parsed") is None
    return (CheckVerdict(name="schema", reason="schema not met"),) if failed else ()
