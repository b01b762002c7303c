"""One asynchronous HTTP client for each event loop, closed with it.

A client belongs to the loop that it was first used in. LangChain keeps one for the whole
process, so that a second `asyncio.run` would find its connections dead ("Event loop is
closed"). Here each loop has its own, which is closed at the first of these:

- `asyncio.run` ends, or whoever else closes the loop's asynchronous generators.
- The loop is closed, also by a user's own hand.
- The process ends, where nobody has closed the loop.
"""

from __future__ import annotations

import asyncio
import atexit
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

__all__ = ["LoopClients"]

_PATIENCE_S = 0.2
"""How long a loop's last tasks may take; where they are a user's own, they may go on for ever."""

_Loop = asyncio.AbstractEventLoop


class LoopClients:
    """The clients of one kind.

    Args:
        build: Makes a client; `aclose` of it is awaited in the loop that it is of.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._clients: weakref.WeakKeyDictionary[_Loop, Any] = weakref.WeakKeyDictionary()
        self._closings: weakref.WeakKeyDictionary[_Loop, AsyncGenerator[Any, None]] = (
            weakref.WeakKeyDictionary()
        )
        atexit.register(self._close_all)

    def of_loop(self, loop: _Loop) -> Any:
        """The client of a loop that runs here."""
        client = self._clients.get(loop)
        if client is None:
            client = self._build()
            closing = self._closed_at_end(client, loop)
            # Up to its first yield, so that the loop knows it: at its end it closes all such.
            with suppress(StopIteration):
                closing.__anext__().send(None)
            self._clients[loop], self._closings[loop] = client, closing
            _before_closing(loop, self._close)
        return client

    async def _closed_at_end(self, client: Any, loop: _Loop) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            # This generator keeps its loop alive, which would never be forgotten by itself.
            del self._clients[loop], self._closings[loop]
            await client.aclose()

    def _close(self, loop: _Loop) -> None:
        """Close a loop's client in the loop, if it still has one."""
        closing = self._closings.get(loop)
        if closing is not None and not (loop.is_closed() or loop.is_running()):
            loop.run_until_complete(_ended(closing))

    def _close_all(self) -> None:
        for loop in list(self._closings):
            self._close(loop)


async def _ended(closing: AsyncGenerator[Any, None]) -> None:
    """Close a client, after those of its streams that were left early."""
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=_PATIENCE_S)
    await closing.aclose()


def _before_closing(loop: _Loop, then: Callable[[_Loop], None]) -> None:
    """Have something done when a loop is closed, just before; an event loop has no hook for it."""
    known = weakref.ref(loop)
    close = loop.close

    def closing() -> None:
        if (alive := known()) is not None:
            then(alive)
        close()

    with suppress(AttributeError):
        loop.close = closing  # type: ignore[method-assign]
