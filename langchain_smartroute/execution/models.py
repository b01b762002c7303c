"""Builds models from specs, and specs from models."""

from __future__ import annotations

import dataclasses
import os
from asyncio import AbstractEventLoop
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableBinding, RunnableSequence
from langchain_core.runnables.fallbacks import RunnableWithFallbacks

from langchain_smartroute.catalog import ModelSpec, adapted_arguments, find_spec
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.adopted import drops_thoughts, endpoint_of
from langchain_smartroute.execution.bounds import TimeLimits
from langchain_smartroute.execution.clients import Transport
from langchain_smartroute.execution.endpoints import Endpoint
from langchain_smartroute.types import new_lock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.types import Modality

__all__ = [
    "ModelSettings",
    "build_model",
    "init_model",
    "is_single_model",
    "is_single_run",
    "provider_of",
    "spec_of_model",
]

_BUILDING = new_lock()
_MODALITY_KEYS: dict[Modality, str] = {
    "image": "image_inputs",
    "audio": "audio_inputs",
    "pdf": "pdf_inputs",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Settings of all models that the router builds.

    Attributes:
        temperature: Sampling temperature, for models that accept it.
        max_tokens: Maximum output tokens; `None`: the provider's default.
        stop: Stop sequences.
        extra: Further arguments of `ChatOpenAI`, such as `cache` or `rate_limiter`.
        transport: HTTP transport of asynchronous calls.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    transport: Transport = "httpx"


def build_model(
    spec: ModelSpec,
    endpoint: Endpoint,
    settings: ModelSettings,
    *,
    limits: TimeLimits | None = None,
    loop: AbstractEventLoop | None = None,
) -> BaseChatModel:
    """Build the `ChatOpenAI` of a catalog model.

    It never retries by itself (the chain decides what happens after an error),
    reports usage in streams too, and shares its HTTP clients with every other
    model.

    Args:
        spec: Spec of the model.
        endpoint: Endpoint of the model.
        settings: Settings of all models.
        limits: Time limits of its calls.
        loop: The event loop of its calls, if any.
    """
    # Imported when the first model is built: it takes two seconds of CPU.
    from langchain_openai import ChatOpenAI  # noqa: PLC0415

    from langchain_smartroute.execution import transport  # noqa: PLC0415
    from langchain_smartroute.execution.gateway_model import build_gateway_model  # noqa: PLC0415

    at_openai = endpoint.is_openai
    build = ChatOpenAI if at_openai else partial(build_gateway_model, spec)
    optional: dict[str, Any] = {
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "stop": settings.stop or None,
    }
    # Serialised, as models built concurrently would each get their own HTTP clients.
    with _BUILDING:
        model: BaseChatModel = build(
            model=spec.model,
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            timeout=transport.timeout_of(limits or TimeLimits()),
            max_retries=0,
            # Turned off, as the attempt's own idle limit counts only content.
            stream_chunk_timeout=None,
            stream_usage=True,
            # Gateways support chat completions; only OpenAI itself may need its Responses API.
            use_responses_api=None if at_openai else False,
            metadata={"ls_provider": spec.provider, "ls_model_name": spec.model},
            **adapted_arguments({k: v for k, v in optional.items() if v is not None}, spec),
            http_client=transport.blocking_client(),
            http_async_client=transport.async_client(loop, settings.transport),
            # Avoids a warning that the environment's proxies are ignored, as these clients use
            # them.
            http_socket_options=(),
            **settings.extra,
        )
    if not (at_openai or endpoint.from_openai):
        _forget_openai_account(model)
    _send_along(model, endpoint)
    return model


def _send_along(model: Any, endpoint: Endpoint) -> None:
    """Add an endpoint's headers to the clients, as the model's own fields appear in traces."""
    headers = {name: value.get_secret_value() for name, value in endpoint.headers}
    query = {name: value.get_secret_value() for name, value in endpoint.query}
    for client in (model.root_client, model.root_async_client):
        if client is not None and (headers or query):
            client._custom_headers = {**client._custom_headers, **headers}  # noqa: SLF001 - as below
            client._custom_query = {**client._custom_query, **query}  # noqa: SLF001 - as below


def _forget_openai_account(model: Any) -> None:
    """Remove OpenAI's account, which its client reads from the environment, for other hosts."""
    ambient = os.environ.get("OPENAI_CUSTOM_HEADERS", "")
    names = {line.partition(":")[0].strip() for line in ambient.splitlines()}
    for client in (model.root_client, model.root_async_client):
        if client is None:
            continue
        client.organization = client.project = None
        headers = getattr(client, "_custom_headers", {})
        client._custom_headers = {n: v for n, v in headers.items() if n not in names}  # noqa: SLF001 - the client offers no other way


def init_model(name: str) -> BaseChatModel:
    """Build a model from an `init_chat_model` string such as `anthropic:claude-…`.

    Raises:
        ConfigurationError: If `langchain` or the provider's package is missing,
            or the name is not understood.
    """
    try:
        factory = import_module("langchain.chat_models").init_chat_model
    except ImportError as error:
        raise ConfigurationError(
            f'model {name!r}: init_chat_model names need the package "langchain":'
            ' pip install "langchain-smartroute[agents]"'
        ) from error
    try:
        model: BaseChatModel = factory(name)
    except Exception as error:
        # A provider's client has its own errors, for example for a missing key.
        raise ConfigurationError(f"model {name!r}: {type(error).__name__}: {error}") from error
    return model


def spec_of_model(alias: str, model: Runnable[Any, Any]) -> ModelSpec:
    """Describe a model that the user brought.

    Capabilities come from its `profile`, prices and priors from the shipped
    catalogs by its name. What neither knows does not rule it out. Its metadata may name
    who stands behind it (`ls_provider`): if that is not the provider of the name, the
    price is unknown.
    """
    inner = _innermost(model)
    name = _name_of(inner)
    known = find_spec(name) if name else None
    profile: Mapping[str, Any] = getattr(inner, "profile", None) or {}
    facts: dict[str, Any] = {
        "alias": alias,
        "model": name or alias,
        "inputs": {
            "text",
            *(m for m, key in _MODALITY_KEYS.items() if profile.get(key) is not False),
        },
        "tools": profile.get("tool_calling") is not False and _offers(model, "bind_tools"),
        "tool_choice": profile.get("tool_choice") is not False,
        "structured_output": profile.get("structured_output") is not False
        and _offers(model, "with_structured_output"),
        "reasoning": bool(profile.get("reasoning_output")),
        # Third-party classes may not accept the argument.
        "logprobs": None if drops_thoughts(model) else False,
        "context_window": profile.get("max_input_tokens"),
        "max_output_tokens": profile.get("max_output_tokens"),
    }
    provider = provider_of(inner)
    served = endpoint_of(alias, model)
    elsewhere = isinstance(served, Endpoint) and not served.is_openai
    own_provider = (getattr(inner, "metadata", None) or {}).get("ls_provider")
    # Self-hosted servers may use any model name; metadata tell the provider then.
    is_provider = own_provider in (None, getattr(known, "provider", own_provider))
    facts["priced_by_name"] = is_provider
    if provider and not (provider == "openai" and elsewhere):
        facts["provider"] = provider
    if known is not None:
        facts |= {
            # A ChatOpenAI may call any provider; other classes belong to their provider.
            "provider": known.provider if provider in (None, "openai") else provider,
            "reasoning": known.reasoning or facts["reasoning"],
            "prices": known.prices if is_provider else (),
            "quality": known.quality,
            "quality_source": known.quality_source,
            "strengths": known.strengths,
        }
    return ModelSpec(**facts)


def is_single_model(model: Runnable[Any, Any]) -> bool:
    """Whether a candidate is a single chat model, optionally with bound arguments."""
    while isinstance(model, RunnableBinding):
        model = model.bound
    return isinstance(model, BaseChatModel)


_CALLED_BY = ("invoke", "ainvoke", "stream", "astream", "generate", "agenerate")
"""Methods of a chat model that must not be overridden for a call to be a single run."""


_LANGCHAINS = "lc_"
"""Prefix of metadata that LangChain adds to each model: its packages' versions."""


def is_single_run(model: Runnable[Any, Any]) -> bool:
    """Whether a candidate's call is a single model run whose answer has all data of a record.

    Not if its class overrides how it is called, as a router does, nor if it has its own
    metadata or tags, which are only in its runs.
    """
    while isinstance(model, RunnableBinding):
        if model.config or model.config_factories or "model" in model.kwargs:
            return False
        model = model.bound
    if not isinstance(model, BaseChatModel) or model.tags:
        return False
    if not all(name.startswith(_LANGCHAINS) for name in model.metadata or ()):
        return False
    kind = type(model)
    return all(getattr(kind, name) is getattr(BaseChatModel, name) for name in _CALLED_BY)


def _innermost(model: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The chat model inside bindings, fallbacks and sequences."""
    while not isinstance(model, BaseChatModel):
        if isinstance(model, RunnableBinding):
            model = model.bound
        elif isinstance(model, RunnableWithFallbacks):
            model = model.runnable
        elif isinstance(model, RunnableSequence):
            chat = next((s for s in model.steps if _is_chat(s)), None)
            if chat is None:
                return model
            model = chat
        else:
            return model
    return model


def _offers(model: Runnable[Any, Any], method: str) -> bool:
    """Whether a model has a method, also inside bindings and fallbacks."""
    while isinstance(model, RunnableBinding | RunnableWithFallbacks):
        model = model.bound if isinstance(model, RunnableBinding) else model.runnable
    return hasattr(model, method)


def _is_chat(step: Runnable[Any, Any]) -> bool:
    return isinstance(step, BaseChatModel | RunnableBinding | RunnableWithFallbacks)


def provider_of(model: Runnable[Any, Any]) -> str | None:
    """A model's provider by LangSmith's name, as reported to tracers."""
    if not isinstance(model, BaseChatModel):
        return None
    own_provider = model._get_ls_params().get("ls_provider")  # noqa: SLF001 - what LangChain's own packages override
    return own_provider if isinstance(own_provider, str) else None


def _name_of(model: Runnable[Any, Any]) -> str | None:
    for attribute in ("model_name", "model", "model_id", "deployment_name"):
        name = getattr(model, attribute, None)
        if isinstance(name, str) and name:
            return name
    return None
