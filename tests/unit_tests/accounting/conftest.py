"""A sandbox with every model name on offer, and a chat model that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

EVERYTHING = frozenset({"text", "image", "audio", "pdf"})
CATALOG = Catalog.load("default")


class Scripted(BaseChatModel):
    """Plays its script, one step a call; the last step is repeated.

    A step is a message, an exception, or a list of chunks and exceptions.
    """

    model_name: str = "gpt-4o-mini"
    script: list[Any]
    before: Callable[[], Any] | None = None
    wait_s: float = 0.0
    calls: int = 0

    @property
    def _llm_type(self):
        return "scripted"

    def _step(self):
        self.calls += 1
        if self.before is not None:
            self.before()
        return self.script[min(self.calls, len(self.script)) - 1]

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        step = self._step()
        if isinstance(step, BaseException):
            raise step
        return ChatResult(generations=[ChatGeneration(message=step.model_copy())])

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        step = self._step()
        await asyncio.sleep(self.wait_s)
        if isinstance(step, BaseException):
            raise step
        return ChatResult(generations=[ChatGeneration(message=step.model_copy())])

    def _chunks(self):
        step = self._step()
        if isinstance(step, AIMessage):
            fields = step.model_dump(exclude={"type"})
            step = [AIMessageChunk(**fields, chunk_position="last")]
        for item in step if isinstance(step, list) else [step]:
            if isinstance(item, BaseException):
                raise item
            yield ChatGenerationChunk(message=item.model_copy())

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        yield from self._chunks()

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in self._chunks():
            await asyncio.sleep(self.wait_s)
            yield chunk

    def bind_tools(self, tools, *, tool_choice=None, **kwargs):
        return self.bind(tools=tools, **kwargs)


@pytest.fixture(scope="session")
def scripted():
    """The class of scripted models."""
    return Scripted


@pytest.fixture(scope="session")
def answered():
    """Make an answer with a usage."""

    def make(text="Fine.", *, tokens=(100, 20), cached=0, reasoning=0, **fields):
        given, made = tokens
        return AIMessage(
            content=text,
            usage_metadata={
                "input_tokens": given,
                "output_tokens": made,
                "total_tokens": given + made,
                "input_token_details": {"cache_read": cached},
                "output_token_details": {"reasoning": reasoning},
            },
            **fields,
        )

    return make


@pytest.fixture(scope="session")
def dollars():
    """Tokens at a catalog model's price, worked out from the catalog's figures alone."""

    def amount(alias, given, made):
        price = CATALOG.models[alias].price
        total = given * price.input_usd_per_mtok + made * price.output_usd_per_mtok
        return total / Decimal(1_000_000)

    return amount


@pytest.fixture(scope="module")
def shared_sandbox():
    models = [
        SandboxModel(name=spec.model, inputs=EVERYTHING, reasoning=spec.reasoning)
        for spec in CATALOG.models.values()
    ]
    with SandboxServer(models=models) as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox):
    yield shared_sandbox
    shared_sandbox.reset()


@pytest.fixture
def router(sandbox):
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)
