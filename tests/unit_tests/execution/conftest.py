"""Scripted candidates, chains of them, the four ways to call, and a handler that watches."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hand_clock import Clock
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import ensure_config
from pydantic import PrivateAttr

from langchain_smartroute import ModelSpec, RoutingDecision
from langchain_smartroute.execution import Link, RoutedChain
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

USAGE = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}


class Scripted(BaseChatModel):
    """Says its texts, one chunk each, after an empty role delta; then fails if told to."""

    texts: tuple[str, ...] = ()
    error: Exception | None = None
    usage: dict[str, Any] | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    hangs: bool = False

    _asked: list[Any] = PrivateAttr(default_factory=list)
    _hanging: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)

    @property
    def _llm_type(self):
        return "scripted"

    @property
    def asked(self):
        """The messages of every call."""
        return self._asked

    @property
    def hanging(self):
        """Set as soon as a call hangs."""
        return self._hanging

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self._asked.append(messages)
        if self.error is not None:
            raise self.error
        message = AIMessage(
            "".join(self.texts), usage_metadata=self.usage, tool_calls=list(self.tool_calls)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        if self.hangs:
            self._hanging.set()
            await asyncio.sleep(60)
        return self._generate(messages)

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self._asked.append(messages)
        yield ChatGenerationChunk(message=AIMessageChunk(""))
        for text in self.texts:
            yield ChatGenerationChunk(message=AIMessageChunk(text))
        if self.error is not None:
            raise self.error
        for number, call in enumerate(self.tool_calls):
            piece = {"name": call["name"], "args": "{}", "id": call["id"], "index": number}
            yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=[piece]))
        if self.usage is not None:
            yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=self.usage))

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        if self.hangs:
            self._hanging.set()
            await asyncio.sleep(60)
        for chunk in self._stream(messages):
            yield chunk


class Unstreamed(Scripted):
    """A model that has no stream of its own."""

    _stream = BaseChatModel._stream
    _astream = BaseChatModel._astream


@pytest.fixture
def scripted():
    """Make a scripted model from its texts."""

    def make(*texts, kind=Scripted, **script):
        return kind(texts=texts, **script)

    return make


@pytest.fixture
def unstreamed():
    return lambda *texts, **script: Unstreamed(texts=texts, **script)


PRICE = {
    "input_usd_per_mtok": "2",
    "output_usd_per_mtok": "8",
    "source": "a test",
    "date": "2026-11-23",
}


@pytest.fixture
def chain_of():
    """Make a chain; the candidates are called `a`, `b`, `c`, … in order.

    `each` holds further fields of every link, `settings` further arguments of the chain.
    """

    def make(*runnables, windows=None, endpoints=None, priced=True, each=None, **settings):
        aliases = "abcdefgh"[: len(runnables)]
        links = tuple(
            Link(
                spec=ModelSpec(
                    alias=alias,
                    context_window=windows[at] if windows else None,
                    prices=[PRICE] if priced else [],
                ),
                runnable=runnable,
                endpoint=endpoints[at] if endpoints else alias,
                **(each or {}),
            )
            for at, (alias, runnable) in enumerate(zip(aliases, runnables, strict=True))
        )
        decision = RoutingDecision(
            id="decision-1",
            model="a",
            chain=tuple(aliases),
            task="code",
            difficulty="hard",
            tier="quality",
            reason="code in tier quality of the routing table",
            policy="table/1",
        )
        return RoutedChain.of(links, decision=decision, input_tokens=70, name="chain", **settings)

    return make


class Called:
    """One of the four ways to call a runnable; gives the whole answer."""

    def __init__(self, mode):
        self.mode = mode

    @property
    def streams(self):
        return "stream" in self.mode

    async def pieces(self, chain, input_="hi", config=None, **kwargs):
        if self.mode == "invoke":
            return [chain.invoke(input_, config, **kwargs)]
        if self.mode == "ainvoke":
            return [await chain.ainvoke(input_, config, **kwargs)]
        if self.mode == "stream":
            return list(chain.stream(input_, config, **kwargs))
        return [piece async for piece in chain.astream(input_, config, **kwargs)]

    async def __call__(self, chain, input_="hi", config=None, **kwargs):
        first, *rest = await self.pieces(chain, input_, config, **kwargs)
        for piece in rest:
            first = first + piece
        return first


@pytest.fixture(params=["invoke", "ainvoke", "stream", "astream"])
def call(request):
    return Called(request.param)


@pytest.fixture(params=["stream", "astream"])
def streamed(request):
    return Called(request.param)


class Watcher(BaseCallbackHandler):
    """Writes down what happens to the runs of a chain and of the models below it."""

    run_inline = True

    def __init__(self):
        self.started = []
        self.ended = []
        self.failed = []
        self.models = []
        self.models_ended = []
        self.settled = []

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
        self.started.append(run_id)
        self.name = kwargs.get("name")

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        self.ended.append((run_id, outputs))

    def on_chain_error(self, error, *, run_id, **kwargs):
        self.failed.append((run_id, error))

    def on_chat_model_start(self, serialized, messages, *, run_id, **kwargs):
        self.models.append(kwargs | {"run_id": run_id})

    def on_llm_end(self, response, *, run_id, **kwargs):
        self.models_ended.append(run_id)

    def on_llm_error(self, error, *, run_id, **kwargs):
        self.models_ended.append(run_id)

    def on_settled(self, decision_id, attempts):
        self.settled.append((decision_id, tuple(attempts)))

    @property
    def outcomes(self):
        """Outcomes of the last settlement, by candidate."""
        return [(attempt.model, attempt.outcome) for attempt in self.settled[-1][1]]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def configurations():
    """A runnable that answers and keeps the config of every call."""
    from langchain_core.runnables import RunnableLambda

    seen = []

    def answer(_, config):
        seen.append(ensure_config(config))
        return AIMessage("fine")

    return RunnableLambda(answer), seen


@pytest_asyncio.fixture(scope="module")
async def chat_openai():
    """Make real clients of a sandbox whose connections end with the module."""
    from langchain_openai import ChatOpenAI

    thinker = SandboxModel(name="thinker", reasoning=True)
    others = [SandboxModel(name=name) for name in ("talker", "broken")]
    with httpx.Client() as http, SandboxServer(models=[thinker, *others]) as sandbox:
        async with httpx.AsyncClient() as http_async:

            def make(name, *, fault=None, **settings):
                sandbox.set_fault(name, fault)
                return ChatOpenAI(
                    model=name,
                    base_url=sandbox.base_url,
                    api_key="none",
                    max_retries=0,
                    stream_usage=True,
                    http_client=http,
                    http_async_client=http_async,
                    **settings,
                )

            yield make
