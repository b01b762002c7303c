"""A stream whose call is decided when it is first read.

A class rather than a generator: an event loop that shuts down closes all generators at
once, and one that is closed by another and by the loop raises.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

__all__ = ["PlannedStream"]


class PlannedStream(AsyncIterator[Any]):
    """Passes a stream on.

    Args:
        plan: Decides the call and gives its stream.
    """

    def __init__(self, plan: Callable[[], Awaitable[AsyncIterator[Any]]]) -> None:
        self._plan = plan
        self._source: AsyncIterator[Any] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        """The next part of the stream."""
        if self._closed:
            raise StopAsyncIteration
        if self._source is None:
            self._source = await self._plan()
        return await anext(self._source)

    async def aclose(self) -> None:
        """End the stream; what it has not brought is not asked for."""
        self._closed = True
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()
