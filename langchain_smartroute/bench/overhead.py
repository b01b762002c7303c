"""What the router adds to a call: CPU of this process, over a plain `ChatOpenAI`.

The server answers at once, in a process of its own. All contestants make the same call
round by round, in another order each time, with another question each round, so that
nothing that is remembered of a question counts. A figure is the median of the differences
to `ChatOpenAI` in the same round, with a 95 % interval by order statistics, which asks
nothing of how they are distributed.

`langchain_openai` is imported when the contestants are built.
"""

from __future__ import annotations

import asyncio
import gc
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableBranch

from langchain_smartroute.bench.instant_server import CHUNKS
from langchain_smartroute.bench.served import instant_server
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.runnable import SmartRouterRunnable

__all__ = ["PLAIN", "Added", "Way", "bench_decision", "bench_overhead"]

PLAIN = "ChatOpenAI"
"""What all are compared with."""

_KEY = "none"
_MODEL = "deepseek-chat"
_WARM_UP = 20
_TURNS = 40

Way = str
"""How a call is made: `invoke`, `ainvoke`, `stream` or `astream`."""

WAYS: tuple[Way, ...] = ("invoke", "ainvoke", "stream", "astream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What one contestant adds to a plain call.

    Attributes:
        name: The contestant.
        way: How the call was made.
        cpu_us: Median CPU of one call, in microseconds.
        added_us: Median of the differences to the plain call of the same round.
        low_us: Lower end of its 95 % interval.
        high_us: Upper end.
        ratio: Median CPU over that of the plain call.
        chunk_us: Of a stream, what is added for each chunk beyond what `invoke` adds.
        n: Rounds.
    """

    name: str
    way: Way
    cpu_us: float
    added_us: float
    low_us: float
    high_us: float
    ratio: float
    n: int
    chunk_us: float | None = None


def bench_overhead(rounds: int, *, seed: int = 0) -> list[Added]:
    """Measure every contestant in every way.

    Args:
        rounds: How often each makes its call.
        seed: Of the orders.
    """
    with instant_server() as url:
        contestants = _contestants(url)
        order = random.Random(seed)  # noqa: S311 - no secret
        spent = {way: _blocking(contestants, rounds, order, way) for way in ("invoke", "stream")}
        spent |= asyncio.run(_waiting(contestants, rounds, order))
    whole = {"stream": "invoke", "astream": "ainvoke"}
    found: list[Added] = []
    for way in WAYS:
        times = spent[way]
        before = {added.name: added.added_us for added in found if added.way == whole.get(way)}
        found += [_added(way, name, times, before.get(name)) for name in times]
    return found


def bench_decision(calls: int) -> dict[int, float]:
    """Messages of a history → median CPU of a decision on it, in microseconds."""
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", api_key=_KEY)
    found = {}
    for size in (1, _TURNS):
        history = _history(size - 1)
        chats = [[*history, HumanMessage(question)] for question in _questions(calls)]
        for chat in chats[:_WARM_UP]:
            router.explain(chat)
        found[size] = median(_cpu_us(partial(router.explain, chat)) for chat in chats)
    return found


def _contestants(url: str) -> dict[str, Runnable[Any, Any]]:
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - it takes two seconds

    def model() -> ChatOpenAI:
        # As a router builds its own: no retries, and usage also of streams.
        return ChatOpenAI(
            model=_MODEL, base_url=url, api_key=_KEY, max_retries=0, stream_usage=True
        )

    router: Any = SmartRouterRunnable.from_catalog(base_url=url, api_key=_KEY)
    many = len(Catalog.load("default").models)
    return {
        PLAIN: model(),
        f"{PLAIN} again": model(),
        "router": router,
        "with_fallbacks": model().with_fallbacks([model()]),
        "RunnableBranch, 1 branch": RunnableBranch((_never, model()), model()),
        f"RunnableBranch, {many} branches": RunnableBranch(
            *[(_never, model()) for _ in range(many)], model()
        ),
    }


def _never(_: Any) -> bool:
    return False


def _blocking(
    contestants: Mapping[str, Runnable[Any, Any]], rounds: int, order: random.Random, way: Way
) -> dict[str, list[float]]:
    def call(runnable: Runnable[Any, Any], question: str) -> None:
        if way == "invoke":
            runnable.invoke(question)
        else:
            for _ in runnable.stream(question):
                pass

    spent: dict[str, list[float]] = {name: [] for name in contestants}
    for question, names in _rounds(contestants, rounds, order):
        with _without_collections():
            for name in names:
                begun = time.process_time_ns()
                call(contestants[name], question)
                spent[name].append((time.process_time_ns() - begun) / 1_000)
    return _after_warm_up(spent)


async def _waiting(
    contestants: Mapping[str, Runnable[Any, Any]], rounds: int, order: random.Random
) -> dict[Way, dict[str, list[float]]]:
    async def call(runnable: Runnable[Any, Any], question: str, way: Way) -> None:
        if way == "ainvoke":
            await runnable.ainvoke(question)
        else:
            async for _ in runnable.astream(question):
                pass

    # Both ways in one event loop, as ChatOpenAI's client does not outlive its own.
    found = {}
    for way in ("ainvoke", "astream"):
        spent: dict[str, list[float]] = {name: [] for name in contestants}
        for question, names in _rounds(contestants, rounds, order):
            with _without_collections():
                for name in names:
                    begun = time.process_time_ns()
                    await call(contestants[name], question, way)
                    spent[name].append((time.process_time_ns() - begun) / 1_000)
        found[way] = _after_warm_up(spent)
    return found


def _rounds(
    names: Iterable[str], rounds: int, order: random.Random
) -> Iterator[tuple[str, list[str]]]:
    """The question of each round, and who is asked in which order."""
    for question in _questions(rounds + _WARM_UP):
        mixed = [*names]
        order.shuffle(mixed)
        yield question, mixed


def _after_warm_up(spent: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {name: times[_WARM_UP:] for name, times in spent.items()}


class _without_collections:  # noqa: N801 - used as contextlib's are
    """Collect garbage before rather than in the middle of what is measured."""

    def __enter__(self) -> None:
        gc.collect(1)
        gc.disable()

    def __exit__(self, *_: object) -> None:
        gc.enable()


def _added(
    way: Way, name: str, times: Mapping[str, Sequence[float]], of_whole: float | None
) -> Added:
    pairs = zip(times[name], times[PLAIN], strict=True)
    differences = sorted(mine - plain for mine, plain in pairs)
    n = len(differences)
    reach = math.ceil(0.98 * math.sqrt(n))
    middle = median(differences)
    return Added(
        name=name,
        way=way,
        cpu_us=median(times[name]),
        added_us=middle,
        low_us=differences[max(0, n // 2 - reach)],
        high_us=differences[min(n - 1, n // 2 + reach)],
        ratio=median(times[name]) / median(times[PLAIN]),
        n=n,
        chunk_us=None if of_whole is None else (middle - of_whole) / CHUNKS,
    )


def _questions(count: int) -> Iterator[str]:
    """Questions of about twenty tokens, each another one."""
    for number in range(count):
        yield f"Please tell me in a few words what the number {number} stands for in old stories."


def _history(size: int) -> list[BaseMessage]:
    pair: list[BaseMessage] = [
        HumanMessage("And how does the second offer compare with that one, over five years?"),
        AIMessage("It is dearer: the monthly fee is lower, but the deposit is not paid back."),
    ]
    return [pair[number % 2] for number in range(size)]


def _cpu_us(call: Callable[[], object]) -> float:
    begun = time.process_time_ns()
    call()
    return (time.process_time_ns() - begun) / 1_000
