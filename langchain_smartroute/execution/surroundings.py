"""What an attempt finds around it: its own config and bounds in the context.

A binding, as `bind_tools` makes one, takes over the callbacks that it finds there;
connections keep to the bounds. Both are set for each step alone, since a stream's
consumer may run elsewhere.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, Final, Self, cast

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import patch_config, var_child_runnable_config

from langchain_smartroute.execution.bounds import AttemptBounds, bound_by
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.live import NOSTREAM, hidden
from langchain_smartroute.execution.orphans import ended_if_left
from langchain_smartroute.execution.waiting import finished_in_time
from langchain_smartroute.tracing import attempt_metadata

__all__ = [
    "END",
    "OPTIONS_KEY",
    "Reader",
    "aanswer_in",
    "anext_in",
    "answer_in",
    "apause",
    "attempt_config",
    "pause",
]

OPTIONS_KEY = "smartroute"
"""The key of the router's own options under `config["configurable"]`."""

END: Final = object()
"""What follows the last chunk of a stream."""


def attempt_config(
    config: RunnableConfig,
    manager: BaseCallbackManager,
    link: Link,
    *,
    number: int,
    draft: bool,
) -> RunnableConfig:
    """The config of an attempt: its own metadata, and none of our options.

    A candidate may be a router itself, which must not take our caller's choices
    for its own.

    Args:
        config: The request's.
        manager: Tells of the attempt's runs.
        link: The candidate.
        number: The number of the attempt, from 0.
        draft: Whether the answer may yet be rejected, so that those who watch
            tokens must not see it.
    """
    child = patch_config(config, callbacks=manager)
    if any(type(handler).__name__ == "LangChainTracer" for handler in manager.handlers):
        # Imported where somebody traces: LangSmith's client takes a while.
        from langchain_smartroute.execution.langsmith import price_runs  # noqa: PLC0415

        price_runs(manager)
    if draft:
        hidden(manager)
        child["tags"] = [*(config.get("tags") or []), NOSTREAM]
    price = link.price
    own = attempt_metadata(
        link.alias,
        api_model=link.spec.model,
        number=number,
        price=price.texts if price else None,
    )
    child["metadata"] = {**(config.get("metadata") or {}), **own}
    configurable = config.get("configurable")
    if configurable and OPTIONS_KEY in configurable:
        child["configurable"] = {k: v for k, v in configurable.items() if k != OPTIONS_KEY}
    return child


@contextmanager
def _surrounding(config: RunnableConfig, bounds: AttemptBounds) -> Iterator[None]:
    """Make a config and bounds those that are found in the context."""
    token = var_child_runnable_config.set(config)
    try:
        with bound_by(bounds):
            yield
    finally:
        var_child_runnable_config.reset(token)


@contextmanager
def _unregistered() -> Iterator[None]:
    """Keep a generator that is first read inside from the event loop's list.

    A loop that shuts down closes all that it knows at once, and one that its reader
    closes too would raise.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=None, finalizer=None)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)


def pause(seconds: float) -> None:
    """Wait before the next attempt."""
    if seconds:
        time.sleep(seconds)


async def apause(seconds: float) -> None:
    """Wait before the next attempt."""
    if seconds:
        await asyncio.sleep(seconds)


def answer_in(
    config: RunnableConfig, bounds: AttemptBounds, call: Callable[[], Any], *, bounded: bool
) -> Any:
    """Make a blocking call.

    Args:
        config: What it finds around it.
        bounds: How long it may take.
        call: The call.
        bounded: Whether it ends by itself when its time is up; else it is left to
            itself then, in another thread.
    """
    with _surrounding(config, bounds):
        if bounded:
            return call()
        return finished_in_time(partial(copy_context().run, call), bounds)


async def aanswer_in(config: RunnableConfig, bounds: AttemptBounds, call: Awaitable[Any]) -> Any:
    """Wait for a call; it is cancelled when its time is up."""
    manager = cast("BaseCallbackManager", config.get("callbacks"))
    with _surrounding(config, bounds):
        async with ended_if_left(manager, bounds.arrived):
            try:
                async with asyncio.timeout(bounds.remaining_s):
                    return await call
            except TimeoutError as error:
                if bounds.has_run_out:
                    raise bounds.error() from error
                raise


class Reader:
    """Reads a stream in blocking calls, and closes it, so that its run ends before the request's.

    Args:
        source: The stream.
        config: What it finds around it.
        bounds: How long it may take.
        bounded: Whether a step ends by itself when its time is up.
    """

    def __init__(
        self, source: Iterator[Any], config: RunnableConfig, bounds: AttemptBounds, *, bounded: bool
    ) -> None:
        self._source = source
        self._config = config
        self._bounds = bounds
        self._is_left = False
        with _surrounding(config, bounds):
            self._context = None if bounded else copy_context()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_left:
            self._close()

    def next(self) -> Any:
        """The next chunk, or `END`."""
        self._bounds.goes_on()
        if self._context is None:
            with _surrounding(self._config, self._bounds):
                return next(self._source, END)
        step = partial(self._context.run, next, self._source, END)
        return finished_in_time(step, self._bounds, left=self._leave, too_late=self._close)

    def _leave(self) -> None:
        """The source is still being read: it is closed there, afterwards."""
        self._is_left = True

    def _close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


async def anext_in(
    config: RunnableConfig, bounds: AttemptBounds, source: AsyncIterator[Any]
) -> Any:
    """The next chunk of a stream, or `END`; it is cancelled when its time is up."""
    bounds.goes_on()
    with _surrounding(config, bounds):
        try:
            async with asyncio.timeout(bounds.remaining_s) as timeout:
                bounds.on_more_time = partial(_put_off, timeout, bounds)
                with _unregistered():
                    step = anext(source, END)
                return await step
        except TimeoutError as error:
            if bounds.has_run_out:
                raise bounds.error() from error
            raise
        finally:
            bounds.on_more_time = None


def _put_off(timeout: asyncio.Timeout, bounds: AttemptBounds) -> None:
    """Give a step that is waited for as much time as its attempt has now."""
    left = bounds.remaining_s
    if left is not None and not timeout.expired():
        timeout.reschedule(asyncio.get_running_loop().time() + left)
