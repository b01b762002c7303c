"""The operations on shared state, each a frozen command that is executed atomically.

A store has the methods `run` and `arun`; everything else is in the commands, so that a store is
implemented once for both. They serve spend limits (`Hold`, `Settle`), circuit breakers (`Look`,
`Swap`) and the routes of conversations (`Get`, `Put`). Expiry goes by the store's own clock, so
the workers' clocks need not agree.
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
    """An operation on shared state that returns a `T`."""


@runtime_checkable
class SharedState(Protocol):
    """A store that workers share."""

    def run(self, command: Command[T]) -> T:
        """Execute a command.

        Raises:
            StorageError: If the store does not answer in time.
        """
        ...

    async def arun(self, command: Command[T]) -> T:
        """Execute a command without blocking the event loop.

        Raises:
            StorageError: If the store does not answer in time.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Get(Command["str | None"]):
    """Get the value of a key; `None` if it has none, or it has expired."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Command[None]):
    """Set a key to a value that expires after `ttl_s` seconds."""

    key: str
    value: str
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Command[bool]):
    """Compare and swap: replace a value if it is the expected one; returns whether it was.

    `None` means no value, for both values.
    """

    key: str
    expected: str | None
    value: str | None
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value and its remaining lifetime.

    Attributes:
        value: The value.
        left_s: Seconds until it expires.
    """

    value: str
    left_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Command["tuple[Found | None, ...]"]):
    """Get the values of several keys, each with its remaining lifetime."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a counter.

    Attributes:
        spent: Amount settled.
        held: Amount reserved that is neither settled nor expired.
    """

    spent: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A reservation on one counter.

    Attributes:
        counter: Its name.
        amount: Amount to reserve.
        ceiling: Maximum of spent and held together.
        ttl_s: Seconds after which the counter may be deleted, if nothing is held then.
    """

    counter: str
    amount: int
    ceiling: int
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a reservation was refused.

    Attributes:
        number: Index of the claim that did not fit.
        standing: The state of its counter.
    """

    number: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command["Refusal | None"]):
    """Reserve all claims or none; an unsettled reservation expires after `lease_s` seconds."""

    lease: str
    claims: tuple[Claim, ...]
    lease_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The amount actually spent on one counter; see `Claim`."""

    counter: str
    amount: int
    ttl_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Command["tuple[Standing, ...]"]):
    """Replace a reservation by the amounts spent; returns the states of its counters.

    The amounts count even if the reservation has expired by then.

    Attributes:
        lease: Id of the reservation.
        charges: The amounts.
        again: Whether it may have been executed before, as the answer was lost; then the amounts
            count only if the reservation is still there, so that they count once.
    """

    lease: str
    charges: tuple[Charge, ...]
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands(Command["tuple[Standing, ...]"]):
    """Get the states of counters."""

    counters: tuple[str, ...]
