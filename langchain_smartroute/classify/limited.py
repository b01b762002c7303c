"""Runs a user's function with a time limit, without blocking the caller for longer.

A running function cannot be stopped: after the time limit the caller continues without it, and
its daemon thread ends when the function does. A thread pool would be exhausted by the first few
functions that hang.
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
    """The asynchronous form of `run_within`."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T) -> None:
        if not future.done():
            future.set_result(result)

    def report(result: T) -> None:
        with suppress(RuntimeError):  # the loop may be closed already
            loop.call_soon_threadsafe(settle, result)

    _start(function, report)
    async with asyncio.timeout(timeout_s):
        return await future


def _start(function: Callable[[], T], report: Callable[[T], object]) -> None:
    """Run `function` in a daemon thread, in a copy of the current context."""
    context = contextvars.copy_context()
    threading.Thread(
        target=lambda: report(context.run(function)), name="smartroute-classifier", daemon=True
    ).start()
