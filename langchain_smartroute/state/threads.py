"""Threads in which a database executes the commands of event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from langchain_smartroute.state.connections import CONNECTIONS
from langchain_smartroute.types import renewed_in_forks

__all__ = ["CommandThreads"]

T = TypeVar("T")

_PATIENCE_S = 5.0


class CommandThreads:
    """The threads of one store.

    Those of an event loop may all be busy with an application's blocking calls, and a spend
    limit's state would count as down.
    """

    def __init__(self) -> None:
        self._reset()
        renewed_in_forks(self, CommandThreads._reset)

    def _reset(self) -> None:
        """Start without threads, which in a forked process are the parent's."""
        self._executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="smartroute-state")

    async def run(self, call: Callable[[], T], *, to_its_end: bool = False) -> T:
        """Make a blocking call in a thread.

        Args:
            call: The function to call.
            to_its_end: Whether to block until it has ended if the task is cancelled meanwhile, so
                that no later call overtakes it.
        """
        future = self._executor.submit(call)
        try:
            return await asyncio.wrap_future(future)
        finally:
            if to_its_end and not future.done():
                wait([future], _PATIENCE_S)

    def close(self) -> None:
        """End the threads; the next use starts others."""
        executor = self._executor
        self._reset()
        executor.shutdown(wait=False)
