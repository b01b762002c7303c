"""Who makes the calls that are counted: the router, and what it stands beside.

All of them live in one event loop; each is a call without arguments that fails unless it
gets the whole answer.
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
"""Nobody gives up on a busy machine, where the router would ask its fallback instead."""
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
"""Contestant → its settings in words."""


def callers_at(concurrency: int, names: Iterable[str] = CALLERS) -> list[str]:
    """Who is measured with so many calls at a time.

    Beyond 64 those are left out that only put something before the stock model's call: what
    that costs does not depend on how many calls there are, and takes most of the time.
    """
    if concurrency <= _MOST_FOR_ALL:
        return list(names)
    return [name for name in names if name not in _BEFORE_STOCK]


@asynccontextmanager
async def callers(url: str, *, streamed: bool) -> AsyncIterator[dict[str, Call]]:
    """Everyone who can call from here.

    Args:
        url: The server.
        streamed: Whether they ask for streams.
    """
    # It imports openai, which takes its time.
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
