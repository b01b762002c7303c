"""Builds the catalog and candidates from a user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableBinding

from langchain_smartroute.catalog import Catalog, ModelSpec
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution import (
    Candidate,
    CircuitBreaker,
    Endpoint,
    Gate,
    ModelSettings,
    TimeLimits,
    Traits,
    adopted_model,
    build_model,
    drops_thoughts,
    endpoint_of,
    init_model,
    is_bounded,
    is_single_model,
    is_single_run,
    own_room,
    provider_of,
    spec_of_model,
    tells_end,
)
from langchain_smartroute.runnable.making.given import OF_MODELS, given_breaker
from langchain_smartroute.state import SharedState

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile

__all__ = [
    "build_breaker",
    "build_candidates",
    "catalog_of_models",
    "merged_profile",
]


def catalog_of_models(
    models: Mapping[str, Any], *, routes: Mapping[str, Any] | None, default: str | None
) -> tuple[Catalog, dict[str, Runnable[Any, Any]]]:
    """Describe the models that a user brought.

    Args:
        models: Alias → chat model or runnable, `init_chat_model` string, or `ModelSpec`.
        routes: Task → row, as in a catalog file.
        default: Alias for unknown tasks; the first model where left out.

    Returns:
        The catalog, and alias → model for those that need not be built.

    Raises:
        ConfigurationError: Listing every invalid entry.
    """
    if not isinstance(models, Mapping):
        raise ConfigurationError(
            f"models is a {type(models).__name__}: must map aliases to models, such as"
            " {'cheap': …, 'strong': …}"
        )
    specs: list[ModelSpec] = []
    runnables: dict[str, Runnable[Any, Any]] = {}
    faults: list[str] = []
    for alias, value in models.items():
        if isinstance(value, ModelSpec):
            specs.append(value.model_copy(update={"alias": alias}))
            continue
        try:
            model = init_model(value) if isinstance(value, str) else value
        except ConfigurationError as error:
            faults += [f"models.{alias}: {fault}" for fault in error.faults]
            continue
        if not isinstance(model, Runnable):
            faults.append(
                f"models.{alias} = {value!r}: must be a chat model or another runnable, a name"
                ' such as "openai:gpt-4o-mini", or a ModelSpec'
            )
            continue
        if (count := _answers_of(model)) > 1:
            faults.append(
                f"models.{alias}: n = {count}: the router gives one answer per call, and the others"
                " would be paid for; leave n out"
            )
        runnables[alias] = model
        specs.append(spec_of_model(alias, model))
    if faults:
        raise ConfigurationError(*faults)
    catalog = Catalog(name=OF_MODELS, models=specs, routes=routes or {}, default=default or "")
    return catalog, runnables


def _answers_of(model: Any) -> int:
    """Number of answers that a model gives to each call."""
    count: Any = None
    while isinstance(model, RunnableBinding):
        count = count or model.kwargs.get("n")
        model = model.bound
    count = count or getattr(model, "n", None)
    return count if isinstance(count, int) else 1


def build_candidates(
    catalog: Catalog,
    *,
    given: Mapping[str, Runnable[Any, Any]],
    endpoints: Mapping[str, Endpoint],
    settings: ModelSettings,
    limits: Mapping[str, TimeLimits],
    breaker: CircuitBreaker | None,
) -> dict[str, Candidate]:
    """Alias → candidate; catalog models are built when they are first called.

    Args:
        catalog: The catalog with their specs.
        given: Alias → model that the user brought.
        endpoints: Alias → endpoint, for all others.
        settings: Settings of the models that are built.
        limits: Alias → time limits of calls.
        breaker: Circuit breakers of all of them; `None`: none.
    """

    def candidate(spec: ModelSpec) -> Candidate:
        alias = spec.alias
        rest: Any = {"settings": settings, "limits": limits[alias], "breaker": breaker}
        if alias in given:
            return _from_model(spec, given[alias], **rest)
        return _from_spec(spec, endpoints[alias], **rest)

    return {alias: candidate(spec) for alias, spec in catalog.models.items()}


def _from_model(
    spec: ModelSpec,
    model: Runnable[Any, Any],
    *,
    settings: ModelSettings,
    limits: TimeLimits,
    breaker: CircuitBreaker | None,
) -> Candidate:
    """The candidate of a model that the user brought."""
    endpoint = endpoint_of(spec.alias, model)
    traits = Traits(
        composite=not is_single_model(model),
        tells_end=tells_end(model),
        limits=limits,
        bounded=is_bounded(model),
        mute=spec.reasoning and drops_thoughts(model),
        single_run=is_single_run(model),
        served_by=_served_by(spec, model),
        room=own_room(model),
        gate=_gate(spec, endpoint, breaker),
    )
    return Candidate(
        spec,
        lambda loop: adopted_model(
            model,
            limits,
            loop=loop,
            transport=settings.transport,
            thinks=spec.reasoning,
            provider=spec.provider,
        ),
        endpoint=endpoint,
        traits=traits,
    )


def _from_spec(
    spec: ModelSpec,
    endpoint: Endpoint,
    *,
    settings: ModelSettings,
    limits: TimeLimits,
    breaker: CircuitBreaker | None,
) -> Candidate:
    """The candidate of a catalog model, which is built when it is first called."""
    traits = Traits(
        tells_end=spec.finish_reason,
        limits=limits,
        bounded=True,
        single_run=True,
        served_by=spec.provider,
        gate=_gate(spec, endpoint, breaker),
    )
    return Candidate(
        spec,
        lambda loop: build_model(spec, endpoint, settings, limits=limits, loop=loop),
        endpoint=endpoint,
        traits=traits,
    )


def _served_by(spec: ModelSpec, model: Runnable[Any, Any]) -> str | None:
    """The provider of a user's model, as a `ChatOpenAI` always reports `openai`."""
    while isinstance(model, RunnableBinding):
        model = model.bound
    provider = provider_of(model)
    return spec.provider or provider if provider == "openai" else provider


def _gate(spec: ModelSpec, endpoint: Endpoint | str, breaker: CircuitBreaker | None) -> Gate | None:
    if breaker is None:
        return None
    return breaker.gate(spec.model, endpoint=endpoint, alias=spec.alias)


def build_breaker(given: Any, state: SharedState, *, shared: bool) -> CircuitBreaker | None:
    """The circuit breakers of a router.

    Args:
        given: The router's setting `breaker`.
        state: The router's state.
        shared: Whether other workers use that state, so that circuits are shared.
    """
    breaker = given_breaker(given)
    if breaker is not None and shared:
        breaker.share(state)
    return breaker


def merged_profile(catalog: Catalog) -> ModelProfile:
    """The profile of capabilities that callers can rely on.

    Windows are the smallest. What hard limits route by (inputs, tools) is
    there when any candidate has it; native structured output, for which there
    is no need to narrow the choice, only when all have it.
    """
    specs = list(catalog.models.values())
    windows = [s.context_window for s in specs if s.context_window is not None]
    outputs = [s.max_output_tokens for s in specs if s.max_output_tokens is not None]
    profile: ModelProfile = {
        "text_inputs": True,
        "image_inputs": any("image" in s.inputs for s in specs),
        "audio_inputs": any("audio" in s.inputs for s in specs),
        "pdf_inputs": any("pdf" in s.inputs for s in specs),
        "tool_calling": any(s.tools for s in specs),
        "tool_choice": any(s.tool_choice for s in specs),
        "structured_output": all("json_schema" in s.structured_output for s in specs),
        "reasoning_output": any(s.reasoning for s in specs),
    }
    if windows:
        profile["max_input_tokens"] = min(windows)
    if outputs:
        profile["max_output_tokens"] = min(outputs)
    return profile
