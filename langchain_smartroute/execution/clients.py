"""The HTTP transport and the event loop of asynchronous calls."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Literal

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Transport", "TransportChoice", "chosen_transport", "running_loop"]

Transport = Literal["aiohttp", "httpx"]
"""HTTP transport of asynchronous calls."""

TransportChoice = Literal["auto", "aiohttp", "httpx"]
"""A user's choice; `auto`: aiohttp where it is installed."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The running event loop; `None`: none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def chosen_transport(choice: TransportChoice) -> Transport:
    """Resolve a choice by the installed packages, without importing them.

    Raises:
        ConfigurationError: If `aiohttp` is asked for and is not installed.
    """
    if choice == "httpx":
        return "httpx"
    if find_spec("aiohttp") is not None:
        return "aiohttp"
    if choice == "auto":
        return "httpx"
    raise ConfigurationError(
        "transport = 'aiohttp': the package aiohttp is not installed:"
        ' pip install "langchain-smartroute[fast]"'
    )
