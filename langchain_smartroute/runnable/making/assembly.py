"""Validates a router's settings as a whole and compiles them into an engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting import as_decision_sink, as_score_sink
from langchain_smartroute.catalog import Catalog, with_prices
from langchain_smartroute.engine import Conversations, Engine, Feedback, SharedLessons
from langchain_smartroute.errors import ConfigurationError, InvalidRequestError
from langchain_smartroute.execution import ModelSettings, chosen_transport, resolve_endpoints
from langchain_smartroute.routing import (
    QualityPolicy,
    QualityPredictor,
    RouteOptions,
    RulesFirst,
    as_rules,
)
from langchain_smartroute.runnable.making.build import (
    build_breaker,
    build_candidates,
    merged_profile,
)
from langchain_smartroute.runnable.making.checking import build_cascade, given_checks
from langchain_smartroute.runnable.making.classifiers import given_classifier, say_unheard_tasks
from langchain_smartroute.runnable.making.conduct import conduct_of, limits_of
from langchain_smartroute.runnable.making.fallbacks import checked_fallbacks
from langchain_smartroute.runnable.making.given import OF_MODELS, given_signs
from langchain_smartroute.runnable.making.policies import given_policy
from langchain_smartroute.runnable.making.spending import cost_handler, spend_limits_in
from langchain_smartroute.state import SharedState, open_state
from langchain_smartroute.tracing import refuse_async

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile

    from langchain_smartroute.runnable.configured import ConfiguredModel

__all__ = ["Assembled", "assemble"]

_PASSED_ON = ("cache", "disable_streaming", "output_version", "rate_limiter", "streaming")
"""Fields of a chat model that are passed on to the models built by the router."""

_HOOKS = ("on_decision", "on_feedback", "on_limit", "redact")
_OF_CALLS = ("temperature", "max_tokens", "stop")
_OF_BUILT_MODELS = (
    *_OF_CALLS,
    *_PASSED_ON,
    "base_url",
    "api_key",
    "api_key_env",
    "default_headers",
    "default_query",
)
"""Settings that reach only the models built by the router; their values may be secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The result of compiling a router.

    Attributes:
        engine: The engine.
        profile: Capabilities that hold for every candidate.
    """

    engine: Engine
    profile: ModelProfile


def assemble(router: ConfiguredModel) -> Assembled:
    """Validate and compile a router; builds no model and opens no connection.

    Raises:
        ConfigurationError: If a setting is invalid.
    """
    refuse_async(**{name: getattr(router, name) for name in _HOOKS})
    catalog = with_prices(Catalog.load(router.catalog), router.prices)
    return Assembled(
        engine=_engine_of(router, catalog),
        profile=merged_profile(catalog),
    )


def _engine_of(router: ConfiguredModel, catalog: Catalog) -> Engine:
    aliases = tuple(catalog.models)
    _check_choices(router, aliases)
    _check_effects(router, aliases)
    rules = as_rules(router.rules, aliases=aliases)
    say_unheard_tasks(catalog.routes, rules, router.classifier)
    policy = given_policy(
        router.policy,
        catalog=catalog,
        rules=rules,
        fallbacks=checked_fallbacks(router.fallbacks, catalog),
        max_attempts=router.max_attempts,
        # A callable applies to spend limits only, as a ceiling has no error to pass to it.
        on_limit="raise" if callable(router.on_limit) else router.on_limit,
        sticky=router.sticky,
    )
    endpoints = resolve_endpoints(
        [spec for alias, spec in catalog.models.items() if alias not in router.models],
        catalog=catalog,
        base_url=router.base_url,
        api_key=router.api_key,
        api_key_env=router.api_key_env,
        environ=os.environ,
        headers=router.default_headers,
        query=router.default_query,
    )
    settings = ModelSettings(
        temperature=router.temperature,
        max_tokens=router.max_tokens,
        stop=router.stop,
        extra={n: v for n in _PASSED_ON if (v := getattr(router, n)) is not None},
        transport=chosen_transport(router.transport),
    )
    # Connections are opened on first use.
    state = open_state(router.state)
    breaker = build_breaker(router.breaker, state, shared=router.state is not None)
    build = partial(build_candidates, settings=settings, breaker=breaker)
    limits = partial(limits_of, router)
    candidates = build(catalog, given=router.models, endpoints=endpoints, limits=limits(catalog))
    checks, cascade = given_checks(router)
    return Engine(
        policy=policy,
        classifier=given_classifier(router.classifier),
        candidates=candidates,
        conduct=replace(conduct_of(router), ledger=cost_handler(router, catalog)),
        name=router.get_name(),
        checks=checks,
        cascade=build_cascade(
            checks, cascade, candidates=candidates, build=build, limits_of=limits
        ),
        stream_policy=router.stream_policy,
        conversations=Conversations(state=state, idle_s=router.sticky_idle_s),
        stuck=given_signs(router.stuck),
        limits=spend_limits_in(router, state),
        on_decision=as_decision_sink(router.on_decision),
        feedback=_feedback_for(
            policy, router.on_feedback, state=None if router.state is None else state
        ),
    )


def _check_choices(router: ConfiguredModel, aliases: Sequence[str]) -> None:
    """Validate the router's own model and ceiling like those of a call."""
    try:
        RouteOptions().updated(
            {"model": router.model, "max_cost_usd": router.max_cost_usd}, aliases=aliases
        )
    except InvalidRequestError as error:
        raise ConfigurationError(str(error)) from None


def _check_effects(router: ConfiguredModel, aliases: Sequence[str]) -> None:
    """Refuse settings of models that the router builds if it was given only objects.

    Objects in the place of a catalog's models, as in tests, leave its settings without effect.
    """
    of_objects = isinstance(router.catalog, Catalog) and router.catalog.name == OF_MODELS
    if not of_objects or any(alias not in router.models for alias in aliases):
        return
    # LangChain's environment variables set some, for the given models too.
    given = [name for name in _OF_BUILT_MODELS if name in router.model_fields_set]
    unused = [name for name in given if not _is_off(getattr(router, name))]
    faults = [
        f"{name}: reaches no model, as all are objects and only models that the router builds"
        f" have it; set it on each of them{' or in the call' if name in _OF_CALLS else ''}"
        for name in unused
        # Spend limits send it to every model.
        if name != "max_tokens" or not router.spend_limits
    ]
    if faults:
        raise ConfigurationError(*faults)


def _is_off(value: Any) -> bool:
    # A temperature of 0 equals False, but is a temperature.
    return value is None or value is False or value == {}


def _feedback_for(policy: RulesFirst, on_feedback: Any, *, state: SharedState | None) -> Feedback:
    """The receiver of scores for a policy, with the policy's predictor if it has one.

    Args:
        policy: The router's.
        on_feedback: A callable that is told each score, or the path of a file for them.
        state: Shared state for what workers learn; `None`: not shared.
    """
    predictor = policy.predictor if isinstance(policy, QualityPolicy) else QualityPredictor()
    shared = None if state is None else SharedLessons.of(predictor, state)
    sink = as_score_sink(on_feedback)
    return Feedback(predictor, aliases=policy.catalog.models, on_feedback=sink, shared=shared)
