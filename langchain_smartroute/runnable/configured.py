"""What a router is made from: its settings, checked and compiled into an engine once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Self

from langchain_core.language_models.base import LangSmithParams
from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from typing_extensions import override

from langchain_smartroute.accounting import CostCallbackHandler
from langchain_smartroute.catalog import Catalog, faults_of, with_prices
from langchain_smartroute.engine import Engine
from langchain_smartroute.errors import ConfigurationError, InvalidRequestError
from langchain_smartroute.execution import (
    ModelSettings,
    chosen_transport,
    resolve_endpoints,
)
from langchain_smartroute.routing import RouteOptions, as_rules
from langchain_smartroute.runnable.build import (
    build_breaker,
    build_candidates,
    catalog_of_models,
    checked_fallbacks,
    merged_profile,
)
from langchain_smartroute.runnable.checking import build_cascade, given_checks
from langchain_smartroute.runnable.classifiers import given_classifier, say_unheard_tasks
from langchain_smartroute.runnable.deciding import DecidingModel, feedback_for
from langchain_smartroute.runnable.policies import given_policy
from langchain_smartroute.runnable.settings import read_settings, written_settings
from langchain_smartroute.state import open_state
from langchain_smartroute.types import StreamPolicy, Tier

__all__ = ["ConfiguredModel"]

_PASSED_ON = ("cache", "disable_streaming", "output_version", "rate_limiter", "streaming")
"""Fields of a chat model that the models built by the router take over."""


class ConfiguredModel(DecidingModel):
    """What a router is made from, checked and compiled once.

    The attributes are described in `SmartRouterRunnable`.
    """

    catalog: Any = "default"
    base_url: str | None = None
    api_key: SecretStr | None = None
    api_key_env: str | None = None
    tier: Tier = "balanced"
    model: str | None = None
    max_cost_usd: Decimal | None = None
    rules: Sequence[Any] = ()
    fallbacks: Mapping[str, Any] = Field(default_factory=dict)
    max_attempts: int = Field(default=3, ge=1)
    classifier: Any = None
    checks: Sequence[Any] | None = None
    cascade: Any = None
    stream_policy: StreamPolicy = "first_token"
    models: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    temperature: float | None = None
    max_tokens: int | None = Field(default=None, gt=0)
    stop: list[str] | None = None
    max_retries: int | None = None
    streaming: bool | None = None

    model_config = ConfigDict(
        extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    _costs: CostCallbackHandler | None = PrivateAttr(default=None)

    def __init__(self, **data: Any) -> None:
        if data.get("models") and "catalog" not in data:
            # Models alone are their own catalog, as with `from_models`.
            data["catalog"], data["models"] = catalog_of_models(
                data["models"], routes=None, default=None
            )
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigurationError(*faults_of(error)) from error

    @override
    def model_post_init(self, _context: Any, /) -> None:
        """Check the whole and compile it; builds no model and opens no connection."""
        catalog = with_prices(Catalog.load(self.catalog), self.prices)
        aliases = tuple(catalog.models)
        self._check_choices(aliases)
        say_unheard_tasks(catalog.routes, self.classifier)
        policy = given_policy(
            self.policy,
            catalog=catalog,
            rules=as_rules(self.rules, aliases=aliases),
            fallbacks=checked_fallbacks(self.fallbacks, catalog),
            max_attempts=self.max_attempts,
            # A callable is for spend limits: a ceiling has no error to ask it about.
            on_limit="raise" if callable(self.on_limit) else self.on_limit,
            sticky=self.sticky,
        )
        endpoints = resolve_endpoints(
            [spec for alias, spec in catalog.models.items() if alias not in self.models],
            catalog=catalog,
            base_url=self.base_url,
            api_key=self.api_key,
            api_key_env=self.api_key_env,
            environ=os.environ,
        )
        settings = ModelSettings(
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            stop=self.stop,
            extra={n: v for n in _PASSED_ON if (v := getattr(self, n)) is not None},
            transport=chosen_transport(self.transport),
        )
        # Nothing is connected to before it is used.
        state = open_state(self.state)
        breaker = build_breaker(self.breaker, state, shared=self.state is not None)
        build = partial(build_candidates, settings=settings, breaker=breaker)
        candidates = build(
            catalog, given=self.models, endpoints=endpoints, limits=self._limits_of(catalog)
        )
        checks, cascade = given_checks(self)
        self._engine = Engine(
            policy=policy,
            classifier=given_classifier(self.classifier),
            candidates=candidates,
            conduct=self._conduct,
            name=self.get_name(),
            checks=checks,
            cascade=build_cascade(
                checks, cascade, candidates=candidates, build=build, limits_of=self._limits_of
            ),
            stream_policy=self.stream_policy,
            **self._knowing_conversations(state),
            limits=self._spend_limits_in(state),
            on_decision=self._decision_sink,
            feedback=feedback_for(
                policy, self.on_feedback, state=None if self.state is None else state
            ),
        )
        self._costs = self._cost_handler(catalog)
        if self.profile is None:
            self.profile = merged_profile(catalog)

    @classmethod
    def from_catalog(
        cls,
        *,
        tier: Tier = "balanced",
        base_url: str | None = None,
        api_key: str | SecretStr | None = None,
        catalog: str | Path | Mapping[str, Any] | Catalog = "default",
        **settings: Any,
    ) -> Self:
        """Route among the models of a catalog.

        Key and base URL come as a pair from one source: the arguments, the
        catalog's own endpoint, `SMARTROUTE_BASE_URL` with `SMARTROUTE_API_KEY`,
        or `OPENAI_BASE_URL` with `OPENAI_API_KEY`. A loopback URL needs no key.

        Args:
            tier: How to trade money for quality.
            base_url: The gateway.
            api_key: Its key.
            catalog: `default`, `openai` (an OpenAI key alone), `openrouter` (an
                OpenRouter key alone), a path to a TOML file, a mapping or a `Catalog`.
            **settings: Any other attribute of this class.

        Raises:
            ConfigurationError: Listing everything that is wrong.
        """
        return cls(tier=tier, base_url=base_url, api_key=api_key, catalog=catalog, **settings)

    @classmethod
    def from_models(
        cls,
        models: Mapping[str, Any],
        *,
        routes: Mapping[str, Any] | None = None,
        default: str | None = None,
        rules: Sequence[Any] = (),
        fallbacks: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Self:
        """Route among models of your own.

        Args:
            models: Alias → chat model or another runnable, a name for
                `init_chat_model`, or a `ModelSpec`. Capabilities come from a
                model's `profile`, prices from the shipped catalogs by its name.
            routes: Task → alias, or a row per tier as in a catalog file.
            default: Alias for tasks without a row; the first model where left out.
            rules: Rules or `(when, use)` pairs, asked before the routes.
            fallbacks: Alias → aliases to try first when it fails.
            **settings: Any other attribute of this class.

        Raises:
            ConfigurationError: Listing everything that is wrong.
        """
        catalog, given = catalog_of_models(models, routes=routes, default=default)
        return cls(
            catalog=catalog, models=given, rules=rules, fallbacks=fallbacks or {}, **settings
        )

    @classmethod
    def from_config(cls, source: str | Path | Mapping[str, Any], **overrides: Any) -> Self:
        """Build a router from what `to_config` gives, or from a TOML or JSON file of it.

        Args:
            source: A path or the mapping itself.
            **overrides: Attributes that count instead of the file's.

        Raises:
            ConfigurationError: Listing everything that is wrong.
        """
        return cls(**{**read_settings(source), **overrides})

    def to_config(self) -> dict[str, Any]:
        """Everything needed to build this router again, as JSON values; never a key.

        Raises:
            ConfigurationError: Naming what cannot be written, such as a rule
                whose condition is a callable.
        """
        return written_settings(self)

    def _check_choices(self, aliases: Sequence[str]) -> None:
        """The router's own model and ceiling, held to what a call's are held to."""
        try:
            RouteOptions().updated(
                {"model": self.model, "max_cost_usd": self.max_cost_usd}, aliases=aliases
            )
        except InvalidRequestError as error:
            raise ConfigurationError(str(error)) from None

    @property
    def _aliases(self) -> tuple[str, ...]:
        return tuple(self._engine.candidates)

    @property
    def _options(self) -> RouteOptions:
        return RouteOptions(
            tier=self.tier,
            model=self.model,
            max_cost_usd=self.max_cost_usd,
            deadline_s=self.deadline_s,
        )

    @property
    @override
    def _llm_type(self) -> str:
        return "smartroute"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "catalog": self._engine.policy.catalog.name,
            "models": list(self._aliases),
            "tier": self.tier,
            "model": self.model,
        }

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        named = kwargs.get("model") or self.model
        params = LangSmithParams(
            ls_provider="smartroute",
            ls_model_name=str(named or f"{self._engine.policy.catalog.name}/{self.tier}"),
            ls_model_type="chat",
        )
        if self.temperature is not None:
            params["ls_temperature"] = self.temperature
        if self.max_tokens is not None:
            params["ls_max_tokens"] = self.max_tokens
        if stop or self.stop:
            params["ls_stop"] = stop or self.stop or []
        return params
