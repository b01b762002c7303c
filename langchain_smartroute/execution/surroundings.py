"""Calls a candidate or reads its stream, with the attempt's config in the context.

A binding, as made by `bind_tools`, uses the callbacks in the context, and connections observe
the bounds in it. Both are set for each step only, as a stream's consumer may run in another
context.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from functools import partial
from typing import Any, Final, Self, cast

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config

from langchain_smartroute.execution.bounds import AttemptBounds, attempt_bounds
from langchain_smartroute.execution.generators import StreamGenerators
from langchain_smartroute.execution.orphans import ended_if_left, note_answers
from langchain_smartroute.execution.together import begin_together, pause_together
from langchain_smartroute.execution.waiting import finished_in_time
from langchain_smartroute.tracing import quietly, surrounders

__all__ = [
    "END",
    "AReader",
    "Reader",
    "aanswer_in",
    "answer_in",
    "apause",
    "pause",
]

END: Final = object()
"""Marks the end of a stream."""


class _Surrounding:
    """Sets a config and an attempt's bounds in the context.

    It is entered for each chunk of a stream, so it is not a generator, which takes three times
    as long.
    """

    __slots__ = ("_bounds", "_bounds_token", "_config", "_config_token", "_entered", "_others")

    def __init__(self, config: RunnableConfig, bounds: AttemptBounds) -> None:
        if "run_id" in config:
            # The id belongs to one run and must not be used for other runs started inside.
            config = {**config}
            del config["run_id"]
        self._config = config
        self._bounds = bounds
        manager: Any = config.get("callbacks")
        self._others = surrounders(manager.handlers) if manager else ()
        self._entered: ExitStack | None = None

    def __enter__(self) -> None:
        self._config_token = var_child_runnable_config.set(self._config)
        self._bounds_token = attempt_bounds.set(self._bounds)
        if self._others:
            self._entered = ExitStack()
            for other in self._others:
                with quietly(f"{type(other).__name__}.around_attempt"):
                    around = other.around_attempt(self._config.get("metadata") or {})
                    self._entered.enter_context(around)

    def __exit__(self, *_: object) -> None:
        if self._entered is not None:
            self._entered.close()
        attempt_bounds.reset(self._bounds_token)
        var_child_runnable_config.reset(self._config_token)


def pause(seconds: float) -> None:
    """Wait before the next attempt."""
    if seconds:
        pause_together(seconds)


async def apause(seconds: float) -> None:
    """Wait before the next attempt."""
    if seconds:
        await asyncio.sleep(seconds)


def answer_in(
    config: RunnableConfig, bounds: AttemptBounds, call: Callable[[], Any], *, bounded: bool
) -> Any:
    """Make a blocking call within an attempt's limits.

    Args:
        config: Config to set in the context.
        bounds: How long it may take.
        call: The call.
        bounded: Whether it ends by itself when its time is up; otherwise it runs in another
            thread and is abandoned then.
    """
    begin_together(bounds)
    with _Surrounding(config, bounds):
        if bounded:
            return bounds.answered(call())
        manager: Any = config.get("callbacks")
        if manager is not None and manager.handlers:
            note_answers(manager, bounds.arrived)
        return bounds.answered(finished_in_time(partial(copy_context().run, call), bounds))


async def aanswer_in(
    config: RunnableConfig, bounds: AttemptBounds, call: Awaitable[Any], *, simple: bool = False
) -> Any:
    """Await a call; it is cancelled when its time is up.

    Args:
        config: Config to set in the context.
        bounds: How long it may take.
        call: The call.
        simple: Whether it returns its single model's answer unchanged, so that no answer can be
            lost.
    """
    manager = cast("BaseCallbackManager", config.get("callbacks"))
    with _Surrounding(config, bounds):
        if simple and not manager.handlers:
            # There are no handlers that would have to be told of an abandoned run.
            return bounds.answered(await _in_time(bounds, call))
        async with ended_if_left(manager, bounds.arrived):
            return bounds.answered(await _in_time(bounds, call))


async def _in_time(bounds: AttemptBounds, call: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(bounds.remaining_s):
            return await call
    except TimeoutError as error:
        if bounds.has_run_out:
            raise bounds.error() from error
        raise


class Reader:
    """Reads a stream by blocking calls, and closes it, so that its run ends before the request's.

    Args:
        opened: Opens the stream.
        config: Config to set in the context.
        bounds: How long it may take.
        bounded: Whether a step ends by itself when its time is up.
    """

    def __init__(
        self,
        opened: Callable[[], Iterator[Any]],
        config: RunnableConfig,
        bounds: AttemptBounds,
        *,
        bounded: bool,
    ) -> None:
        self._bounds = bounds
        self._is_left = False
        self._surrounding = _Surrounding(config, bounds)
        with self._surrounding:
            self._source = iter(opened())
            self._context = None if bounded else copy_context()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_left:
            self._close()
        self._bounds.over()

    def next(self) -> Any:
        """The next chunk, or `END`."""
        self._bounds.goes_on()
        if self._context is None:
            with self._surrounding:
                return next(self._source, END)
        step = partial(self._context.run, next, self._source, END)
        return finished_in_time(step, self._bounds, left=self._leave, too_late=self._close)

    def _leave(self) -> None:
        """Abandon the stream, which another thread is still reading and will close."""
        self._is_left = True

    def _close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


class AReader:
    """Reads a stream in an event loop, and closes it, so that its run ends before the request's.

    Args:
        opened: Opens the stream.
        config: Config to set in the context.
        bounds: How long it may take: a step is cancelled when its time is up.
    """

    def __init__(
        self,
        opened: Callable[[], AsyncIterator[Any]],
        config: RunnableConfig,
        bounds: AttemptBounds,
    ) -> None:
        self._generators: StreamGenerators | None = None
        self._bounds = bounds
        self._surrounding = _Surrounding(config, bounds)
        with self._surrounding:
            self._source = opened()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await (self._generators or StreamGenerators(self._source)).aclose()
        self._bounds.over()

    async def next(self) -> Any:
        """The next chunk, or `END`."""
        bounds = self._bounds
        bounds.goes_on()
        with self._surrounding:
            try:
                async with asyncio.timeout(bounds.remaining_s) as timeout:
                    bounds.on_more_time = partial(_reschedule, timeout, bounds)
                    if self._generators is None:
                        self._generators = StreamGenerators(self._source)
                        return await self._generators.first(END)
                    return await anext(self._source, END)
            except TimeoutError as error:
                if bounds.has_run_out:
                    raise bounds.error() from error
                raise
            finally:
                bounds.on_more_time = None


def _reschedule(timeout: asyncio.Timeout, bounds: AttemptBounds) -> None:
    """Give a step that is waited for as much time as its attempt has now."""
    left = bounds.remaining_s
    if left is not None and not timeout.expired():
        timeout.reschedule(asyncio.get_running_loop().time() + left)
