"""The settings of a router, validated and compiled into an engine once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from langchain_core.language_models.base import LangSmithParams
from pydantic import (
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)
from typing_extensions import override

from langchain_smartroute import catalog as catalogs
from langchain_smartroute import classify, execution
from langchain_smartroute.accounting import OnBackendError, OnLimitReached, SpendLimit
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution import TransportChoice, chosen_transport
from langchain_smartroute.routing import RouteOptions
from langchain_smartroute.runnable import making
from langchain_smartroute.runnable.calls import ChatCalls
from langchain_smartroute.types import Sticky, StreamPolicy, Tier

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.engine import Engine

__all__ = ["ConfiguredModel"]


def _none_for_false(value: Any) -> Any:
    """Convert `False`, which means no limit in files, to `None`, as TOML has no null."""
    return None if value is False else value


def _usual_signs() -> Any:
    return classify.StuckSigns()


def _usual_breaker() -> Any:
    return execution.CircuitBreaker()


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Limit = Annotated[Seconds | None, BeforeValidator(_none_for_false)]


class ConfiguredModel(ChatCalls):
    """The settings of a router, validated and compiled once.

    The attributes are described in `SmartRouterRunnable`.
    """

    catalog: Any = "default"
    base_url: str | None = None
    api_key: SecretStr | None = None
    api_key_env: str | None = None
    tier: Tier = "balanced"
    model: str | None = None
    max_cost_usd: Decimal | None = None
    on_limit: OnLimitReached = "raise"
    prices: Mapping[str, Any] = Field(default_factory=dict)
    spend_limits: Sequence[SpendLimit] = ()
    state: Any = None
    answer_room_tokens: int = Field(default=4096, gt=0)
    on_backend_error: OnBackendError = "deny"
    on_decision: Any = Field(default=None, exclude=True)
    on_feedback: Any = Field(default=None, exclude=True)
    ledger: Any = None
    redact: Any = Field(default=None, exclude=True)
    policy: Any = Field(default="table", exclude=True)
    rules: Sequence[Any] = ()
    fallbacks: Mapping[str, Any] = Field(default_factory=dict, examples=["{'main': ['spare']}"])
    max_attempts: int = Field(default=3, ge=1)
    classifier: Any = None
    checks: Sequence[Any] | None = None
    cascade: Any = None
    stream_policy: StreamPolicy = "first_token"
    sticky: Sticky = "rise"
    sticky_idle_s: Seconds = 3600.0
    stuck: Any = Field(default_factory=_usual_signs, exclude=True)
    models: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    temperature: float | None = None
    max_tokens: int | None = Field(default=None, gt=0)
    stop: list[str] | None = None
    connect_timeout_s: Limit = 5.0
    first_token_timeout_s: Limit = 10.0
    idle_timeout_s: Limit = 15.0
    timeout_s: Limit = Field(default=60.0, validation_alias=AliasChoices("timeout_s", "timeout"))
    deadline_s: Limit = None
    max_retry_after_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    max_answer_chars: int = Field(default=1_000_000, gt=0)
    on_content_filter: Literal["raise", "fallback"] = "raise"
    breaker: Any = Field(default_factory=_usual_breaker, exclude=True)
    transport: TransportChoice = "auto"
    default_headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    default_query: Mapping[str, SecretStr] = Field(default_factory=dict)
    max_retries: int | None = None
    streaming: bool | None = None

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        # This base class itself is not instantiated.
        defer_build=True,
    )

    _engine: Engine = PrivateAttr()
    _changed: dict[str, Any] = PrivateAttr(default_factory=dict)
    """Arguments that were changed after the models were built with other ones."""

    def __init__(self, **data: Any) -> None:
        if data.get("models") and "catalog" not in data:
            # Without a catalog, the models form one, as with `from_models`.
            data["catalog"], data["models"] = making.catalog_of_models(
                data["models"], routes=None, default=None
            )
        try:
            super().__init__(**data)
        except ValidationError as error:
            known = {**type(self).model_fields, **making.IN_CATALOGS}
            others = {**making.IN_CHAT_MODELS, **making.IN_OTHER_ROUTERS}
            elsewhere = {**others, **making.IN_CATALOGS}
            faults = catalogs.faults_of(error, known=known, elsewhere=elsewhere)
            raise ConfigurationError(*faults) from None

    @field_validator("spend_limits", mode="before")
    @classmethod
    def _one_limit_is_a_list_of_one(cls, value: Any) -> Any:
        return [value] if isinstance(value, SpendLimit) else value

    @override
    def model_post_init(self, _context: Any, /) -> None:
        """Validate and compile the settings; builds no model and opens no connection."""
        assembly = making.assemble(self)
        self._engine = assembly.engine
        if self.profile is None:
            self.profile = assembly.profile
            # It follows from the candidates, so a copy with others computes it again.
            self.model_fields_set.discard("profile")

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
            catalog: `default`, `openai` (needs only an OpenAI key), `openrouter` (only an
                OpenRouter key), a path to a TOML file, a mapping or a `Catalog`.
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
        catalog, runnables = making.catalog_of_models(models, routes=routes, default=default)
        return cls(
            catalog=catalog, models=runnables, rules=rules, fallbacks=fallbacks or {}, **settings
        )

    @classmethod
    def from_config(cls, source: str | Path | Mapping[str, Any], **overrides: Any) -> Self:
        """Build a router from what `to_config` gives, or from a TOML or JSON file of it.

        Args:
            source: A path or the mapping itself.
            **overrides: Attributes that override the file's.

        Raises:
            ConfigurationError: Listing everything that is wrong.
        """
        return cls(**{**making.read_settings(source), **overrides})

    def to_config(self) -> dict[str, Any]:
        """Everything needed to build this router again, as JSON values; never a key.

        The URLs of state and ledger are as they were given, with a password that is in them.

        Raises:
            ConfigurationError: Naming what cannot be written, such as a rule
                whose condition is a callable.
        """
        return making.written_settings(self)

    @override
    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """The attributes without passwords, with the transport that is actually used."""
        # Loaded on first use, as few programs show a router.
        from langchain_smartroute.types import without_password  # noqa: PLC0415

        settings = [(n, v) for n, v in super().__repr_args__() if n != "transport"]
        shown = [(name, without_password(value)) for name, value in settings]
        return [*shown, ("transport", chosen_transport(self.transport))]

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
        model = kwargs.get("model") or self.model
        params = LangSmithParams(
            ls_provider="smartroute",
            ls_model_name=str(model or f"{self._engine.policy.catalog.name}/{self.tier}"),
            ls_model_type="chat",
        )
        if self.temperature is not None:
            params["ls_temperature"] = self.temperature
        if self.max_tokens is not None:
            params["ls_max_tokens"] = self.max_tokens
        if stop or self.stop:
            params["ls_stop"] = stop or self.stop or []
        return params
