"""Running somebody's function for a limited time, without holding up the caller.

A function that is under way cannot be stopped; past its time the caller goes on
without it, and its thread, a daemon, ends when it does. Not a pool: a pool would
be filled by the first few functions that hang.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

__all__ = ["run_within", "run_within_async"]

T = TypeVar("T")


def run_within(timeout_s: float, function: Callable[[], T]) -> T:
    """Run `function`, which must not raise, in a thread of its own and wait for it.

    Raises:
        TimeoutError: It took longer than `timeout_s` seconds.
    """
    done: queue.SimpleQueue[T] = queue.SimpleQueue()
    _start(function, done.put)
    try:
        return done.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError(f"took longer than {timeout_s:g} s") from None


async def run_within_async(timeout_s: float, function: Callable[[], T]) -> T:
    """The same for an event loop, which goes on in the meantime."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T) -> None:
        if not future.done():
            future.set_result(result)

    def report(result: T) -> None:
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(settle, result)

    _start(function, report)
    async with asyncio.timeout(timeout_s):
        return await future


def _start(function: Callable[[], T], report: Callable[[T], object]) -> None:
    """Run `function` in a daemon thread, in a copy of this context."""
    context = contextvars.copy_context()
    threading.Thread(
        target=lambda: report(context.run(function)), name="smartroute-classifier", daemon=True
    ).start()
