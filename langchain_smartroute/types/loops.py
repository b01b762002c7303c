"""One asynchronous client for each event loop, closed with it.

A client, of HTTP or of Redis, belongs to the loop that it was first used in. LangChain caches one
for the whole process, so that its connections fail in a second `asyncio.run` ("Event loop is
closed"). Here each loop has its own client, which is closed at the first of these events:

- `asyncio.run` ends, or anything else closes the loop's asynchronous generators.
- The loop is closed, also explicitly by the user.
- The process ends without closing the loop.
"""

from __future__ import annotations

import asyncio
import atexit
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

from langchain_smartroute.types.forks import renewed_in_forks

__all__ = ["LoopClients"]

_PATIENCE_S = 0.2
"""Time limit in seconds of a loop's last tasks, as users' tasks may never end."""

_Loop = asyncio.AbstractEventLoop


class LoopClients:
    """The clients of one kind.

    Args:
        build: Creates a client, whose `aclose` is awaited in its loop.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._clients: weakref.WeakKeyDictionary[_Loop, Any] = weakref.WeakKeyDictionary()
        self._closings: weakref.WeakKeyDictionary[_Loop, AsyncGenerator[Any, None] | None] = (
            weakref.WeakKeyDictionary()
        )
        self._of_parent: list[Any] = []
        # Weakly, as a state of workers in Redis need not live as long as the process.
        atexit.register(_close_all, weakref.ref(self))
        renewed_in_forks(self, LoopClients._leave_to_parent)

    def of_loop(self, loop: _Loop) -> Any:
        """The client of the running loop."""
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = self._build()
            if loop not in self._closings:
                closing = self._closings[loop] = self._closed_at_end(loop)
                # Run to its first yield, so that the loop registers it and closes it at its end.
                with suppress(StopIteration):
                    closing.__anext__().send(None)
                _before_closing(loop, self._close)
        return client

    async def aclose(self) -> None:
        """Close the client of the running loop, if it has one; the next use creates another."""
        await self._closed(asyncio.get_running_loop())

    def close_all(self) -> None:
        """Close the clients of all loops that do not run, each in its loop."""
        for loop in list(self._closings):
            self._close(loop)

    async def _closed(self, loop: _Loop) -> None:
        client = self._clients.pop(loop, None)
        if client is not None:
            await client.aclose()

    async def _closed_at_end(self, loop: _Loop) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            # Even when it has ended a generator keeps its loop alive.
            self._closings[loop] = None
            await self._closed(loop)

    def _close(self, loop: _Loop) -> None:
        """Close what a loop still has inside it, if it can run."""
        if loop in self._closings and not (loop.is_closed() or loop.is_running()):
            loop.run_until_complete(self._ended(loop))

    async def _ended(self, loop: _Loop) -> None:
        """Close the client after abandoned streams, and the one that they used at last."""
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=_PATIENCE_S)
        closing = self._closings[loop]
        if closing is not None:
            await closing.aclose()
        await self._closed(loop)

    def _leave_to_parent(self) -> None:
        """Touch no client of the parent's loops, which a forked process shares with it."""
        self._of_parent += [self._clients, self._closings]
        self._clients, self._closings = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()


def _close_all(known: weakref.ref[LoopClients]) -> None:
    if (clients := known()) is not None:
        clients.close_all()


def _before_closing(loop: _Loop, then: Callable[[_Loop], None]) -> None:
    """Call a function just before a loop is closed, for which event loops have no hook."""
    known = weakref.ref(loop)
    close = loop.close

    def closing() -> None:
        if (alive := known()) is not None:
            then(alive)
        close()

    with suppress(AttributeError):
        loop.close = closing  # type: ignore[method-assign]
