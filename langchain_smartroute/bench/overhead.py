"""CPU time that the router adds to a call, compared with a plain `ChatOpenAI`.

The server answers at once, in another process. In each round all contestants make the same call
in random order, with a new question per round, so that caches of a question have no effect. Each
makes a call that is not measured just before, since most of them share the code of `ChatOpenAI`
and would find it in the processor's caches, where the others' would have been replaced by it. A
figure is the median of the differences to `ChatOpenAI` within a round, with a distribution-free
95 % interval by order statistics.
"""

from __future__ import annotations

import asyncio
import gc
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_smartroute.bench.beside import (
    PLAIN,
    SAME_CLIENT,
    SDK,
    SdkCalls,
    aclose,
    chat_model,
    langchains_own,
)
from langchain_smartroute.bench.instant_server import CHUNKS
from langchain_smartroute.bench.served import instant_server
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.classify import LinearClassifier, extract_features
from langchain_smartroute.execution.clients import chosen_transport
from langchain_smartroute.routing import RouteOptions, TablePolicy
from langchain_smartroute.runnable import SmartRouterRunnable
from langchain_smartroute.types import RoutingDecision

__all__ = ["PLAIN", "Added", "Way", "bench_decision", "bench_overhead"]

_KEY = "none"
_MODEL = "deepseek-chat"
_WARM_UP = 20
_TURNS = 40

Way = str
"""Method of a call: `invoke`, `ainvoke`, `stream` or `astream`."""

WAYS: tuple[Way, ...] = ("invoke", "ainvoke", "stream", "astream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """CPU time that one contestant adds to a plain call.

    Attributes:
        name: The contestant.
        way: Method of the call.
        cpu_us: Median CPU of one call, in microseconds.
        added_us: Median of the differences to the plain call of the same round.
        low_us: Lower end of its 95 % interval.
        high_us: Upper end of its 95 % interval.
        ratio: Ratio of median CPU to the plain call's.
        chunk_us: For streams, the overhead per chunk beyond that of `invoke`.
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


def bench_overhead(rounds: int, *, warm_up: int = 20, seed: int = 0) -> list[Added]:
    """Measure every contestant with every method.

    Args:
        rounds: Number of measured calls of each.
        warm_up: Number of calls before those.
        seed: Seed of the orders.
    """
    with instant_server() as url:
        order = random.Random(seed)  # noqa: S311 - no secret
        plan = _Plan(rounds=rounds, warm_up=warm_up, order=order)
        spent = _blocking(url, plan) | asyncio.run(_waiting(url, plan))
    whole = {"stream": "invoke", "astream": "ainvoke"}
    found: list[Added] = []
    for way in WAYS:
        times = spent[way]
        before = {added.name: added.added_us for added in found if added.way == whole.get(way)}
        found += [_added(way, name, times, before.get(name)) for name in times]
    return found


def bench_decision(calls: int) -> dict[str, float]:
    """Kind of request → median CPU of a decision, in microseconds.

    A decision extracts features, runs the shipped classifier and applies the policy; `explain`
    also reads the call's config, arguments, conversation and checks.
    """
    router = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", api_key=_KEY)
    policy, options = TablePolicy(), RouteOptions()
    classifier = LinearClassifier().load()

    def decide(chat: list[BaseMessage]) -> RoutingDecision:
        features = extract_features(chat, classifier=classifier)
        return policy.decide(features, options, decision_id="bench")

    return {
        "1 message of 20 tokens": _median_us(decide, 1, calls),
        f"{_TURNS} messages": _median_us(decide, _TURNS, calls),
        "explain(), 1 message": _median_us(router.explain, 1, calls),
        f"explain(), {_TURNS} messages": _median_us(router.explain, _TURNS, calls),
    }


def _median_us(decide: Callable[[Any], RoutingDecision], messages: int, calls: int) -> float:
    history = _history(messages - 1)
    chats = [[*history, HumanMessage(question)] for question in _questions(calls)]
    for chat in chats[:_WARM_UP]:
        decide(chat)
    return median(_cpu_us(partial(decide, chat)) for chat in chats)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Number and order of the calls."""

    rounds: int
    warm_up: int
    order: random.Random

    def turns(self, names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Yield contestants with two questions, of which only the second call is measured.

        Garbage collection is turned off meanwhile.
        """
        questions = _questions(2 * (self.warm_up + self.rounds))
        for before, question in zip(questions, questions, strict=True):
            mixed = [*names]
            self.order.shuffle(mixed)
            with _without_collections():
                for name in mixed:
                    yield name, before, question

    def counted(self, spent: Mapping[str, list[float]]) -> dict[str, list[float]]:
        """The measurements after the warm-up."""
        return {name: times[self.warm_up :] for name, times in spent.items()}


def _contestants(url: str, sdk: SdkCalls, clients: Mapping[str, Any]) -> dict[str, Any]:
    def model(**settings: Any) -> Any:
        return chat_model(_MODEL, url, **settings)

    return {
        PLAIN: model(),
        f"{PLAIN} again": model(),
        SAME_CLIENT: model(**clients),
        SDK: sdk,
        "router": SmartRouterRunnable.from_catalog(base_url=url, api_key=_KEY),
        **langchains_own(model, branches=len(Catalog.load("default").models)),
    }


def _blocking(url: str, plan: _Plan) -> dict[Way, dict[str, list[float]]]:
    # This module imports openai, which is slow.
    from langchain_smartroute.execution.transport import blocking_client  # noqa: PLC0415

    def call(asked: Any, question: str, way: Way) -> None:
        if way == "invoke":
            asked.invoke(question)
        else:
            for _ in asked.stream(question):
                pass

    found = {}
    with closing(SdkCalls(_MODEL, url)) as sdk:
        contestants = _contestants(url, sdk, {"http_client": blocking_client()})
        for way in ("invoke", "stream"):
            spent: dict[str, list[float]] = {name: [] for name in contestants}
            for name, before, question in plan.turns(contestants):
                call(contestants[name], before, way)
                begun = time.process_time_ns()
                call(contestants[name], question, way)
                spent[name].append((time.process_time_ns() - begun) / 1_000)
            found[way] = plan.counted(spent)
    return found


async def _waiting(url: str, plan: _Plan) -> dict[Way, dict[str, list[float]]]:
    async def call(asked: Any, question: str, way: Way) -> None:
        if way == "ainvoke":
            await asked.ainvoke(question)
        else:
            async for _ in asked.astream(question):
                pass

    # Both methods run in one event loop, as ChatOpenAI's client cannot be used in a second one.
    found = {}
    async with _waiting_contestants(url) as contestants:
        for way in ("ainvoke", "astream"):
            spent: dict[str, list[float]] = {name: [] for name in contestants}
            for name, before, question in plan.turns(contestants):
                await call(contestants[name], before, way)
                begun = time.process_time_ns()
                await call(contestants[name], question, way)
                spent[name].append((time.process_time_ns() - begun) / 1_000)
            found[way] = plan.counted(spent)
    return found


@asynccontextmanager
async def _waiting_contestants(url: str) -> AsyncIterator[dict[str, Any]]:
    # This module imports openai, which is slow.
    from langchain_smartroute.execution.transport import async_client  # noqa: PLC0415

    sdk = SdkCalls(_MODEL, url)
    client = async_client(asyncio.get_running_loop(), chosen_transport("auto"))
    contestants = _contestants(url, sdk, {"http_async_client": client})
    try:
        yield contestants
    finally:
        await sdk.aclose()
        await aclose(contestants[PLAIN])


class _without_collections:  # noqa: N801 - used as contextlib's are
    """Collect garbage before the measurement instead of during it."""

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
    """Different questions of about twenty tokens each."""
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
