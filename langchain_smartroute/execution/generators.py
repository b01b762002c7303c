"""Closes the asynchronous generators inside a stream together with it.

A client's stream consists of about a dozen nested generators, each of which drops the next one
when it is closed. Python leaves dropped generators to the event loop, one step after another: a
loop that ends before warns about the rest ("coroutine method 'aclose' of 'Response.aiter_raw'
was never awaited"), and their connection stays open. Here all of them are recorded and closed
with the stream, the outermost first.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AsyncExitStack
from typing import Any

__all__ = ["StreamGenerators"]

_PACKAGES = frozenset(
    {
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "langchain_core",
        "langchain_openai",
        "langchain_smartroute",
        "openai",
    }
)
"""Packages whose generators belong to the stream alone; those of others may outlive it."""

_OUTLIVING = "langchain_smartroute.types.loops"
"""The module of generators that wait for the end of their event loop."""

_Hook = Callable[[AsyncGenerator[Any, Any]], None] | None


class StreamGenerators:
    """The generators that are started by the first step of a stream.

    Args:
        source: The stream.
    """

    def __init__(self, source: AsyncIterator[Any]) -> None:
        self._source = source
        self._begun: list[Any] = []

    def first(self, end: object) -> _Step:
        """The stream's first step: its first chunk, or `end`."""
        return _Step(self, lambda: anext(self._source, end).__await__())

    async def aclose(self) -> None:
        """Close all of them, the outermost first."""
        close = getattr(self._source, "aclose", None)
        async with AsyncExitStack() as stack:
            for generator in reversed(self._begun):
                stack.push_async_callback(_aclose, generator)
            if close is not None:
                await close()
        self._begun.clear()

    def note(self, generator: Any, known: _Hook) -> None:
        """Record a new generator instead of the event loop's hook, which would also close it."""
        frame = getattr(generator, "ag_frame", None)
        module = frame.f_globals.get("__name__", "") if frame is not None else ""
        ours = module.partition(".")[0] in _PACKAGES and module != _OUTLIVING
        if generator is self._source or ours:
            self._begun.append(generator)
        elif known is not None:
            known(generator)


async def _aclose(generator: Any) -> None:
    # Python 3.11 calls one running for good whose closing was cancelled before it had begun, as
    # `asyncio.run` does with streams that were left just before its end.
    if not generator.ag_running:
        await generator.aclose()


class _Step:
    """Awaits one step of a stream and records the generators that are started in it."""

    __slots__ = ("_begin", "_noted")

    def __init__(self, noted: StreamGenerators, begin: Callable[[], Any]) -> None:
        self._noted = noted
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Any = None
        value: Any = None
        error: BaseException | None = None
        while True:
            hooks = sys.get_asyncgen_hooks()
            known = hooks.firstiter
            sys.set_asyncgen_hooks(firstiter=lambda made: self._noted.note(made, known))  # noqa: B023 - it is gone before the next turn
            try:
                step = step or self._begin()
                waited = step.send(value) if error is None else step.throw(error)
            except StopIteration as ended:
                return ended.value
            finally:
                sys.set_asyncgen_hooks(firstiter=known)
            value, error = None, None
            try:
                value = yield waited
            except BaseException as raised:  # noqa: BLE001 - it is raised in the step
                error = raised
