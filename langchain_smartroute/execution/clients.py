"""Which event loop a call runs in: an asynchronous HTTP client belongs to one."""

from __future__ import annotations

import asyncio

__all__ = ["running_loop"]


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs here, if any."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
