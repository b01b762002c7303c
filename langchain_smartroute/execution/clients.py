"""Asynchronous HTTP clients: one per event loop, shared by all models.

An asynchronous client belongs to the event loop that it was first used in. LangChain
keeps one for the whole process, so that a second `asyncio.run` would find its
connections dead ("Event loop is closed").
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["async_client", "running_loop"]

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, Any]] = WeakKeyDictionary()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs here, if any."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def async_client(loop: asyncio.AbstractEventLoop, *, timeout_s: float) -> Any:
    """The client of an event loop; it goes with the loop."""
    of_loop = _clients.setdefault(loop, {})
    if timeout_s not in of_loop:
        of_loop[timeout_s] = import_module("openai").DefaultAsyncHttpxClient(timeout=timeout_s)
    return of_loop[timeout_s]
