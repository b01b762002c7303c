"""What an attempt finds around it: its own config in the context that runnables read.

A binding, as `bind_tools` makes one, takes over the callbacks that it finds there.
The config is set for each step alone, since a stream's consumer may run elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config

__all__ = ["END", "anext_in", "next_in", "reading", "surrounding"]

END: Final = object()
"""What follows the last chunk of a stream."""


@contextmanager
def surrounding(config: RunnableConfig) -> Iterator[None]:
    """Make a config the one that runnables find in their context."""
    token = var_child_runnable_config.set(config)
    try:
        yield
    finally:
        var_child_runnable_config.reset(token)


@contextmanager
def reading(source: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """Close a stream when reading it ends, so that its run ends before the request's."""
    try:
        yield source
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


def next_in(config: RunnableConfig, source: Iterator[Any]) -> Any:
    """The next chunk of a stream, or `END`."""
    with surrounding(config):
        return next(source, END)


async def anext_in(config: RunnableConfig, source: AsyncIterator[Any]) -> Any:
    """The next chunk of a stream, or `END`."""
    with surrounding(config):
        return await anext(source, END)
