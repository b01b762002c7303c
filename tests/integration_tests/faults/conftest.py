"""One request under a fault: made in some way of calling, and everything seen of it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from langchain_smartroute import CostCallbackHandler, MemoryLedger, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

PRICE = {
    "input_usd_per_mtok": "2",
    "output_usd_per_mtok": "8",
    "source": "a test",
    "date": "2026-11-23",
}
KEY, OTHER_KEY = "key-of-all", "key-of-the-primary"


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


class Runs(BaseCallbackHandler):
    """The runs that have begun and not ended."""

    run_inline = True

    def __init__(self):
        self.begun = 0
        self.open = set()

    def _begins(self, *_, run_id, **__):
        self.begun += 1
        self.open.add(run_id)

    def _ends(self, *_, run_id, **__):
        self.open.discard(run_id)

    on_chain_start = on_chat_model_start = on_llm_start = _begins
    on_chain_end = on_chain_error = on_llm_end = on_llm_error = _ends


@dataclass(kw_only=True)
class Outcome:
    """What the caller got, what the provider saw, and what was noted of it."""

    message: AIMessage | None = None
    error: BaseException | None = None
    shown: list[AIMessageChunk] = field(default_factory=list)
    took_s: float = 0.0
    seen: dict[str, list[Any]] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    records: tuple[Any, ...] = ()
    own: tuple[Any, ...] = ()
    runs: Runs = field(default_factory=Runs)

    @property
    def attempts(self):
        """(model, outcome) of each attempt, from wherever the account stands."""
        if self.message is not None:
            told = self.message.response_metadata["smartroute"]["attempts"]
            return [(attempt["model"], attempt["outcome"]) for attempt in told]
        return [(a.model, a.outcome) for a in getattr(self.error, "attempts", ())]


def _streamed(chunks):
    whole, *rest = chunks
    for chunk in rest:
        whole += chunk
    return whole


async def _drained(stream, shown):
    async for chunk in stream:
        shown.append(chunk)
    return _streamed(shown)


def _invoke(runnable, request, config, shown):
    return runnable.invoke(request, config)


def _ainvoke(runnable, request, config, shown):
    return asyncio.run(runnable.ainvoke(request, config))


def _abatch(runnable, request, config, shown):
    (answer,) = asyncio.run(runnable.abatch([request], config))
    return answer


def _stream(runnable, request, config, shown):
    for chunk in runnable.stream(request, config):
        shown.append(chunk)
    return _streamed(shown)


def _astream(runnable, request, config, shown):
    return asyncio.run(_drained(runnable.astream(request, config), shown))


CALLS = {
    "invoke": _invoke,
    "ainvoke": _ainvoke,
    "abatch": _abatch,
    "stream": _stream,
    "astream": _astream,
}


class Playground:
    """A provider of two models, and routers between them."""

    def __init__(self, server, elsewhere):
        self.server = server
        self.elsewhere = elsewhere
        self._healthy = {}

    def healthy(self, request, *, tools=False):
        """The answer of a model that has no fault."""
        if (request, tools) not in self._healthy:
            model = ChatOpenAI(model="healthy", base_url=self.server.base_url, api_key=KEY)
            asked = model.bind_tools([get_weather]) if tools else model
            self._healthy[request, tools] = asked.invoke(request)
        return self._healthy[request, tools]

    def router(self, name, *, source="built", spec=None, fallback_spec=None, **settings):
        """A router from `primary` to `fallback`; their API names begin with `name`."""
        specs = {
            "primary": {"context_window": 8_000, "quality": {"general": 0.5}, **(spec or {})},
            "fallback": {
                "context_window": 128_000,
                "quality": {"general": 0.6},
                **(fallback_spec or {}),
            },
        }
        for alias, one in specs.items():
            one |= {"model": f"{name}/{alias}", "prices": [PRICE]}
        catalog = {"name": "faults", "models": specs, "default": "primary"}
        if source == "built":
            return SmartRouterRunnable.from_catalog(
                catalog=catalog, base_url=self.server.base_url, api_key=KEY, **settings
            )
        given = {alias: self._brought(one) for alias, one in specs.items()}
        return SmartRouterRunnable.from_catalog(catalog=catalog, models=given, **settings)

    def _brought(self, spec):
        return ChatOpenAI(
            model=spec["model"],
            base_url=spec.get("base_url", self.server.base_url),
            api_key=OTHER_KEY if "base_url" in spec else KEY,
            stream_usage=True,
        )

    def seen(self, model):
        """The requests that reached a model, oldest first."""
        return [request for request in self.server.requests if request.model == model]

    def play(self, row, way, source):
        """Play one row of the table in one way of calling."""
        call, _, policy = way.partition("/")
        name = f"{row.name}/{way}/{source}"
        for alias, fault in (("primary", row.primary), ("fallback", row.fallback)):
            made = fault(self) if callable(fault) else fault
            self.server.set_fault(f"{name}/{alias}", made)
        spec = {n: v(self) if callable(v) else v for n, v in row.spec.items()}
        settings = {"stream_policy": policy or "first_token", **row.settings}
        source, _, transport = source.partition("/")
        settings["transport"] = transport or "aiohttp"
        costs, out, own = CostCallbackHandler(), Outcome(), MemoryLedger()
        settings["ledger"] = own
        router = self.router(
            name, source=source, spec=spec, fallback_spec=dict(row.fallback_spec), **settings
        )
        runnable = router.bind_tools([get_weather]) if row.tools else router
        config = {"callbacks": [costs, out.runs]}
        began = time.monotonic()
        try:
            out.message = CALLS[call](runnable, row.request, config, out.shown)
        except Exception as error:  # noqa: BLE001 - which one is what the table says
            out.error = error
        out.took_s = time.monotonic() - began
        out.health, out.records, out.own = router.health(), costs.records, own.records()
        sent = [record.alias for record in out.records if record.alias not in row.unseen]
        for _ in range(600):
            out.seen = {alias: self.seen(f"{name}/{alias}") for alias in ("primary", "fallback")}
            if len(out.seen["primary"]) + len(out.seen["fallback"]) >= len(sent):
                break
            # Who gives up soon may do so before the server has read what was sent.
            time.sleep(0.05)
        return out


@pytest.fixture
def runs():
    return Runs()


@pytest.fixture(scope="package")
def playground():
    with pytest.MonkeyPatch.context() as patch, SandboxServer() as server:
        patch.setenv("FAULTS_OTHER_KEY", OTHER_KEY)
        with SandboxServer() as elsewhere:
            yield Playground(server, elsewhere)


def _at_once(row, ways):
    """Few where the primary's own limits are short, as all share one interpreter."""
    return 4 if "timeout_s" in row.spec or row.settings else len(ways)


@pytest.fixture(scope="package")
def played(playground):
    """All ways of calling under a row's fault, made at once, as most of it is waiting."""
    kept = {}

    def outcome(row, ways, way, source):
        if row.name not in kept:
            with ThreadPoolExecutor(max_workers=_at_once(row, ways)) as pool:
                made = {one: pool.submit(playground.play, row, *one) for one in ways}
            kept[row.name] = {one: future.result() for one, future in made.items()}
        return kept[row.name][way, source]

    return outcome
