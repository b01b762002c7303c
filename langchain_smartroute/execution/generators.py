"""The asynchronous generators that a stream is made of, closed with it.

A client's stream is a dozen generators, each of which reads the next one and drops it
when it is closed itself. Python has what was dropped closed by the event loop, one step
after another: a loop that ends in the meantime complains of the rest ("coroutine method
'aclose' of 'Response.aiter_raw' was never awaited"), and their connection stays open.
Here all of them are known, and closed by whoever closes the stream, the outermost first.
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
"""Whose generators are nobody else's: those of others may outlive the stream."""

_OUTLIVING = "langchain_smartroute.execution.loops"
"""Where one waits for the end of its event loop."""

_Hook = Callable[[AsyncGenerator[Any, Any]], None] | None


class StreamGenerators:
    """The generators that are begun by the first step of a stream.

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
                stack.push_async_callback(generator.aclose)
            if close is not None:
                await close()
        self._begun.clear()

    def note(self, generator: AsyncGenerator[Any, Any], known: _Hook) -> None:
        """Keep a generator that begins here from the event loop, which would close it, too."""
        frame = getattr(generator, "ag_frame", None)
        module = frame.f_globals.get("__name__", "") if frame is not None else ""
        ours = module.partition(".")[0] in _PACKAGES and module != _OUTLIVING
        if generator is self._source or ours:
            self._begun.append(generator)
        elif known is not None:
            known(generator)


class _Step:
    """A step during which generators that begin are noted, and only those that begin in it."""

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
