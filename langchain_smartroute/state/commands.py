"""What shared state can do, each as one frozen command that is carried out whole or not at all.

A store has two faces, `run` and `arun`; everything else is in the commands, so that a
store is written once for both. They serve spend limits (`Hold`, `Settle`), circuit
breakers (`Look`, `Swap`) and the routes of conversations (`Get`, `Put`). Whatever expires
does so by the store's own clock: those of the workers need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

__all__ = [
    "Charge",
    "Claim",
    "Command",
    "Found",
    "Get",
    "Hold",
    "Look",
    "Put",
    "Refusal",
    "Settle",
    "SharedState",
    "Standing",
    "Stands",
    "Swap",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """Something that shared state can do; it gives a `T`."""


@runtime_checkable
class SharedState(Protocol):
    """Where workers keep what they share."""

    def run(self, command: Command[T]) -> T:
        """Carry a command out.

        Raises:
            StorageError: If the store does not answer in time.
        """
        ...

    async def arun(self, command: Command[T]) -> T:
        """Carry a command out without blocking the event loop.

        Raises:
            StorageError: If the store does not answer in time.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Get(Command["str | None"]):
    """The value of a key; `None` where it has none, or it has expired."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Command[None]):
    """Give a key a value that expires after `ttl_s` seconds."""

    key: str
    value: str
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Command[bool]):
    """Replace a value if it still is the expected one; gives whether it was.

    `None` stands for no value, on both sides.
    """

    key: str
    expected: str | None
    value: str | None
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value, and how long it will be there.

    Attributes:
        value: What it is.
        left_s: Seconds until it expires.
    """

    value: str
    left_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Command["tuple[Found | None, ...]"]):
    """The values of several keys, each with how long it will be there."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a counter stands.

    Attributes:
        spent: What is settled.
        held: What is reserved and neither settled nor expired.
    """

    spent: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A reservation against one counter.

    Attributes:
        counter: Its name.
        amount: What is reserved.
        ceiling: What spent and held together may not exceed.
        ttl_s: Seconds after which the counter may be forgotten, if nothing is held then.
    """

    counter: str
    amount: int
    ceiling: int
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a reservation was refused.

    Attributes:
        number: Which claim did not fit, from 0.
        standing: How its counter stands.
    """

    number: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command["Refusal | None"]):
    """Reserve all claims or none; what is never settled is free again after `lease_s` seconds."""

    lease: str
    claims: tuple[Claim, ...]
    lease_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What was really spent on one counter; see `Claim`."""

    counter: str
    amount: int
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Command["tuple[Standing, ...]"]):
    """Give a reservation up and write down what was spent; gives how its counters stand.

    What was spent counts whether or not the reservation has expired by then.
    """

    lease: str
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands(Command["tuple[Standing, ...]"]):
    """How counters stand."""

    counters: tuple[str, ...]
