"""Shared state of workers: values that expire, and counters with limits.

`RedisState` and `SqlState` are in modules of their own, which import optional packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.state.commands import (
        Charge,
        Claim,
        Command,
        Found,
        Get,
        Hold,
        Look,
        Put,
        Refusal,
        Settle,
        SharedState,
        Standing,
        Stands,
        Swap,
    )
    from langchain_smartroute.state.memory import MemoryState
    from langchain_smartroute.state.opening import open_state
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "commands": (
                "Charge Claim Command Found Get Hold Look Put Refusal Settle SharedState "
                "Standing Stands Swap"
            ),
            "memory": "MemoryState",
            "opening": "open_state",
        },
    )

__all__ = [
    "Charge",
    "Claim",
    "Command",
    "Found",
    "Get",
    "Hold",
    "Look",
    "MemoryState",
    "Put",
    "Refusal",
    "Settle",
    "SharedState",
    "Standing",
    "Stands",
    "Swap",
    "open_state",
]
