"""All methods of calling a chat model, based on one plan.

These are the public methods of `BaseChatModel`, overridden: a request has one run
of the router and one per model called, tokens are counted and shown once, and each
candidate keeps its own cache, rate limiter and way of giving structured output.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatResult, LLMResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.utils.uuid import uuid7
from typing_extensions import override

from langchain_smartroute import classify
from langchain_smartroute.runnable.batches import WholeBatches
from langchain_smartroute.runnable.plan import PlannedStream
from langchain_smartroute.runnable.results import chat_result, llm_result

if TYPE_CHECKING:
    from uuid import UUID

    from langchain_core.callbacks import CallbackManagerForLLMRun
    from langchain_core.language_models.chat_model_stream import (
        AsyncChatModelStream,
        ChatModelStream,
    )
    from langchain_core.runnables.schema import StreamEvent

    from langchain_smartroute.runnable.plan import Plan

__all__ = ["ChatCalls"]

_RUN_FIELDS = ("tags", "metadata", "run_name", "run_id")


class ChatCalls(WholeBatches, BaseChatModel):
    """A chat model whose calls are made by a `Plan`."""

    @abstractmethod
    def plan(
        self,
        input_: LanguageModelInput,
        config: RunnableConfig | None,
        arguments: Mapping[str, Any],
    ) -> Plan:
        """Decide and prepare a call."""

    @abstractmethod
    async def aplan(
        self,
        input_: LanguageModelInput,
        config: RunnableConfig | None,
        arguments: Mapping[str, Any],
    ) -> Plan:
        """Decide and prepare a call without blocking the event loop."""

    @override
    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer with the model's message; its metadata says what was decided and what it cost."""
        return cast("AIMessage", self.plan(input, config, _with_stop(kwargs, stop)).invoke())

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer with the model's message; its metadata says what was decided and what it cost."""
        plan = await self.aplan(input, config, _with_stop(kwargs, stop))
        return cast("AIMessage", await plan.ainvoke())

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Stream the model's answer; the last chunk's metadata says what was decided."""
        yield from self.plan(input, config, _with_stop(kwargs, stop)).stream()

    @override
    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream the model's answer; the last chunk's metadata says what was decided."""
        return PlannedStream(partial(self.aplan, input, config, _with_stop(kwargs, stop)))

    @override
    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several conversations, one after another."""
        configs, arguments = _run_configs(callbacks, kwargs, count=len(messages))
        answers = [
            self.invoke(conversation, config, stop=stop, **arguments)
            for conversation, config in zip(messages, configs, strict=True)
        ]
        return llm_result(answers, _run_ids(configs))

    @override
    async def agenerate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several conversations at once."""
        configs, arguments = _run_configs(callbacks, kwargs, count=len(messages))
        calls = [
            self.ainvoke(conversation, config, stop=stop, **arguments)
            for conversation, config in zip(messages, configs, strict=True)
        ]
        # All of them end first, as in LangChain's; else they would go on unheard.
        answers = await asyncio.gather(*calls, return_exceptions=True)
        if (
            failure := next((a for a in answers if isinstance(a, BaseException)), None)
        ) is not None:
            raise failure
        return llm_result(cast("list[AIMessage]", answers), _run_ids(configs))

    @overload  # type: ignore[override] # as in core: version 3 gives another type
    def stream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2"] = "v2",
        **kwargs: Any,
    ) -> Iterator[StreamEvent]: ...

    @overload
    def stream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v3"],
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> ChatModelStream: ...

    @override
    def stream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2", "v3"] = "v2",
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[StreamEvent] | ChatModelStream:
        """Stream events; version 3 gives LangChain's content-block events."""
        if version != "v3":
            return Runnable.stream_events(
                self, input, config, version=version, **_with_stop(kwargs, stop)
            )
        # Imported here, as it is a private module of LangChain, needed only for this version.
        from langchain_smartroute.runnable.events import event_stream  # noqa: PLC0415

        return event_stream(self.stream(input, config, stop=stop, **kwargs))

    @overload
    def astream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2"] = "v2",
        **kwargs: Any,
    ) -> AsyncIterator[StreamEvent]: ...

    @overload
    def astream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v3"],
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Awaitable[AsyncChatModelStream]: ...

    @override
    def astream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        version: Literal["v1", "v2", "v3"] = "v2",
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[StreamEvent] | Awaitable[AsyncChatModelStream]:
        """Stream events; version 3 gives LangChain's content-block events."""
        if version != "v3":
            return Runnable.astream_events(
                self, input, config, version=version, **_with_stop(kwargs, stop)
            )
        from langchain_smartroute.runnable.events import async_event_stream  # noqa: PLC0415

        async def started() -> AsyncChatModelStream:
            return async_event_stream(self.astream(input, config, stop=stop, **kwargs))

        return started()

    @override
    def get_num_tokens(self, text: str) -> int:
        """Estimate the tokens of a text; no tokenizer is downloaded, and it errs high."""
        return classify.text_tokens(text)

    @override
    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Estimate the tokens of messages and tools; it errs high."""
        return classify.message_tokens(messages) + classify.toolkit_tokens(tools or ())

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """For callers that bypass the public methods."""
        handlers = run_manager.inheritable_handlers if run_manager is not None else None
        config: RunnableConfig = {"callbacks": handlers}
        return chat_result(self.invoke(messages, config, stop=stop, **kwargs))


def _with_stop(arguments: dict[str, Any], stop: list[str] | None) -> dict[str, Any]:
    return arguments if stop is None else {**arguments, "stop": stop}


def _run_configs(
    callbacks: Any, arguments: dict[str, Any], *, count: int
) -> tuple[list[RunnableConfig], dict[str, Any]]:
    """Separate the configuration of runs, each with an id, from the arguments of the model."""
    shared = {name: arguments[name] for name in _RUN_FIELDS if arguments.get(name) is not None}
    rest = {name: value for name, value in arguments.items() if name not in _RUN_FIELDS}
    given = shared.pop("run_id", None)
    run_ids = [given or uuid7(), *(uuid7() for _ in range(count - 1))][:count]
    configs = [{"callbacks": callbacks, "run_id": run_id, **shared} for run_id in run_ids]
    return cast("list[RunnableConfig]", configs), rest


def _run_ids(configs: list[RunnableConfig]) -> list[UUID]:
    return [cast("UUID", config["run_id"]) for config in configs]
