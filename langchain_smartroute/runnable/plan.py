"""A call that is decided and ready to be made, in four ways; chat and structured share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.execution import RoutedChain

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A call that is decided and ready to be made.

    Attributes:
        chain: The decision's candidates.
        messages: What they are asked.
        config: The request's run: callbacks, tags, the decision as metadata.
        arguments: What goes to each candidate's own call.
    """

    chain: RoutedChain
    messages: Sequence[BaseMessage]
    config: RunnableConfig
    arguments: Mapping[str, Any]

    def invoke(self) -> Any:
        """Make the call."""
        return self.chain.invoke(self.messages, self.config, **self.arguments)

    async def ainvoke(self) -> Any:
        """Make the call."""
        return await self.chain.ainvoke(self.messages, self.config, **self.arguments)

    def stream(self) -> Iterator[Any]:
        """Make the call and pass its parts on as they come."""
        return self.chain.stream(self.messages, self.config, **self.arguments)

    def astream(self) -> AsyncIterator[Any]:
        """Make the call and pass its parts on as they come."""
        return self.chain.astream(self.messages, self.config, **self.arguments)
