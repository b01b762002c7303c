"""A decided and prepared call, for chat and structured output."""

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
    """The form of answer that a call requests.

    Attributes:
        schema: How structured output is wanted.
        definition: The schema itself.
        prepare: Preparation of each candidate before its call.
    """

    schema: SchemaMethod | Literal["any"] | None = None
    definition: Any = None
    prepare: Preparation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A decided and prepared call.

    Attributes:
        chain: The decision's candidates.
        messages: The messages to send.
        config: The request's run: callbacks, tags, the decision as metadata.
        arguments: Arguments of each candidate's own call.
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
    """Prepare a decided call.

    Args:
        engine: The engine.
        config: The request's config, which may be changed and receives the decision.
        request: The call.
        form: The requested form of answer.
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
    """The stream of a call that is planned when its first chunk is requested.

    A class instead of a generator: an event loop that shuts down closes all generators at once,
    and a generator that is closed twice at the same time raises.

    Args:
        planning: Awaitable plan of the call.
        whole: Whether the answer is returned in one chunk.
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
        """Cancel the call."""
        if self._source is not None:
            await self._source.aclose()
