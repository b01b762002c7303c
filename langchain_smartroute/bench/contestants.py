"""The contestants of the score card: LangChain's own fallbacks, and the router.

`langchain_openai` is imported when the first contestant is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from langchain_core.runnables import Runnable

from langchain_smartroute.bench.timings import Timings
from langchain_smartroute.catalog import ModelSpec, Price
from langchain_smartroute.runnable import SmartRouterRunnable
from langchain_smartroute.types import StreamPolicy

__all__ = ["CONTESTANTS", "Contestant", "bench_router"]

Way = Literal["astream", "ainvoke"]
Build = Callable[[str, str, str, Timings], Runnable[Any, Any]]

_KEY = "sandbox"
_WINDOW = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One column of the card.

    Attributes:
        name: Heading of its column.
        way: Method to call, `astream` or `ainvoke`.
        build: Builds it from the names of primary and fallback, the base URL and the timings.
        ours: Whether it is the router.
        shows_early: Whether its caller receives text before the answer is complete.
        settings: Description of its settings.
    """

    name: str
    way: Way
    build: Build
    ours: bool
    shows_early: bool
    settings: str


def bench_router(models: Mapping[str, str], *, base_url: str, **settings: Any) -> Any:
    """Build a router over models of the sandbox; later ones have larger windows.

    Args:
        models: Alias → the server's name, in the order in which they are tried.
        base_url: The sandbox.
        **settings: Any attribute of the router.
    """
    names = list(models)
    specs = {
        alias: ModelSpec(
            alias=alias,
            model=models[alias],
            context_window=_WINDOW * (position + 1),
            prices=(_price(position + 1),),
        )
        for position, alias in enumerate(names)
    }
    return SmartRouterRunnable.from_models(
        specs,
        fallbacks={alias: names[position + 1 :] for position, alias in enumerate(names[:-1])},
        base_url=base_url,
        api_key=_KEY,
        **settings,
    )


def _price(factor: int) -> Price:
    return Price(
        input_usd_per_mtok=Decimal(factor),
        output_usd_per_mtok=Decimal(4 * factor),
        source="made up for the benchmark",
        date=date(2026, 11, 27),
    )


def _router(stream_policy: StreamPolicy, *, whole: bool = False) -> Build:
    def build(primary: str, fallback: str, base_url: str, timings: Timings) -> Runnable[Any, Any]:
        limit = {"timeout_s": timings.timeout_s} if whole else {}
        router: Runnable[Any, Any] = bench_router(
            {"primary": primary, "fallback": fallback},
            base_url=base_url,
            stream_policy=stream_policy,
            first_token_timeout_s=timings.first_token_timeout_s,
            idle_timeout_s=timings.idle_timeout_s,
            breaker={"open_s": timings.breaker_open_s},
            **limit,
        )
        return router

    return build


def _stock(*, careful: bool) -> Build:
    def build(primary: str, fallback: str, base_url: str, timings: Timings) -> Runnable[Any, Any]:
        from langchain_openai import ChatOpenAI  # noqa: PLC0415 - it takes two seconds

        # Without it, only streams from OpenAI itself report usage.
        settings: dict[str, Any] = {"stream_usage": True}
        if careful:
            settings |= {"max_retries": 0, "timeout": timings.timeout_s}
        first, second = (
            ChatOpenAI(model=name, base_url=base_url, api_key=_KEY, **settings)
            for name in (primary, fallback)
        )
        return first.with_fallbacks([second])

    return build


_LIMITS = "the timings' limits, else defaults"

CONTESTANTS: tuple[Contestant, ...] = (
    Contestant(
        name="with_fallbacks",
        way="astream",
        build=_stock(careful=False),
        ours=False,
        shows_early=True,
        settings="ChatOpenAI's with_fallbacks, default settings but stream_usage=True, astream",
    ),
    Contestant(
        name="careful",
        way="astream",
        build=_stock(careful=True),
        ours=False,
        shows_early=True,
        settings="the same with max_retries=0 and a timeout, as a careful user sets them",
    ),
    Contestant(
        name="buffer",
        way="astream",
        build=_router("buffer"),
        ours=True,
        shows_early=False,
        settings=f'the router with stream_policy="buffer", {_LIMITS}, astream',
    ),
    Contestant(
        name="first_token",
        way="astream",
        build=_router("first_token"),
        ours=True,
        shows_early=True,
        settings=f'the router with stream_policy="first_token", {_LIMITS}, astream',
    ),
    Contestant(
        name="ainvoke",
        way="ainvoke",
        build=_router("first_token", whole=True),
        ours=True,
        shows_early=False,
        settings=f"the router with timeout_s, {_LIMITS}, ainvoke",
    ),
)
