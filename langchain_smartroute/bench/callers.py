"""The contestants of the throughput benchmark: the router and what it is compared with.

All of them run in one event loop. Each is a function without arguments that makes a call and
fails unless it gets the complete answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from langchain_smartroute.bench.beside import PLAIN as STOCK
from langchain_smartroute.bench.beside import (
    SAME_CLIENT,
    SDK,
    SdkCalls,
    aclose,
    chat_model,
    langchains_own,
)
from langchain_smartroute.bench.contestants import bench_router
from langchain_smartroute.bench.instant_server import TEXT
from langchain_smartroute.execution.clients import chosen_transport

__all__ = ["CALLERS", "Call", "callers", "callers_at"]

_PROMPT = "Translate to German: good morning"
_MODEL = "instant"
_BRANCHES = 8
_PATIENCE_S = 120
"""Seconds that a call may take: so many that none times out, even on a busy machine."""
_MOST_FOR_ALL = 64
_BEFORE_STOCK = (
    "with_fallbacks",
    "RunnableBranch, 1 branch",
    f"RunnableBranch, {_BRANCHES} branches",
)

Call = Callable[[], Awaitable[None]]

CALLERS: Mapping[str, str] = {
    SDK: "AsyncOpenAI with default settings, no LangChain",
    STOCK: "ChatOpenAI with max_retries=0",
    SAME_CLIENT: "the same with the router's HTTP client as http_async_client",
    "with_fallbacks": "the stock ChatOpenAI with a second one as its fallback",
    "RunnableBranch, 1 branch": "two of them, the second where a condition does not hold",
    f"RunnableBranch, {_BRANCHES} branches": "nine, the last where no condition holds",
    "router, httpx": 'the router with a fallback, transport="httpx"',
    "router, aiohttp": 'the router with a fallback, transport="aiohttp" (extra fast)',
}
"""Contestant → description of its settings."""


def callers_at(concurrency: int, names: Iterable[str] = CALLERS) -> list[str]:
    """The contestants measured at a level of concurrency.

    Above 64 calls, wrappers of the stock model are left out: their overhead does not depend on
    concurrency, and measuring them would take most of the time.
    """
    if concurrency <= _MOST_FOR_ALL:
        return list(names)
    return [name for name in names if name not in _BEFORE_STOCK]


@asynccontextmanager
async def callers(url: str, *, streamed: bool) -> AsyncIterator[dict[str, Call]]:
    """All contestants, ready to call in this event loop.

    Args:
        url: Base URL of the server.
        streamed: Whether they request streams.
    """
    # This module imports openai, which is slow.
    from langchain_smartroute.execution.transport import async_client  # noqa: PLC0415

    def stock(**settings: Any) -> Any:
        return chat_model(_MODEL, url, **settings)

    fast = chosen_transport("auto")
    sdk = SdkCalls(_MODEL, url)
    models = {
        SDK: sdk,
        STOCK: stock(),
        SAME_CLIENT: stock(http_async_client=async_client(asyncio.get_running_loop(), fast)),
        **langchains_own(stock, branches=_BRANCHES),
    }
    for transport in ("httpx", "aiohttp")[: 2 if fast == "aiohttp" else 1]:
        models[f"router, {transport}"] = bench_router(
            {"primary": _MODEL, "fallback": "other"},
            base_url=url,
            transport=transport,
            connect_timeout_s=_PATIENCE_S,
            first_token_timeout_s=_PATIENCE_S,
        )
    try:
        yield {name: _call_of(model, streamed=streamed) for name, model in models.items()}
    finally:
        await sdk.aclose()
        await aclose(models[STOCK])


def _call_of(model: Any, *, streamed: bool) -> Call:
    async def whole() -> None:
        _expect(_text(await model.ainvoke(_PROMPT)))

    async def in_pieces() -> None:
        _expect("".join([_text(piece) async for piece in model.astream(_PROMPT)]))

    return in_pieces if streamed else whole


def _text(said: Any) -> str:
    return said if isinstance(said, str) else str(said.text)


def _expect(text: str) -> None:
    if text != TEXT:
        raise RuntimeError("a contestant did not give the whole answer, so its speed says nothing")
