"""Throughput: asynchronous calls per second, compared with LangChain's own classes.

The server answers at once, in another process, so that the client is measured. All contestants
run in one process and one event loop. Rounds are interleaved and the order within a round
rotates, so that temporary load affects all of them; ratios are taken within a round.

A round of one contestant has just enough calls to keep all connections busy: a stock
`ChatOpenAI` needs 3 ms of CPU for a plain answer and 10 ms for a streamed one, and half as much
again at 512 concurrent calls, where its client keeps only 100 connections, opens most of them
anew, and scans all of them for each call.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from langchain_smartroute.bench.beside import PLAIN as STOCK
from langchain_smartroute.bench.beside import SAME_CLIENT
from langchain_smartroute.bench.callers import CALLERS, Call, callers, callers_at
from langchain_smartroute.bench.served import instant_server

__all__ = [
    "CONCURRENCIES",
    "Measured",
    "Row",
    "ThroughputReport",
    "calls_of",
    "run_throughput",
]

CONCURRENCIES = (1, 64, 512)
"""Levels of concurrency."""

_ALONE, _WHOLE, _STREAMED = 64, 256, 128
"""Calls per round: sequential; concurrent plain; concurrent streamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One contestant in one round.

    Attributes:
        per_s: Calls per second.
        cpu_ms: CPU time of the client's process per call, in milliseconds.
    """

    per_s: float
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contestant at one concurrency.

    Attributes:
        contestant: Its name.
        concurrency: Number of concurrent calls.
        calls: Calls per round.
        rounds: Measurements, one per round.
        to_stock: Ratio of calls per second to the stock `ChatOpenAI`'s in the same round.
        to_same_client: The same ratio to a `ChatOpenAI` with the router's client.
        cpu_to_stock: Ratio of calls per second of client CPU to the stock `ChatOpenAI`'s: the
            same on an idle machine, and less noisy on a busy one.
        cpu_to_same_client: The same ratio to a `ChatOpenAI` with the router's client.
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
        """Median of calls per second."""
        return median(one.per_s for one in self.rounds)

    @property
    def cpu_ms(self) -> float:
        """Median CPU time per call, in milliseconds."""
        return median(one.cpu_ms for one in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputReport:
    """Results of the benchmark.

    Attributes:
        streamed: Whether answers were streamed, in sixty chunks.
        rows: One per contestant and level of concurrency.
    """

    streamed: bool
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """All figures as JSON values."""
        return {
            "what": "throughput",
            "streamed": self.streamed,
            "contestants": dict(CALLERS),
            "rows": [
                {**asdict(row), "per_s": row.per_s, "cpu_ms": row.cpu_ms} for row in self.rows
            ],
        }


def run_throughput(
    *,
    concurrencies: Sequence[int] = CONCURRENCIES,
    rounds: int = 5,
    streamed: bool = False,
    calls: int | None = None,
    on_round: Callable[[], None] = lambda: None,
) -> ThroughputReport:
    """Measure all contestants.

    Args:
        concurrencies: Levels of concurrency.
        rounds: Number of measurements of each contestant at each level.
        streamed: Whether answers are streamed.
        calls: Calls of a contestant per round; `None`: chosen by concurrency.
        on_round: Called after each contestant's measurement in a round.
    """
    loads = {many: calls or calls_of(many, streamed=streamed) for many in concurrencies}
    with instant_server() as url:
        rows = asyncio.run(_all_rows(url, loads, rounds, streamed=streamed, on_round=on_round))
    return ThroughputReport(streamed=streamed, rows=tuple(rows))


async def _all_rows(
    url: str,
    loads: Mapping[int, int],
    rounds: int,
    *,
    streamed: bool,
    on_round: Callable[[], None],
) -> list[Row]:
    async with callers(url, streamed=streamed) as contestants:
        rows: list[Row] = []
        for concurrency, calls in loads.items():
            names = callers_at(concurrency, contestants)
            found: dict[str, list[Measured]] = {name: [] for name in names}
            for number in range(rounds + 1):
                for name in _turned(names, number):
                    measured = await _measured(contestants[name], calls, concurrency)
                    # The first round opens connections and fills caches.
                    if number:
                        found[name].append(measured)
                    on_round()
            rows += [_row(name, concurrency, calls, found) for name in found]
    return rows


def calls_of(concurrency: int, *, streamed: bool) -> int:
    """Number of calls in a round: a few per connection, unless there are hundreds."""
    if concurrency == 1:
        return _ALONE
    return max(concurrency, _STREAMED if streamed else _WHOLE)


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
