"""A call that is decided and ready to be made, in four ways; chat and structured share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langchain_smartroute.tracing import decision_metadata, decision_tags, tags_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.engine import Engine, Request, Visit
    from langchain_smartroute.execution import Preparation, RoutedChain
    from langchain_smartroute.types import RequestFeatures, RoutingDecision, SchemaMethod

__all__ = ["Form", "Plan", "PlannedStream", "planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a call wants its answer, beyond a message.

    Attributes:
        schema: How structured output is wanted.
        definition: The schema itself.
        prepare: What is done to each candidate before it is called.
    """

    schema: SchemaMethod | Literal["any"] | None = None
    definition: Any = None
    prepare: Preparation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A call that is decided and ready to be made.

    Attributes:
        chain: The decision's candidates.
        messages: What they are asked.
        config: The request's run: callbacks, tags, the decision as metadata.
        arguments: What goes to each candidate's own call.
        visit: The call's part in its conversation.
    """

    chain: RoutedChain
    messages: Sequence[BaseMessage]
    config: RunnableConfig
    arguments: Mapping[str, Any]
    visit: Visit

    def invoke(self) -> Any:
        """Make the call."""
        answer = self.chain.invoke(self.messages, self.config, **self.arguments)
        self.visit.ended()
        return answer

    async def ainvoke(self) -> Any:
        """Make the call."""
        answer = await self.chain.ainvoke(self.messages, self.config, **self.arguments)
        await self.visit.aended()
        return answer

    def stream(self) -> Iterator[Any]:
        """Make the call and pass its parts on as they come."""
        yield from self.chain.stream(self.messages, self.config, **self.arguments)
        self.visit.ended()

    def astream(self) -> AsyncIterator[Any]:
        """Make the call and pass its parts on as they come."""
        return self.chain.astream(self.messages, self.config, **self.arguments)


def planned(
    engine: Engine,
    config: RunnableConfig,
    request: Request,
    form: Form,
    *,
    visit: Visit,
    decided: tuple[RoutingDecision, RequestFeatures],
) -> Plan:
    """Make a call ready that is decided.

    Args:
        engine: Has decided it.
        config: The request's; it is this call's own, and gets what was decided.
        request: The call.
        form: How it wants its answer.
        visit: The call's part in its conversation.
        decided: The decision, and what it was made from.
    """
    decision, features = decided
    around = config.get("metadata") or {}
    config["metadata"] = {**around, **decision_metadata(decision, features, around=around)}
    config["tags"] = tags_with(config.get("tags"), decision_tags(decision))
    chain = engine.chain(request, decision, features=features, config=config, prepare=form.prepare)
    visit.watch(chain)
    return Plan(
        chain=chain,
        messages=request.messages,
        config=config,
        arguments=request.arguments,
        visit=visit,
    )


class PlannedStream(AsyncIterator[Any]):
    """The parts of a call that is planned when the first of them is asked for.

    A class rather than a generator: an event loop that shuts down closes all generators
    that it knows at once, and one that is closed by another and by the loop raises.

    Args:
        planning: Decides the call.
        whole: Whether the answer is given in one part.
    """

    def __init__(self, planning: Callable[[], Awaitable[Plan]], *, whole: bool = False) -> None:
        self._planning = planning
        self._whole = whole
        self._plan: Plan | None = None
        self._source: Any = None

    async def __anext__(self) -> Any:
        if self._plan is None:
            self._plan = await self._planning()
            if self._whole:
                return await self._plan.ainvoke()
            self._source = self._plan.astream()
        if self._source is None:
            raise StopAsyncIteration
        try:
            return await anext(self._source)
        except StopAsyncIteration:
            self._source = None
            await self._plan.visit.aended()
            raise

    async def aclose(self) -> None:
        """Break the call off."""
        if self._source is not None:
            await self._source.aclose()
