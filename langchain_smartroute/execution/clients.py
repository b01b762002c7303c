"""Whose connections an asynchronous call uses, and which event loop it runs in."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Literal

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Transport", "TransportChoice", "chosen_transport", "running_loop"]

Transport = Literal["aiohttp", "httpx"]
"""Whose connections asynchronous calls use."""

TransportChoice = Literal["auto", "aiohttp", "httpx"]
"""What a user asks for; `auto`: aiohttp where it is installed."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs here, if any."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def chosen_transport(choice: TransportChoice) -> Transport:
    """What a choice comes to on this machine; nothing is imported for it.

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
