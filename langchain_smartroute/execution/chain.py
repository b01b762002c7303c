"""The chain of one decision: a `with_fallbacks` chain that accounts for every attempt.

LangChain's own `RunnableWithFallbacks` commits to a stream at its first chunk, which for
OpenAI-compatible servers is the empty role delta; it falls back on exceptions by class only;
and it keeps no account of attempts. The loops below replace its own for these three reasons.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache, partial
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnablePassthrough
from langchain_core.runnables.config import (
    ensure_config,
    get_callback_manager_for_config,
)
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from pydantic import Field

from langchain_smartroute.execution.answers import arrived_of, chars_of, has_content, message_of
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.conduct import Conduct
from langchain_smartroute.execution.configs import answering_config, side_call_config
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.live import is_watched
from langchain_smartroute.execution.readiness import abe_ready, be_ready
from langchain_smartroute.execution.review import Review
from langchain_smartroute.execution.settled import ASettled, Settled, astarted
from langchain_smartroute.execution.side_calls import SideCalls
from langchain_smartroute.execution.streaming import StreamedAttempt
from langchain_smartroute.execution.surroundings import (
    END,
    AReader,
    Reader,
    aanswer_in,
    answer_in,
)
from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.types import RoutingDecision, StreamPolicy

__all__ = ["RoutedChain"]


class RoutedChain(RunnableWithFallbacks[Any, Any]):
    """The candidates of one decision, called in order until one answers.

    Attributes:
        begin: Function that starts the walk of a request.
        on_end: Called when the request has ended in any way.
        review: Runs the checks on an answer.
        structured: Whether the candidates return objects instead of messages.
        ledger: The handler of the router's ledger; `None`: it has none.
        stream_policy: `first_token` passes a stream on from its first content;
            `buffer` holds an answer that may be rejected until it is checked.
    """

    begin: Callable[[], Walk] = Field(exclude=True, repr=False)
    on_end: Any = Field(default=None, exclude=True, repr=False)
    review: Any = Field(exclude=True, repr=False)
    ledger: Any = Field(default=None, exclude=True, repr=False)
    stream_policy: StreamPolicy = "first_token"
    structured: bool = False

    @classmethod
    def of(
        cls,
        links: tuple[Link, ...],
        *,
        decision: RoutingDecision,
        input_tokens: int,
        name: str,
        conduct: Conduct | None = None,
        review: Review | None = None,
        stream_policy: StreamPolicy = "first_token",
        structured: bool = False,
    ) -> RoutedChain:
        """Build the chain of a decision.

        Args:
            links: The candidates; they become `runnable` and `fallbacks`.
            decision: The decision that ordered them.
            input_tokens: Estimate of the request, for answers without usage.
            conduct: How failures are handled.
            name: Name of the run in traces.
            review: Runs the checks on an answer; `None`: there are none.
            stream_policy: When to pass on a stream.
            structured: Whether the candidates return objects instead of messages.
        """
        first, *rest = (link.runnable for link in links)
        begin = partial(Walk, decision, links, input_tokens=input_tokens, conduct=conduct)
        return _plain_chain().model_copy(
            update={
                "runnable": first,
                "fallbacks": rest,
                "name": name,
                "begin": begin,
                "on_end": conduct.on_end if conduct else None,
                "ledger": conduct.ledger if conduct else None,
                "review": review or Review(),
                "stream_policy": stream_policy,
                "structured": structured,
            }
        )

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the candidates in order until an answer is accepted."""
        config = ensure_config(config)
        run = get_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        side_calls = self._side_calls(walk, run, config, input, kwargs)
        with Settled(run, walk, self.on_end):
            for step in walk.steps():
                be_ready(step.link, step.pause_s, side_calls.wanted())
                link, bounds = step.link, walk.begin(streams=False)
                child = self._child_config(config, run, walk)
                call = partial(link.runnable.invoke, input, child, **kwargs)
                answer = None
                with side_calls:
                    try:
                        answer = answer_in(child, bounds, call, bounded=link.bounded)
                        bounds.said(chars_of(answer))
                    except self.exceptions_to_handle as error:
                        side_calls.drop()
                        meant = bounds.meaning_of(error)
                        walk.failed(meant, arrived=arrived_of(answer) or list(bounds.arrived))
                        continue
                    verdicts = self.review.judged(answer, side_calls)
                walk.answered(answer, verdicts, shown=self._is_shown(walk, child, answer))
            walk.leftover()
        return walk.answer

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the candidates in order until an answer is accepted."""
        config = ensure_config(config)
        run = await astarted(config, input, **self._run_arguments(config))
        walk = self.begin()
        side_calls = self._side_calls(walk, run, config, input, kwargs)
        async with ASettled(run, walk, self.on_end):
            for step in walk.steps():
                await abe_ready(step.link, step.pause_s, side_calls.wanted())
                link, bounds = step.link, walk.begin(streams=False)
                child = self._child_config(config, run, walk)
                answer = None
                async with side_calls:
                    try:
                        call = link.runnable.ainvoke(input, child, **kwargs)
                        simple = not (self.structured or link.composite or link.held)
                        answer = await aanswer_in(child, bounds, call, simple=simple)
                        bounds.said(chars_of(answer))
                    except self.exceptions_to_handle as error:
                        arrived = arrived_of(answer) or bounds.arrived
                        await side_calls.adrop()
                        walk.failed(bounds.meaning_of(error), arrived=arrived)
                        continue
                    verdicts = await self.review.ajudged(answer, side_calls)
                walk.answered(answer, verdicts, shown=self._is_shown(walk, child, answer))
            walk.leftover()
        return walk.answer

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Stream the first candidate that answers, by the stream policy."""
        config = ensure_config(config)
        run = get_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        side_calls = self._side_calls(walk, run, config, input, kwargs)
        with Settled(run, walk, self.on_end):
            for step in walk.steps():
                be_ready(step.link, step.pause_s, side_calls.wanted())
                link, bounds = step.link, walk.begin(streams=True)
                child = self._child_config(config, run, walk)
                attempt = self._streamed(walk, bounds, mute=link.mute)
                with side_calls:
                    try:
                        opened = partial(link.runnable.stream, input, child, **kwargs)
                        with Reader(opened, child, bounds, bounded=link.bounded) as reader:
                            while (chunk := reader.next()) is not END:
                                yield from attempt.take(chunk)
                        attempt.merge()
                    except self.exceptions_to_handle as error:
                        if not attempt.outlives(error):
                            side_calls.drop()
                            attempt.failed(bounds.meaning_of(error))
                            continue
                    verdicts = self.review.judged(attempt.whole, side_calls)
                yield from attempt.ended(verdicts)
            yield from walk.leftover()

    async def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Stream the first candidate that answers, by the stream policy."""
        config = ensure_config(config)
        run = await astarted(config, input, **self._run_arguments(config))
        walk = self.begin()
        side_calls = self._side_calls(walk, run, config, input, kwargs)
        async with ASettled(run, walk, self.on_end):
            for step in walk.steps():
                await abe_ready(step.link, step.pause_s, side_calls.wanted())
                link, bounds = step.link, walk.begin(streams=True)
                child = self._child_config(config, run, walk)
                attempt = self._streamed(walk, bounds, mute=link.mute)
                async with side_calls:
                    try:
                        opened = partial(link.runnable.astream, input, child, **kwargs)
                        async with AReader(opened, child, bounds) as reader:
                            while (chunk := await reader.next()) is not END:
                                for ready in attempt.take(chunk):
                                    yield ready
                        attempt.merge()
                    except self.exceptions_to_handle as error:
                        if not attempt.outlives(error):
                            await side_calls.adrop()
                            attempt.failed(bounds.meaning_of(error))
                            continue
                    verdicts = await self.review.ajudged(attempt.whole, side_calls)
                for ready in attempt.ended(verdicts):
                    yield ready
            for ready in walk.leftover():
                yield ready

    def batch(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Call `invoke` for each input, as each request has its own account."""
        return Runnable.batch(self, *args, **kwargs)

    async def abatch(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Call `ainvoke` for each input, as each request has its own account."""
        return await Runnable.abatch(self, *args, **kwargs)

    def _streamed(self, walk: Walk, bounds: AttemptBounds, *, mute: bool) -> StreamedAttempt:
        return StreamedAttempt(
            walk,
            bounds,
            ending=walk.account.watcher,
            buffered=self._is_draft(walk),
            early=self.review.early,
            structured=self.structured,
            mute=mute,
        )

    def _is_draft(self, walk: Walk) -> bool:
        """Whether the current attempt's answer is held back, as it may still be rejected."""
        if self.stream_policy == "buffer":
            return walk.may_be_replaced()
        return self.review.holds and walk.can_escalate()

    def _is_shown(self, walk: Walk, child: RunnableConfig, answer: Any) -> bool:
        """Whether a handler has already received the answer's tokens."""
        manager: Any = child.get("callbacks")
        held = self.stream_policy == "buffer" or self._is_draft(walk)
        return not held and has_content(message_of(answer)) and is_watched(manager.handlers)

    def _side_calls(self, walk: Walk, run: Any, config: RunnableConfig, *asked: Any) -> SideCalls:
        configured = partial(side_call_config, config, run, self.ledger)
        return SideCalls(walk, seconds=self.review.seconds, configured=configured, asked=asked)

    def _run_arguments(self, config: RunnableConfig) -> dict[str, Any]:
        name = config.get("run_name") or self.get_name()
        return {"name": name, "run_id": config.pop("run_id", None)}

    def _child_config(self, config: RunnableConfig, run: Any, walk: Walk) -> RunnableConfig:
        return answering_config(
            config,
            run,
            walk,
            draft=self._is_draft(walk),
            structured=self.structured,
            ledger=self.ledger,
        )


@cache
def _plain_chain() -> RoutedChain:
    """The chain that all others are copies of, as validating each would take most of the time."""
    return RoutedChain(runnable=RunnablePassthrough(), fallbacks=[], begin=Walk, review=Review())
