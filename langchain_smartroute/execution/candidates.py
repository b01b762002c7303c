"""The candidates of a router: built on first use, cached, and prepared for each call."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections import OrderedDict
from collections.abc import (
    AsyncIterator,
    Callable,
    Hashable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from dataclasses import fields
from functools import cache, partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig

from langchain_smartroute.catalog import (
    ModelSpec,
    adapted_arguments,
    adapted_messages,
    without_tool_marks,
)
from langchain_smartroute.execution.bounds import attempt_bounds
from langchain_smartroute.execution.clients import running_loop
from langchain_smartroute.execution.link import Traits
from langchain_smartroute.types import new_lock

__all__ = ["Candidate", "Preparation", "PreparedCandidate", "unavailable"]

Preparation = Callable[[Runnable[Any, Any], ModelSpec], Runnable[Any, Any]]
"""Function that prepares a model for a call, such as by binding tools."""

_KEPT = 16
_NO_LOOP = "no loop"


class Candidate:
    """A model that could answer.

    Attributes:
        spec: Its spec.
        endpoint: Equal for candidates that share an endpoint and key.
        traits: How its calls behave.
        facts: These attributes as arguments of `Link`.
    """

    def __init__(
        self,
        spec: ModelSpec,
        build: Callable[[AbstractEventLoop | None], Runnable[Any, Any]],
        *,
        endpoint: Hashable,
        traits: Traits | None = None,
    ) -> None:
        self.spec = spec
        self.endpoint = endpoint
        self.traits = traits or Traits()
        self.facts: dict[str, Any] = {
            "spec": spec,
            "endpoint": endpoint,
            **{trait.name: getattr(self.traits, trait.name) for trait in fields(Traits)},
        }
        self._build = build
        self._outside: dict[Any, Runnable[Any, Any]] = {}
        self._inside: WeakKeyDictionary[Any, Runnable[Any, Any]] = WeakKeyDictionary()
        self._lock = new_lock()
        self._bound: OrderedDict[Hashable, tuple[Any, ...]] = OrderedDict()

    @property
    def model(self) -> Runnable[Any, Any]:
        """The model, built on first use: one for each event loop, and one for blocking calls."""
        loop = running_loop()
        model = self._models(loop).get(loop or _NO_LOOP)
        return self._built(loop) if model is None else model

    def _models(self, loop: AbstractEventLoop | None) -> MutableMapping[Any, Runnable[Any, Any]]:
        return self._outside if loop is None else self._inside

    def _built(self, loop: AbstractEventLoop | None) -> Runnable[Any, Any]:
        with self._lock:
            models = self._models(loop)
            model = models.get(loop or _NO_LOOP)
            if model is None:
                model = models[loop or _NO_LOOP] = self._build(loop)
        return model

    def unbuilt(self) -> Callable[[], Any] | None:
        """Function that builds the model for the current event loop; `None`: it is built."""
        loop = running_loop()
        return None if (loop or _NO_LOOP) in self._models(loop) else partial(self._built, loop)

    def with_tools(self, tools: Any, arguments: Mapping[str, Any]) -> Runnable[Any, Any]:
        """The model with tools bound by its own `bind_tools`.

        An agent binds the same tools for each call, so the latest bindings are cached by the
        tools' identity, which is safe as the cache keeps the tools alive.
        """
        named = tuple((name, _identity(value)) for name, value in sorted(arguments.items()))
        model: Any = self.model
        key = (id(model), tuple(map(id, tools)), named)
        with self._lock:
            kept = self._bound.get(key)
            if kept is not None:
                self._bound.move_to_end(key)
                found: Runnable[Any, Any] = kept[-1]
                return found
        originals = without_tool_marks(
            [getattr(tool, "original", tool) for tool in tools], self.spec
        )
        bound: Runnable[Any, Any] = (
            model.bind_tools(originals, **arguments) if tools else _formatted(model, arguments)
        )
        with self._lock:
            self._bound[key] = (model, tuple(tools), tuple(arguments.values()), bound)
            while len(self._bound) > _KEPT:
                self._bound.popitem(last=False)
        return bound


def unavailable(candidates: Mapping[str, Candidate]) -> dict[str, str]:
    """Alias → why its circuit breaker is open, in order of the remaining time."""
    gates = {alias: gate for alias, c in candidates.items() if (gate := c.traits.gate) is not None}
    standing = {alias: gate.health() for alias, gate in gates.items() if not gate.is_closed()}
    opened = [(h.retry_in_s, alias, h.reason) for alias, h in standing.items() if h.state == "open"]
    return {
        alias: f"its breaker is open for another {wait:.1f} s: {why}"
        for wait, alias, why in sorted(opened)
    }


def _formatted(model: Any, arguments: Mapping[str, Any]) -> Runnable[Any, Any]:
    """A model with a response format, which its `bind_tools` converts, but without tools.

    Providers refuse an empty list of tools.
    """
    if isinstance(model, RunnableBinding):
        return model.model_copy(update={"bound": _formatted(model.bound, arguments)})
    wanted = arguments["response_format"]
    is_schema = not (isinstance(wanted, Mapping) and wanted.get("type") in ("json_object", "text"))
    if not (is_schema and _binds_tools(model)):
        return cast("Runnable[Any, Any]", model.bind(response_format=wanted))
    bound: Any = model.bind_tools([], **arguments)
    rest = {name: value for name, value in bound.kwargs.items() if name != "tools"}
    return RunnableBinding(bound=bound.bound, kwargs=rest, config=bound.config)


def _only_has_arguments(model: RunnableBinding[Any, Any]) -> bool:
    return _calls_plainly(type(model)) and not (model.config or model.config_factories)


@cache
def _calls_plainly(kind: type[RunnableBinding[Any, Any]]) -> bool:
    """Whether a class of bindings calls as LangChain's own, such as that of chat models."""
    calls = ("invoke", "ainvoke", "stream", "astream")
    return all(getattr(kind, name) is getattr(RunnableBinding, name) for name in calls)


def _binds_tools(model: Any) -> bool:
    """Whether a chat model's class has a `bind_tools` of its own."""
    return (
        isinstance(model, BaseChatModel) and type(model).bind_tools is not BaseChatModel.bind_tools
    )


def _identity(value: Any) -> Hashable:
    """Cache key of an argument: two schemas may have the same name and repr."""
    return value if isinstance(value, str | int | None) else id(value)


class PreparedCandidate(Runnable[Any, Any]):
    """A candidate prepared for one call; nothing is built before the call."""

    def __init__(
        self,
        candidate: Candidate,
        prepare: Preparation | None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = candidate.spec.alias
        self._defaults = defaults or {}
        self._candidate = candidate
        self._prepare = prepare

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the model."""
        model, arguments = self._ready(kwargs)
        return model.invoke(self._messages(input), config, **arguments)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the model."""
        model, arguments = self._ready(kwargs)
        return await model.ainvoke(self._messages(input), config, **arguments)

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Stream the model."""
        model, arguments = self._ready(kwargs)
        return model.stream(self._messages(input), config, **arguments)

    def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Stream the model."""
        model, arguments = self._ready(kwargs)
        return model.astream(self._messages(input), config, **arguments)

    def _ready(self, arguments: Mapping[str, Any]) -> tuple[Runnable[Any, Any], dict[str, Any]]:
        """The model to call and its arguments."""
        candidate = self._candidate
        wanted = {**self._defaults, **arguments} if self._defaults else arguments
        model, adapted = candidate.model, adapted_arguments(wanted, candidate.spec)
        if self._prepare is not None:
            model = self._prepare(model, candidate.spec)
        bounds = attempt_bounds.get()
        if bounds is not None:
            bounds.called = True
        if isinstance(model, RunnableBinding) and _only_has_arguments(model):
            # If only arguments are bound, they are passed directly instead of by the binding.
            return model.bound, {**model.kwargs, **adapted}
        return model, adapted

    def _messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return adapted_messages(messages, self._candidate.spec)
