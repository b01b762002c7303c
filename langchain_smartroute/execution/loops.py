"""One asynchronous HTTP client for each event loop, closed with it.

A client belongs to the loop that it was first used in. LangChain caches one for the whole
process, so that its connections fail in a second `asyncio.run` ("Event loop is closed"). Here
each loop has its own client, which is closed at the first of these events:

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

from langchain_smartroute.types import renewed_in_forks

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
        self._closings: weakref.WeakKeyDictionary[_Loop, AsyncGenerator[Any, None]] = (
            weakref.WeakKeyDictionary()
        )
        self._of_parent: list[Any] = []
        atexit.register(self._close_all)
        renewed_in_forks(self, LoopClients._leave_to_parent)

    def of_loop(self, loop: _Loop) -> Any:
        """The client of the running loop."""
        client = self._clients.get(loop)
        if client is None:
            client = self._build()
            closing = self._closed_at_end(client, loop)
            # Run to its first yield, so that the loop registers it and closes it at its end.
            with suppress(StopIteration):
                closing.__anext__().send(None)
            self._clients[loop], self._closings[loop] = client, closing
            _before_closing(loop, self._close)
        return client

    async def _closed_at_end(self, client: Any, loop: _Loop) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            # This generator keeps its loop alive, so the loop would never be garbage collected.
            del self._clients[loop], self._closings[loop]
            await client.aclose()

    def _close(self, loop: _Loop) -> None:
        """Close the client of a loop inside the loop, if it still has one."""
        closing = self._closings.get(loop)
        if closing is not None and not (loop.is_closed() or loop.is_running()):
            loop.run_until_complete(_ended(closing))

    def _close_all(self) -> None:
        for loop in list(self._closings):
            self._close(loop)

    def _leave_to_parent(self) -> None:
        """Touch no client of the parent's loops, which a forked process shares with it."""
        self._of_parent += [self._clients, self._closings]
        self._clients, self._closings = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()


async def _ended(closing: AsyncGenerator[Any, None]) -> None:
    """Close a client after its abandoned streams."""
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=_PATIENCE_S)
    await closing.aclose()


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
