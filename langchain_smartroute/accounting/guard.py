"""Holds a candidate to spend limits: reserves before each call, settles after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config

from langchain_smartroute.accounting.bounds import cost_bound, input_bound
from langchain_smartroute.accounting.limits import StandIn
from langchain_smartroute.accounting.meter import Meter
from langchain_smartroute.accounting.reservation import PlannedCall
from langchain_smartroute.accounting.spending import Spending
from langchain_smartroute.catalog import answer_room, drop_unbounded_rooms
from langchain_smartroute.errors import SpendLimitExceededError
from langchain_smartroute.tracing import request_of

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec, Price

__all__ = ["Guard", "GuardedCandidate"]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Spend limits for one candidate's calls in one request.

    Attributes:
        spending: Reserves and settles.
        spec: The candidate.
        price: Its price at the time of the request.
        room: Maximum output tokens of calls that name none, as set on the model or the router;
            `None`: as the limits assume.
        extra_tokens: Upper bound of the tokens of tools and schema.
        sets_room: Whether calls accept maximum output tokens as an argument.
        stand_in: Chooses the candidate to call instead; `None`: none.
        is_late: Whether the current call has timed out.
        has_begun: Whether its server has begun to answer.
    """

    spending: Spending
    spec: ModelSpec
    price: Price | None
    room: int | None = None
    extra_tokens: int = 0
    sets_room: bool = True
    stand_in: StandIn | None = None
    is_late: Callable[[], bool] = _never
    has_begun: Callable[[], bool] = _never

    def planned(
        self, messages: Any, config: RunnableConfig, arguments: dict[str, Any]
    ) -> PlannedCall:
        """Plan a call, with its upper bounds.

        Args:
            messages: The messages to send.
            config: The call's config, whose metadata identify the caller.
            arguments: The call's arguments; maximum output tokens are added if missing, as
                what is not sent is not kept to.
        """
        room = answer_room(arguments)
        drop_unbounded_rooms(arguments)
        if room is None:
            longest = self.spec.max_output_tokens or self.spending.answer_room_tokens
            room = self.room or min(self.spending.answer_room_tokens, longest)
            if self.sets_room:
                arguments["max_tokens"] = room
        prompt_tokens = input_bound(messages, self.spec, extra_tokens=self.extra_tokens)
        cost = None
        if self.price is not None:
            cost = cost_bound(
                self.price,
                input_tokens=prompt_tokens,
                output_tokens=room,
                service_tier=arguments.get("service_tier"),
            )
        metadata = config.get("metadata") or {}
        return PlannedCall(
            alias=self.spec.alias,
            request_id=request_of(metadata) or "",
            metadata=metadata,
            tokens=prompt_tokens + room,
            cost=cost,
        )

    def refused(self, error: SpendLimitExceededError) -> None:
        """Add the candidate to call instead to a limit's error."""
        named = self.stand_in(error) if self.stand_in is not None else None
        error.stand_in = None if named == self.spec.alias else named


class GuardedCandidate(Runnable[Any, Any]):
    """A candidate that is called only if every limit allows it."""

    def __init__(self, inner: Runnable[Any, Any], guard: Guard) -> None:
        self.name = inner.name
        self._inner = inner
        self._guard = guard

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Reserve, call, settle."""
        with self._held(input, config, kwargs) as metered:
            return self._inner.invoke(input, metered, **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Reserve, call, settle."""
        async with self._aheld(input, config, kwargs) as metered:
            return await self._inner.ainvoke(input, metered, **kwargs)

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Reserve, stream, settle, also if the stream is closed early."""
        with self._held(input, config, kwargs) as metered:
            source: Any = self._inner.stream(input, metered, **kwargs)
            with closing(source):
                yield from source

    async def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Reserve, stream, settle, also if the stream is closed early."""
        async with self._aheld(input, config, kwargs) as metered:
            source: Any = self._inner.astream(input, metered, **kwargs)
            async with aclosing(source):
                async for chunk in source:
                    yield chunk

    @contextmanager
    def _held(
        self, messages: Any, config: RunnableConfig | None, arguments: dict[str, Any]
    ) -> Iterator[RunnableConfig]:
        spending, meter, metered = self._metered(config)
        with self._named():
            reservation = spending.reserve(self._guard.planned(messages, metered, arguments))
        try:
            yield metered
        finally:
            tokens, cost = self._total(meter)
            spending.settle(reservation, tokens=tokens, cost=cost)

    @asynccontextmanager
    async def _aheld(
        self, messages: Any, config: RunnableConfig | None, arguments: dict[str, Any]
    ) -> AsyncIterator[RunnableConfig]:
        spending, meter, metered = self._metered(config)
        with self._named():
            reservation = await spending.areserve(self._guard.planned(messages, metered, arguments))
        try:
            yield metered
        finally:
            tokens, cost = self._total(meter)
            await spending.asettle(reservation, tokens=tokens, cost=cost)

    def _total(self, meter: Meter) -> tuple[int | None, int | None]:
        return meter.total(late=self._guard.is_late(), begun=self._guard.has_begun())

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except SpendLimitExceededError as error:
            self._guard.refused(error)
            raise

    def _metered(self, config: RunnableConfig | None) -> tuple[Spending, Meter, RunnableConfig]:
        """The config with a meter added to its callbacks."""
        metered = ensure_config(config)
        meter = Meter(self._guard.spec.alias, self._guard.price)
        found = metered.get("callbacks")
        if isinstance(found, BaseCallbackManager):
            manager = found.copy()
            manager.add_handler(meter, inherit=True)
            metered["callbacks"] = manager
        else:
            metered["callbacks"] = [*(found or []), meter]
        return self._guard.spending, meter, metered
