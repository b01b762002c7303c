"""Stream events, version 3: the router's own stream as LangChain's content-block events.

LangChain's default would start another run around the candidate's, so that every token would be
shown and counted twice. The conversion itself is in a private module of LangChain; LangChain's
standard tests, which run in CI, would fail if it changed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from langchain_core.language_models._compat_bridge import achunks_to_events, chunks_to_events
from langchain_core.language_models.chat_model_stream import AsyncChatModelStream, ChatModelStream
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["async_event_stream", "event_stream"]


def event_stream(chunks: Iterator[AIMessage]) -> ChatModelStream:
    """A stream of events that pulls the router's chunks as it is read."""
    stream = ChatModelStream()
    events = chunks_to_events(_generation(chunk) for chunk in chunks)

    def pump() -> bool:
        try:
            event = next(events, None)
        except BaseException as error:
            stream.fail(error)
            if not isinstance(error, Exception):
                raise
            return False
        if event is not None:
            stream.dispatch(event)
        return event is not None

    stream.bind_pump(pump)
    return stream


def async_event_stream(chunks: AsyncIterator[AIMessage]) -> AsyncChatModelStream:
    """A stream of events that a task fills from the router's chunks, from the first read on."""
    stream = AsyncChatModelStream()

    async def produce() -> None:
        try:
            async for event in achunks_to_events(_generations(chunks)):
                stream.dispatch(event)
        except BaseException as error:
            stream.fail(error)
            if not isinstance(error, Exception):
                raise

    async def start() -> None:
        if stream._producer_task is None:  # noqa: SLF001 - how LangChain wires its own streams
            stream._producer_task = asyncio.get_running_loop().create_task(produce())  # noqa: SLF001

    stream.set_start(start)
    return stream


async def _generations(chunks: AsyncIterator[AIMessage]) -> AsyncIterator[ChatGenerationChunk]:
    async for chunk in chunks:
        yield _generation(chunk)


def _generation(message: AIMessage) -> ChatGenerationChunk:
    if isinstance(message, AIMessageChunk):
        return ChatGenerationChunk(message=message)
    # A model that does not stream answers with one complete message.
    fields = message.model_dump(exclude={"type"})
    return ChatGenerationChunk(message=AIMessageChunk(**fields, chunk_position="last"))
