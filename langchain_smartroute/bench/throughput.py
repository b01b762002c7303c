"""How many asynchronous calls a second come through, beside what LangChain ships.

The server answers at once, in a process of its own, so that what is measured is the
client. All contestants run in one process and one event loop. Rounds are interleaved and
the order within a round moves on, so that a machine that is busy for a while slows all of
them; ratios are taken within a round.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from langchain_smartroute.bench.contestants import bench_router
from langchain_smartroute.bench.instant_server import TEXT
from langchain_smartroute.bench.served import instant_server
from langchain_smartroute.execution.clients import chosen_transport

__all__ = ["CONTESTANTS", "Measured", "Row", "ThroughputReport", "calls_of", "run_throughput"]

STOCK = "ChatOpenAI"
SAME_CLIENT = "ChatOpenAI, the router's client"
_PROMPT = "Translate to German: good morning"
_KEY = "sandbox"
_LEAST_CALLS = 64

CONTESTANTS: Mapping[str, str] = {
    "openai SDK": "AsyncOpenAI with default settings, no LangChain",
    STOCK: "ChatOpenAI with max_retries=0",
    SAME_CLIENT: "the same with the router's HTTP client as http_async_client",
    "with_fallbacks": "the stock ChatOpenAI with a second one as its fallback",
    "router, httpx": 'the router with a fallback, transport="httpx"',
    "router, aiohttp": 'the router with a fallback, transport="aiohttp" (extra fast)',
}
"""Contestant → its settings in words."""

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One contestant in one round.

    Attributes:
        per_s: Calls a second.
        cpu_ms: CPU of the client's process for one call, in milliseconds.
    """

    per_s: float
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contestant at one concurrency.

    Attributes:
        contestant: Its name.
        concurrency: Calls at a time.
        calls: Calls of a round.
        rounds: What was measured, round by round.
        to_stock: Calls a second over those of the stock `ChatOpenAI` in the same round.
        to_same_client: The same over those of a `ChatOpenAI` with the router's client.
        cpu_to_stock: Calls for each second of the client's CPU over those of the stock
            `ChatOpenAI`: the same on an idle machine, and steadier on a busy one.
        cpu_to_same_client: The same over those of a `ChatOpenAI` with the router's client.
    """

    contestant: str
    concurrency: int
    calls: int
    rounds: tuple[Measured, ...]
    to_stock: tuple[float, ...]
    to_same_client: tuple[float, ...]
    cpu_to_stock: tuple[float, ...]
    cpu_to_same_client: tuple[float, ...]

    @property
    def per_s(self) -> float:
        """The median of its calls a second."""
        return median(one.per_s for one in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """The median of its CPU for a call, in milliseconds."""
        return median(one.cpu_ms for one in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputReport:
    """What a run of the benchmark found.

    Attributes:
        streamed: Whether answers were streamed, in sixty pieces.
        rows: Contestants at each concurrency.
    """

    streamed: bool
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """All figures as JSON values."""
        return {
            "what": "throughput",
            "streamed": self.streamed,
            "contestants": dict(CONTESTANTS),
            "rows": [
                {**asdict(row), "per_s": row.per_s, "cpu_ms": row.cpu_ms} for row in self.rows
            ],
        }


def run_throughput(
    *,
    concurrencies: Sequence[int] = (1, 64, 512),
    rounds: int = 5,
    streamed: bool = False,
    on_round: Callable[[], None] = lambda: None,
) -> ThroughputReport:
    """Measure all contestants.

    Args:
        concurrencies: How many calls at a time.
        rounds: How often each contestant is measured at each of them.
        streamed: Whether answers are streamed.
        on_round: Called after each contestant's turn in a round.
    """
    with instant_server() as url:
        rows = asyncio.run(
            _all_rows(url, tuple(concurrencies), rounds, streamed=streamed, on_round=on_round)
        )
    return ThroughputReport(streamed=streamed, rows=tuple(rows))


async def _all_rows(
    url: str,
    concurrencies: Sequence[int],
    rounds: int,
    *,
    streamed: bool,
    on_round: Callable[[], None],
) -> list[Row]:
    async with _contestants(url, streamed=streamed) as contestants:
        rows: list[Row] = []
        for concurrency in concurrencies:
            calls = calls_of(concurrency)
            found: dict[str, list[Measured]] = {name: [] for name in contestants}
            for number in range(rounds + 1):
                for name in _turned(list(contestants), number):
                    measured = await _measured(contestants[name], calls, concurrency)
                    # The first round opens connections and fills caches.
                    if number:
                        found[name].append(measured)
                    on_round()
            rows += [_row(name, concurrency, calls, found) for name in found]
    return rows


def calls_of(concurrency: int) -> int:
    """How many calls a round has: each connection is used more than once."""
    return max(_LEAST_CALLS, 4 * concurrency if concurrency <= _LEAST_CALLS else 2 * concurrency)


def _turned(names: list[str], number: int) -> list[str]:
    first = number % len(names)
    return names[first:] + names[:first]


def _row(name: str, concurrency: int, calls: int, found: Mapping[str, list[Measured]]) -> Row:
    def ratios(other: str, speed: Callable[[Measured], float]) -> tuple[float, ...]:
        pairs = zip(found[name], found.get(other, ()), strict=False)
        return tuple(speed(mine) / speed(its) for mine, its in pairs)

    return Row(
        contestant=name,
        concurrency=concurrency,
        calls=calls,
        rounds=tuple(found[name]),
        to_stock=ratios(STOCK, _by_time),
        to_same_client=ratios(SAME_CLIENT, _by_time),
        cpu_to_stock=ratios(STOCK, _by_cpu),
        cpu_to_same_client=ratios(SAME_CLIENT, _by_cpu),
    )


def _by_time(measured: Measured) -> float:
    return measured.per_s


def _by_cpu(measured: Measured) -> float:
    return 1 / measured.cpu_ms


async def _measured(call: Call, calls: int, concurrency: int) -> Measured:
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    gc.collect()
    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    return Measured(per_s=calls / took, cpu_ms=1000 * cpu / calls)


@asynccontextmanager
async def _contestants(url: str, *, streamed: bool) -> AsyncIterator[dict[str, Call]]:
    """Every contestant that can run here, as a call without arguments."""
    # Both take their time to import.
    from langchain_openai import ChatOpenAI  # noqa: PLC0415
    from openai import AsyncOpenAI  # noqa: PLC0415

    from langchain_smartroute.execution.transport import async_client  # noqa: PLC0415

    common: dict[str, Any] = {"base_url": url, "api_key": _KEY, "max_retries": 0}
    chat = {"model": "instant", "stream_usage": True, **common}
    fast = chosen_transport("auto")
    own = async_client(asyncio.get_running_loop(), fast)
    stock = ChatOpenAI(**chat)
    models = {
        STOCK: stock,
        SAME_CLIENT: ChatOpenAI(**chat, http_async_client=own),
        "with_fallbacks": stock.with_fallbacks([ChatOpenAI(**chat)]),
    }
    for transport in ("httpx", "aiohttp")[: 2 if fast == "aiohttp" else 1]:
        models[f"router, {transport}"] = bench_router(
            {"primary": "instant", "fallback": "other"}, base_url=url, transport=transport
        )
    async with AsyncOpenAI(**common) as client:
        named = {name: _call_of(model, streamed=streamed) for name, model in models.items()}
        yield {"openai SDK": _call_of_client(client, streamed=streamed), **named}


def _call_of(model: Any, *, streamed: bool) -> Call:
    async def whole() -> None:
        _expect((await model.ainvoke(_PROMPT)).content)

    async def in_pieces() -> None:
        _expect("".join([chunk.text async for chunk in model.astream(_PROMPT)]))

    return in_pieces if streamed else whole


def _call_of_client(client: Any, *, streamed: bool) -> Call:
    asked = {"model": "instant", "messages": [{"role": "user", "content": _PROMPT}]}

    async def whole() -> None:
        answer = await client.chat.completions.create(**asked)
        _expect(answer.choices[0].message.content)

    async def in_pieces() -> None:
        stream = await client.chat.completions.create(
            **asked, stream=True, stream_options={"include_usage": True}
        )
        texts = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        _expect("".join(texts))

    return in_pieces if streamed else whole


def _expect(text: str) -> None:
    if text != TEXT:
        raise RuntimeError("a contestant did not give the whole answer, so its speed says nothing")
