"""Adapts models that a user brings to a chain: without retries of their own.

A client that retries multiplies every attempt of the chain, and hides errors from it. Some
classes send less than their provider requires (`dialect`). A ChatOpenAI without its own HTTP
client uses the router's, so that its calls are limited in time and work in every event loop.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from functools import cached_property
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableBinding
from pydantic import SecretStr

from langchain_smartroute.catalog import answer_room
from langchain_smartroute.execution.bounds import TimeLimits
from langchain_smartroute.execution.clients import Transport
from langchain_smartroute.execution.dialect import speaking
from langchain_smartroute.execution.endpoints import Endpoint

__all__ = ["adopted_model", "drops_thoughts", "endpoint_of", "is_bounded", "own_room", "tells_end"]

_END_MARKS = {
    "langchain_openai": "BaseChatOpenAI",
    "langchain_anthropic": "ChatAnthropic",
    "langchain_ollama": "ChatOllama",
}
"""Package → class whose streams end with a finish reason."""


def adopted_model(
    model: Runnable[Any, Any],
    limits: TimeLimits,
    *,
    loop: AbstractEventLoop | None,
    transport: Transport = "httpx",
    thinks: bool = False,
    provider: str | None = None,
) -> Runnable[Any, Any]:
    """Copy a model, with retries turned off.

    Args:
        model: The user's model; it is not changed.
        limits: How long a call of it may take.
        loop: The event loop of its calls, if any.
        transport: HTTP transport of a `ChatOpenAI`'s asynchronous calls.
        thinks: Whether it is known to be a reasoning model.
        provider: Its provider, where known: a `ChatOpenAI` always reports `openai` to tracers.

    Returns:
        The copy, or the model itself where there is nothing to change.
    """
    if isinstance(model, RunnableBinding):
        inner = adopted_model(
            model.bound,
            limits,
            loop=loop,
            transport=transport,
            thinks=thinks,
            provider=provider,
        )
        return model if inner is model.bound else model.model_copy(update={"bound": inner})
    if not isinstance(model, BaseChatModel):
        return model
    if _is_openai(model):
        copy = _adopted_openai(model, limits, loop=loop, transport=transport)
        if provider not in (None, "openai"):
            copy.metadata = {"ls_provider": provider, **(copy.metadata or {})}
        return speaking(copy, thinks=thinks)
    if "max_retries" in type(model).model_fields:
        copy = model.model_copy(update={"max_retries": 0})
        _forget_clients(copy)
        _forbid_retries(copy)
        return speaking(copy, thinks=thinks)
    if _descends(model, "langchain_ollama", "ChatOllama"):
        return speaking(model.model_copy(), thinks=thinks)
    return model


def is_bounded(model: Runnable[Any, Any]) -> bool:
    """Whether a blocking call of an adapted model ends by itself at its time limit."""
    inner = _inside(model)
    return _is_openai(inner) and not _has_own_http(inner)


def endpoint_of(alias: str, model: Runnable[Any, Any]) -> Endpoint | str:
    """Identity of a model's endpoint: equal for models with the same base URL and key."""
    inner: Any = _inside(model)
    if _is_openai(inner) and isinstance(inner.openai_api_key, SecretStr):
        base_url = str(getattr(inner.root_client, "base_url", "") or inner.openai_api_base or "")
        return Endpoint(base_url=base_url.rstrip("/"), api_key=inner.openai_api_key)
    return alias


def tells_end(model: Runnable[Any, Any]) -> bool:
    """Whether complete streams of a model end with a finish reason."""
    inner = _inside(model)
    return any(_descends(inner, package, name) for package, name in _END_MARKS.items())


def own_room(model: Runnable[Any, Any]) -> int | None:
    """Maximum output tokens that a user set on a model or bound to it; `None`: not set.

    What equals the most that the model can write is set by its class rather than by somebody.
    """
    inner: Any = model
    while isinstance(inner, RunnableBinding):
        bound = answer_room(inner.kwargs)
        if bound is not None:
            return bound
        inner = inner.bound
    if not isinstance(inner, BaseChatModel):
        return None
    room = answer_room({name: getattr(inner, name, None) for name in type(inner).model_fields})
    room = room or answer_room({"max_tokens": getattr(inner, "num_predict", None)})
    most = (inner.profile or {}).get("max_output_tokens")
    return None if room == most else room


def drops_thoughts(model: Runnable[Any, Any]) -> bool:
    """Whether a model streams its reasoning as empty chunks, as a ChatOpenAI does."""
    return _is_openai(_inside(model))


def _inside(model: Any) -> Any:
    while isinstance(model, RunnableBinding):
        model = model.bound
    return model


def _is_openai(model: Any) -> bool:
    return _descends(model, "langchain_openai", "BaseChatOpenAI")


def _descends(model: Any, package: str, name: str) -> bool:
    # Compared by name, as importing a provider's package takes seconds.
    return any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == package
        for kind in type(model).__mro__
    )


def _has_own_http(model: Any) -> bool:
    return bool(model.http_client or model.http_async_client or model.openai_proxy)


def _adopted_openai(
    model: Any, limits: TimeLimits, *, loop: AbstractEventLoop | None, transport: Transport
) -> BaseChatModel:
    # These modules import openai.
    from langchain_smartroute.execution.done import tell_ends  # noqa: PLC0415
    from langchain_smartroute.execution.transport import (  # noqa: PLC0415
        async_client,
        blocking_client,
        timeout_of,
    )

    options: dict[str, Any] = {"max_retries": 0}
    if model.request_timeout is None:
        options["timeout"] = timeout_of(limits)
    ours = not _has_own_http(model)
    changes: dict[str, Any] = {"max_retries": 0}
    if model.root_client is not None:
        client: dict[str, Any] = {"http_client": blocking_client()} if ours else {}
        changes["root_client"] = model.root_client.with_options(**options, **client)
        changes["client"] = changes["root_client"].chat.completions
    if model.root_async_client is not None:
        client = {"http_client": async_client(loop, transport)} if ours else {}
        changes["root_async_client"] = model.root_async_client.with_options(**options, **client)
        changes["async_client"] = changes["root_async_client"].chat.completions
    tell_ends(changes.get("root_client"), changes.get("root_async_client"))
    adopted_model: BaseChatModel = model.model_copy(update=changes)
    return adopted_model


def _forget_clients(model: BaseChatModel) -> None:
    """Drop the original's clients, which retry, from the copy."""
    for kind in type(model).__mro__:
        for name, value in vars(kind).items():
            if isinstance(value, cached_property):
                model.__dict__.pop(name, None)


def _forbid_retries(model: Any) -> None:
    """Turn off a `ChatOpenRouter`'s retries, which last an hour by default."""
    if _descends(model, "langchain_openrouter", "ChatOpenRouter"):
        model.client = model._build_client()  # noqa: SLF001 - the original's client is the user's
        model.client.sdk_configuration.retry_config = None
