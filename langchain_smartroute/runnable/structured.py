"""Structured output, by each candidate's best method."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import (
    Runnable,
    RunnableConfig,
    RunnableParallel,
    RunnableSequence,
)
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel
from typing_extensions import override

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.runnable.batches import WholeBatches
from langchain_smartroute.runnable.plan import Form, PlannedStream
from langchain_smartroute.types import SchemaMethod

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.runnable.router import SmartRouterRunnable

__all__ = ["StructuredRouter"]


class StructuredRouter(WholeBatches):
    """A router whose answers are parsed into a schema.

    Made by `SmartRouterRunnable.with_structured_output`. Each candidate gives
    structured output in its own way, so one without JSON schemas can stand in
    for one with them.
    """

    def __init__(
        self,
        router: SmartRouterRunnable,
        schema: Any,
        *,
        method: SchemaMethod | None,
        include_raw: bool,
        arguments: Mapping[str, Any],
    ) -> None:
        if method is not None and method not in get_args(SchemaMethod):
            known = ", ".join(get_args(SchemaMethod))
            raise ConfigurationError(f"method = {method!r} is unknown; use one of {known}")
        if schema is None and method != "json_mode":
            raise ConfigurationError('schema = None works with method="json_mode" only; give one')
        if method == "json_mode" and arguments.get("strict") is not None:
            raise ConfigurationError(
                f"strict = {arguments['strict']!r}: json_mode sends no schema that could be held"
                ' to; use method="json_schema", or leave strict out'
            )
        self.name = f"{router.get_name()}.structured"
        self._router = router
        self._schema = schema
        self._method = method
        self._include_raw = include_raw
        self._arguments = dict(arguments)
        self._definition = _definition(schema, method)
        self._form = Form(
            schema=method or "any", definition=self._definition, prepare=self._prepare
        )

    @property
    @override
    def InputType(self) -> Any:
        """What a chat model takes."""
        return self._router.InputType

    @property
    @override
    def OutputType(self) -> Any:
        """The class of the parsed object, as chains and tools describe their output by it."""
        if self._include_raw:
            return dict[str, Any]
        of_pydantic = isinstance(self._schema, type) and issubclass(self._schema, BaseModel)
        return self._schema if of_pydantic else Any

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Answer with a parsed object."""
        return self._router.plan(input, config, kwargs, self._form).invoke()

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Answer with a parsed object."""
        plan = await self._router.aplan(input, config, kwargs, self._form)
        return await plan.ainvoke()

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Stream objects that grow as the answer is parsed; under `buffer`, the whole one."""
        plan = self._router.plan(input, config, kwargs, self._form)
        if self._router.stream_policy == "buffer":
            yield plan.invoke()
        else:
            yield from plan.stream()

    def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Stream objects that grow as the answer is parsed; under `buffer`, the whole one."""
        whole = self._router.stream_policy == "buffer"
        planning = partial(self._router.aplan, input, config, kwargs, self._form)
        return PlannedStream(planning, whole=whole)

    def _prepare(self, model: Runnable[Any, Any], spec: ModelSpec) -> Runnable[Any, Any]:
        arguments = dict(self._arguments)
        method = self._method or _best_method(spec)
        if method is not None:
            arguments["method"] = method
        if method == "json_mode":
            arguments.pop("strict", None)
        giving: Any = model
        parsed: Runnable[Any, Any] = giving.with_structured_output(
            self._schema, include_raw=self._include_raw, **arguments
        )
        # JSON mode does not send the schema; callers who choose it explicitly describe it
        # themselves.
        instructed = self._instructed if method == "json_mode" and self._method is None else list
        return _StructuredModel(parsed, instructed)

    def _instructed(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages, with the schema added to the user's last message."""
        function = (self._definition or {}).get("function", {})
        schema = json.dumps(function.get("parameters", {}), ensure_ascii=False)
        instruction = f"Answer with one JSON object that fits this JSON schema:\n{schema}"
        at = next((i for i in reversed(range(len(messages))) if messages[i].type == "human"), None)
        if at is None:
            return [*messages, HumanMessage(instruction)]
        content = messages[at].content
        new_content: Any = [*content, {"type": "text", "text": instruction}]
        if isinstance(content, str):
            new_content = f"{content}\n\n{instruction}"
        copy = messages[at].model_copy(update={"content": new_content})
        return [*messages[:at], copy, *messages[at + 1 :]]


class _StructuredModel(Runnable[Any, Any]):
    """A model with a schema that passes the arguments of a call on to the model.

    Args:
        structured: The runnable to call.
        instructed: Function that adds the schema to messages, where the method needs that.
    """

    def __init__(
        self, structured: Runnable[Any, Any], instructed: Callable[[Sequence[BaseMessage]], Any]
    ) -> None:
        self._structured = structured
        self._instructed = instructed

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        runnable, arguments = _with_arguments(self._structured, kwargs)
        return runnable.invoke(self._instructed(input), config, **arguments)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        runnable, arguments = _with_arguments(self._structured, kwargs)
        return await runnable.ainvoke(self._instructed(input), config, **arguments)

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        runnable, arguments = _with_arguments(self._structured, kwargs)
        return runnable.stream(self._instructed(input), config, **arguments)

    def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        runnable, arguments = _with_arguments(self._structured, kwargs)
        return runnable.astream(self._instructed(input), config, **arguments)


def _with_arguments(
    structured: Runnable[Any, Any], arguments: dict[str, Any]
) -> tuple[Runnable[Any, Any], dict[str, Any]]:
    """The runnable to call, with arguments that reach the model.

    With `include_raw=True` the model is a branch of LangChain's chain, which is called without
    arguments, so they are bound there.
    """
    if not (arguments and isinstance(structured, RunnableSequence)):
        return structured, arguments
    prompt_step = structured.first
    if not isinstance(prompt_step, RunnableParallel):
        return structured, arguments
    branches = {name: branch.bind(**arguments) for name, branch in prompt_step.steps__.items()}
    return RunnableSequence(RunnableParallel(branches), *structured.steps[1:]), {}


def _definition(schema: Any, method: SchemaMethod | None) -> dict[str, Any] | None:
    """The schema in OpenAI's form; JSON mode also takes one without a name."""
    if schema is None:
        return None
    try:
        return convert_to_openai_tool(schema)
    except ValueError as error:
        if method == "json_mode":
            return None
        raise ConfigurationError(f"schema: {error}") from error


def _best_method(spec: ModelSpec) -> SchemaMethod | None:
    """The most reliable of a model's methods; `None` for the model's own default."""
    if "json_schema" in spec.structured_output:
        return "json_schema"
    if spec.tools and spec.tool_choice:
        return "function_calling"
    return "json_mode" if "json_mode" in spec.structured_output else None
