"""Reserves a call's maximum cost on all spend limits, and settles its actual cost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from langchain_smartroute.accounting.limits import OnBackendError, SpendLimit, tell_apart
from langchain_smartroute.accounting.reservation import (
    PlannedCall,
    Reservation,
    Share,
    exceeded_error,
    unknown_price_error,
    whose_of,
)
from langchain_smartroute.accounting.standing import AskedLimit, LimitStatus
from langchain_smartroute.accounting.unsettled import Unsettled
from langchain_smartroute.errors import SpendLimitExceededError, StorageError
from langchain_smartroute.state import (
    Charge,
    Claim,
    Command,
    Hold,
    Refusal,
    Settle,
    SharedState,
    Stands,
)

__all__ = ["Spending"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(tz=UTC)


class Spending:
    """Holds calls to spend limits.

    Args:
        limits: The limits, all of which must allow a call.
        state: Shared state with their counters.
        answer_room_tokens: Assumed maximum output tokens of calls without that argument.
        lease_s: Seconds after which the reservations of a dead process expire; longer than any
            call takes.
        on_backend_error: Whether calls are made without limits (`allow`) or refused (`deny`)
            while the state is unavailable.
        wait_s: Seconds to wait for the state.
        now: The clock of the periods.

    Raises:
        ConfigurationError: If two limits would share a counter.
    """

    def __init__(
        self,
        limits: Sequence[SpendLimit],
        state: SharedState,
        *,
        answer_room_tokens: int = 4096,
        lease_s: float = 900.0,
        on_backend_error: OnBackendError = "deny",
        wait_s: float = 1.0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.limits = tuple(limits)
        tell_apart(self.limits)
        self.answer_room_tokens = answer_room_tokens
        self._state = state
        self._lease_s = lease_s
        self._on_backend_error = on_backend_error
        self._wait_s = wait_s
        self._now = now
        self._unsettled = Unsettled(state)
        self._commands: set[asyncio.Future[Any]] = set()
        self._warned = False

    def reserve(self, call: PlannedCall) -> Reservation:
        """Reserve the maximum cost of a call.

        Raises:
            SpendLimitExceededError: If a limit would be exceeded.
            StorageError: If the state is unavailable and `on_backend_error` is `deny`.
        """
        reservation, hold = self._planned(call)
        with self._tolerant():
            self._unsettled.retry()
            self._check(call, reservation, self._held(hold))
            return reservation
        return replace(reservation, held_until=0.0)

    async def areserve(self, call: PlannedCall) -> Reservation:
        """The same, without blocking the event loop."""
        reservation, hold = self._planned(call)
        with self._tolerant():
            await self._acatch_up()
            self._check(call, reservation, await self._aheld(hold))
            return reservation
        return replace(reservation, held_until=0.0)

    def settle(self, reservation: Reservation, *, tokens: int | None, cost: int | None) -> None:
        """Replace a reservation by the amounts spent. Never raises."""
        settle = self._settlement(reservation, tokens=tokens, cost=cost)
        try:
            self._state.run(settle)
        except StorageError as error:
            self._unsettled.put(settle, reservation.held_until)
            self._warn(error)

    async def asettle(
        self, reservation: Reservation, *, tokens: int | None, cost: int | None
    ) -> None:
        """The asynchronous form of `settle`, which also completes if the task is cancelled."""
        settle = self._settlement(reservation, tokens=tokens, cost=cost)
        try:
            await self._asettled(settle, reservation.held_until)
        except StorageError as error:
            self._warn(error)

    def statuses(self, metadata: Mapping[str, Any]) -> tuple[LimitStatus, ...]:
        """What is left of each limit for a caller, without the limits of single requests.

        Args:
            metadata: Metadata as in a call's config, which identifies the caller.

        Raises:
            StorageError: If the state is unavailable.
        """
        self._unsettled.retry()
        asked, stands = self._asked(metadata)
        standings = self._state.run(stands)
        return tuple(map(AskedLimit.status, asked, standings))

    async def astatuses(self, metadata: Mapping[str, Any]) -> tuple[LimitStatus, ...]:
        """The same, without blocking the event loop."""
        await self._acatch_up()
        asked, stands = self._asked(metadata)
        standings = await self._within(self._begun(stands))
        return tuple(map(AskedLimit.status, asked, standings))

    def _asked(self, metadata: Mapping[str, Any]) -> tuple[list[AskedLimit], Stands]:
        asked = AskedLimit.all_of(self.limits, metadata, now=self._now())
        return asked, Stands(counters=tuple(one.counter for one in asked))

    async def _asettled(self, settle: Settle, held_until: float = 0.0) -> None:
        """Execute a settlement; one that fails waits to be retried, however late it does."""
        settling = self._begun(settle)

        def ended(_: object) -> None:
            if settling.cancelled() or settling.exception() is not None:
                self._unsettled.put(settle, held_until)

        settling.add_done_callback(ended)
        await self._within(settling)

    def _begun(self, command: Command[T]) -> asyncio.Future[T]:
        """Execute a command in a task of its own.

        If nobody waits for it any more, it may be executed all the same, in a thread or on its
        way. What follows from it is done when it has ended.
        """
        task = asyncio.ensure_future(self._state.arun(command))
        # Kept here, as an event loop does not keep its tasks.
        self._commands.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._commands.discard(task)
        if not task.cancelled():
            # An error of which nobody hears any more is not logged.
            task.exception()

    async def _within(self, answer: asyncio.Future[T]) -> T:
        # `asyncio.wait_for` of Python 3.11 loses a cancellation that comes with the answer.
        try:
            async with asyncio.timeout(self._wait_s):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            raise StorageError(f"no answer within {self._wait_s:g} s") from error

    def _held(self, hold: Hold) -> Refusal | None:
        try:
            return self._state.run(hold)
        except BaseException:
            # It is unknown whether it was reserved.
            self._give_back_later(hold)
            raise

    async def _aheld(self, hold: Hold) -> Refusal | None:
        holding = self._begun(hold)
        try:
            return await self._within(holding)
        except asyncio.CancelledError:
            await asyncio.shield(self._agiven_back(hold, holding))
            raise
        except BaseException:
            holding.add_done_callback(lambda _: self._give_back_later(hold))
            raise

    async def _agiven_back(self, hold: Hold, holding: asyncio.Future[Refusal | None]) -> None:
        """Give back at once what a cancelled call has reserved, as other workers wait for it."""
        reserved = False
        try:
            await asyncio.wait([holding], timeout=self._wait_s)
            reserved = holding.done() and not holding.cancelled() and holding.exception() is None
        finally:
            if not reserved:
                holding.add_done_callback(lambda _: self._give_back_later(hold))
        if reserved:
            with suppress(StorageError):
                await self._asettled(_given_back(hold))

    def _give_back_later(self, hold: Hold) -> None:
        self._unsettled.put(_given_back(hold))

    def _planned(self, call: PlannedCall) -> tuple[Reservation, Hold]:
        now = self._now()
        shares: list[Share] = []
        for limit in self.limits:
            window = limit.window(now, request_id=call.request_id)
            whose = whose_of(limit, call.metadata)
            amount = call.tokens if limit.tokens is not None else call.cost
            if amount is None:
                raise unknown_price_error(call, limit)
            claim = Claim(
                counter=limit.counter(window, whose),
                amount=amount,
                ceiling=limit.ceiling,
                ttl_s=window.ttl_s,
            )
            shares.append(Share(limit=limit, window=window, whose=whose, claim=claim))
        reservation = Reservation(
            lease=uuid4().hex,
            shares=tuple(shares),
            held_until=time.monotonic() + self._lease_s,
        )
        claims = tuple(share.claim for share in shares)
        return reservation, Hold(lease=reservation.lease, claims=claims, lease_s=self._lease_s)

    def _check(self, call: PlannedCall, reservation: Reservation, refusal: Refusal | None) -> None:
        if refusal is not None:
            raise exceeded_error(call, reservation.shares[refusal.number], refusal)

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        """Apply `on_backend_error`."""
        try:
            yield
        except SpendLimitExceededError:
            raise
        except StorageError as error:
            if self._on_backend_error == "deny":
                raise StorageError(
                    f"spend limits cannot be held, so the call is not made: {error}; set"
                    ' on_backend_error="allow" for calls to go on without them'
                ) from error
            self._warn(error)

    def _settlement(
        self, reservation: Reservation, *, tokens: int | None, cost: int | None
    ) -> Settle:
        charges = []
        for share, amount in reservation.amounts(tokens=tokens, cost=cost):
            claim = share.claim
            if amount > claim.amount:
                _log.warning(
                    "a call was billed %s where %s was reserved; the limit %s counts it",
                    share.limit.shown(amount),
                    share.limit.shown(claim.amount),
                    share.limit,
                )
            charges.append(Charge(counter=claim.counter, amount=amount, ttl_s=claim.ttl_s))
        return Settle(lease=reservation.lease, charges=tuple(charges))

    async def _acatch_up(self) -> None:
        """Retry settlements that failed before."""
        for settle, held_until in self._unsettled.due():
            await self._asettled(settle, held_until)

    def _warn(self, error: StorageError) -> None:
        if not self._warned:
            _log.warning("spend limits are not held for now: %s", error)
        self._warned = True


def _given_back(hold: Hold) -> Settle:
    return Settle(lease=hold.lease, charges=())
