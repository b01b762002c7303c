"""Runs the side calls of a request's attempts: second opinions and judges.

Second opinions start together with an attempt, in their own threads or tasks, so that two
models take as long as the slower one. They are only requested while a stronger candidate is
left, as otherwise they could change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Any, Self

from langchain_core.runnables import RunnableConfig

from langchain_smartroute.classify import message_tokens
from langchain_smartroute.execution.checks import Opinion
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.readiness import abe_ready, be_ready
from langchain_smartroute.execution.side_call import SideCall
from langchain_smartroute.execution.waiting import Task, started
from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.types import Purpose

__all__ = ["SideCalls"]

_GRACE_S = 0.25
"""Seconds in which a call may still notice that its time is up."""

_BREAKING_S = 1.0
"""Seconds to wait for a cancelled call, which ends at once unless it is connecting."""

_NOT_ASKED = "its breaker is open"

Configured = Callable[[SideCall], RunnableConfig]
"""Function from a call to its config, with a run below the request's."""


class SideCalls:
    """The side calls of one request's attempts.

    Entering it for an attempt starts second opinions; leaving it ends or abandons all calls.

    Args:
        walk: The state of the request.
        seconds: Candidates for second opinions.
        configured: Function from a call to its config.
        asked: Input and arguments of the candidates' calls.
    """

    def __init__(
        self,
        walk: Walk,
        *,
        seconds: Sequence[Link],
        configured: Configured,
        asked: tuple[Any, ...],
    ) -> None:
        self._walk = walk
        self._seconds = seconds
        self._configured = configured
        self._input, self._arguments = asked
        self._opinions: dict[str, SideCall] = {}
        self._refused: set[str] = set()
        self._threads: dict[SideCall, Task] = {}
        self._tasks: dict[SideCall, asyncio.Task[None]] = {}

    @property
    def matters(self) -> bool:
        """Whether a verdict could change anything, that is, a stronger candidate is left."""
        return self._walk.can_escalate()

    def __enter__(self) -> Self:
        for side in self._opinions_to_ask():
            self._begin(side, self._input, self._arguments)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._opinions or self._threads:
            self.drop()

    async def __aenter__(self) -> Self:
        for side in self._opinions_to_ask():
            self._abegin(side, self._input, self._arguments)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._opinions or self._tasks:
            await self.adrop()

    def opinions(self) -> list[Opinion]:
        """Wait for the second opinions."""
        self._wait()
        return self._results_of_opinions()

    async def aopinions(self) -> list[Opinion]:
        """Await the second opinions."""
        await self._await()
        return self._results_of_opinions()

    def said(self, link: Link, prompts: Sequence[Any]) -> list[Any]:
        """Call a judge with several prompts concurrently.

        Args:
            link: The judge.
            prompts: The prompts.

        Returns:
            An answer or an error per prompt.
        """
        be_ready(link)
        side_calls = self._to_judge(link, prompts)
        for side, prompt in zip(side_calls, prompts, strict=True):
            if side is not None:
                self._begin(side, prompt, {})
        self._wait()
        return _results(side_calls)

    async def asaid(self, link: Link, prompts: Sequence[Any]) -> list[Any]:
        """The asynchronous form of `said`."""
        await abe_ready(link)
        side_calls = self._to_judge(link, prompts)
        for side, prompt in zip(side_calls, prompts, strict=True):
            if side is not None:
                self._abegin(side, prompt, {})
        await self._await()
        return _results(side_calls)

    def note(self, compared: Mapping[str, str]) -> None:
        """Record in the account how second opinions compared.

        Args:
            compared: Alias → text for the account.
        """
        for alias, words in compared.items():
            if alias in self._opinions:
                self._opinions[alias].said = words

    def drop(self) -> None:
        """Cancel running calls; those that cannot be cancelled are abandoned."""
        running = [(side, task) for side, task in self._threads.items() if not task.is_over]
        self._threads.clear()
        for side, _ in running:
            side.bounds.leave()
        for side, task in running:
            if side.link.bounded:
                task.wait(_BREAKING_S)
        self._drop_unanswered()

    async def adrop(self) -> None:
        """Cancel running calls and await their end."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        self._drop_unanswered()

    def wanted(self) -> Sequence[Link]:
        """The candidates of the current attempt's second opinions."""
        if not self._seconds or not self.matters:
            return ()
        excluded = {self._walk.link.alias, *self._opinions}
        return [link for link in self._seconds if link.alias not in excluded]

    def _opinions_to_ask(self) -> list[SideCall]:
        opened = []
        for link in self.wanted():
            side = self._open(link, "second_opinion", input_tokens=self._walk.account.input_tokens)
            if side is None:
                self._refused.add(link.alias)
            else:
                self._opinions[link.alias] = side
                opened.append(side)
        return opened

    def _to_judge(self, link: Link, prompts: Sequence[Any]) -> list[SideCall | None]:
        return [self._open(link, "judge", input_tokens=message_tokens(p)) for p in prompts]

    def _open(self, link: Link, purpose: Purpose, *, input_tokens: int) -> SideCall | None:
        pace, account = self._walk.pace.beside(), self._walk.account
        if not pace.admits(link, last_resort=False):
            return None
        number = account.next_side_call
        side = SideCall(link, purpose=purpose, number=number, pace=pace, input_tokens=input_tokens)
        account.side_calls.append(side)
        return side

    def _begin(self, side: SideCall, input_: Any, arguments: dict[str, Any]) -> None:
        config = self._configured(side)
        call = partial(copy_context().run, side.run, input_, config, arguments)
        self._threads[side] = started(call)

    def _abegin(self, side: SideCall, input_: Any, arguments: dict[str, Any]) -> None:
        config = self._configured(side)
        call = partial(side.link.runnable.ainvoke, input_, config, **arguments)
        self._tasks[side] = asyncio.create_task(side.arun(call, config))

    def _wait(self) -> None:
        for side, task in list(self._threads.items()):
            remaining_s = side.bounds.remaining_s
            if not task.wait(None if remaining_s is None else remaining_s + _GRACE_S):
                side.give_up()
            del self._threads[side]

    async def _await(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks.values())
            self._tasks.clear()

    def _results_of_opinions(self) -> list[Opinion]:
        answered = [_opinion(side) for side in self._opinions.values()]
        refused = [
            Opinion(alias=a, error=_NOT_ASKED) for a in self._refused - self._opinions.keys()
        ]
        current = self._walk.link.alias
        return [opinion for opinion in (*answered, *refused) if opinion.alias != current]

    def _drop_unanswered(self) -> None:
        """Candidates that were not waited for may be called again by a later attempt."""
        self._opinions = {alias: side for alias, side in self._opinions.items() if side.is_over}


def _opinion(side: SideCall) -> Opinion:
    attempt = side.attempt()
    if attempt.outcome == "discarded":
        return Opinion(alias=attempt.model, answer=side.answer)
    return Opinion(alias=attempt.model, error=attempt.reason)


def _results(side_calls: Sequence[SideCall | None]) -> list[Any]:
    return [ConnectionError(_NOT_ASKED) if side is None else _result(side) for side in side_calls]


def _result(side: SideCall) -> Any:
    answered = side.attempt().outcome == "discarded"
    return side.answer if answered else side.error or TimeoutError()
