"""A sandbox with every model name on offer, and a chat model that follows a script."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

EVERYTHING = frozenset({"text", "image", "audio", "pdf"})
USAGE = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}


class Scripted(BaseChatModel):
    """Says its words, one chunk a word, or raises; keeps what it was asked with."""

    model_name: str = "gpt-4o-mini"
    words: str = "one two three"
    error: Exception | None = None
    seen: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self):
        return "scripted"

    def _taken(self, messages, stop, kwargs):
        self.seen.append((messages, {**kwargs, **({"stop": stop} if stop else {})}))
        if self.error is not None:
            raise self.error

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self._taken(messages, stop, kwargs)
        answer = AIMessage(content=self.words, usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self._taken(messages, stop, kwargs)
        for word in self.words.split():
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=USAGE))

    def bind_tools(self, tools, *, tool_choice=None, **kwargs):
        return self.bind(tools=tools, **kwargs)


class RunLog(BaseCallbackHandler):
    """Every start and end of a run, as a tracer would see them."""

    run_inline = True

    def __init__(self):
        self.started = []
        self.ended = []

    def _start(self, kind, run_id, parent_run_id, kwargs):
        facts = {key: kwargs.get(key) for key in ("name", "tags", "metadata")}
        self.started.append({"kind": kind, "id": run_id, "parent": parent_run_id, **facts})

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
        self._start("chain", run_id, parent_run_id, kwargs)

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, **kwargs):
        self._start("chat", run_id, parent_run_id, kwargs)

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        self.ended.append(run_id)

    def on_llm_end(self, response, *, run_id, **kwargs):
        self.ended.append(run_id)

    def on_chain_error(self, error, *, run_id, **kwargs):
        self.ended.append(run_id)

    def on_llm_error(self, error, *, run_id, **kwargs):
        self.ended.append(run_id)

    @property
    def kinds(self):
        return [run["kind"] for run in self.started]

    @property
    def balanced(self):
        started = sorted(str(run["id"]) for run in self.started)
        return started == sorted(map(str, self.ended))


@pytest.fixture(scope="session")
def scripted():
    """The class of scripted models."""
    return Scripted


@pytest.fixture
def run_log():
    return RunLog()


@pytest.fixture(scope="module")
def shared_sandbox():
    models = [
        SandboxModel(name=spec.model, inputs=EVERYTHING, reasoning=spec.reasoning)
        for spec in Catalog.load("default").models.values()
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
