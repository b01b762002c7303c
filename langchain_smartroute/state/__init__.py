"""What workers share: values that expire, and counters with limits.

`RedisState` and `SqlState` are in the modules that need their packages.
"""

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
