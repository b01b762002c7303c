"""One model that can answer: what it is called, what it can do and what it costs.

`ModelSpec` is a block of a catalog file, so it is a pydantic model; every fault of
a block is reported at once, as a `ConfigurationError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator, model_validator
from typing_extensions import override

from langchain_smartroute import catalog
from langchain_smartroute.catalog.checked import Checked
from langchain_smartroute.catalog.price import Price, price_at
from langchain_smartroute.types import Modality, SchemaMethod

__all__ = ["ModelSpec"]

_NATIVE_METHODS: tuple[SchemaMethod, ...] = ("json_schema", "json_mode")

_GIVES_LOGPROBS = frozenset({"openai", "azure", "azure_openai", "deepseek", "openrouter"})

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class ModelSpec(Checked):
    """One model: names, endpoint, prices, capabilities and quality priors.

    A capability that is left out is taken as present, a window that is left out
    as unlimited: only what is known to be missing rules a candidate out. Except for
    `inputs`: a model that is not said to see pictures is not sent any.

    Attributes:
        alias: The name that tables, rules and reports use.
        model: The name that the API knows; the alias where left out.
        provider: Who serves it, in the names of genai-prices and LangSmith.
        base_url: Its own endpoint, where it differs from the gateway's.
        api_key_env: Name of the environment variable with that endpoint's key.
        default_headers: Sent with each request, such as `HTTP-Referer`; values are not shown.
        default_query: Put into the URL of each request, likewise.
        prices: Dated prices; of those in force the latest counts. Empty: unknown.
        priced_by_name: Whether genai-prices may be asked for a price by its name and provider,
            where the catalog has none; `false` for a server that only borrows a known name.
        context_window: Tokens of prompt and answer together.
        max_output_tokens: The longest answer, in tokens.
        image_tokens: The most tokens that it counts for one picture; where left out, spend
            limits take the most that any model is known to count.
        inputs: What it can read: `text`, `image`, `audio`, `pdf`.
        tools: Whether it can call tools.
        tool_choice: Whether a tool call can be forced.
        structured_output: Native methods, `json_schema` and `json_mode`; `true`
            and `false` stand for both and none. Function calling follows from `tools`.
        system_messages: Whether it takes system messages.
        temperature: Whether it takes a temperature.
        reasoning: Whether its answers come with their reasoning.
        logprobs: Whether it gives log-probabilities; `None`: taken as so for models of
            OpenAI and DeepSeek, and behind OpenRouter, that do not reason.
        finish_reason: Whether its streams say how they end, by a finish reason or by
            `[DONE]`; where they do not, one that was cut off cannot be told from a whole one.
        strengths: What its provider or the catalog's author names it good at.
        quality: Task → prior in [0, 1] that its answer is good enough.
        quality_source: Where the priors come from.
        connect_timeout_s: Its own time limits, in seconds; `None`: the router's.
        first_token_timeout_s: As above.
        idle_timeout_s: As above.
        timeout_s: As above.
        sources: Capability → where it is stated.

    Example:
        >>> spec = ModelSpec(alias="fast", model="gpt-4o-mini", inputs=["text", "image"])
        >>> sorted(spec.inputs), spec.price
        (['image', 'text'], None)
    """

    alias: Annotated[str, Field(min_length=1)]
    model: str = ""
    provider: str = "openai"
    base_url: str | None = None
    api_key_env: str | None = None
    default_headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    default_query: Mapping[str, SecretStr] = Field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    priced_by_name: bool = True
    context_window: Annotated[int, Field(gt=0)] | None = None
    max_output_tokens: Annotated[int, Field(gt=0)] | None = None
    image_tokens: Annotated[int, Field(gt=0)] | None = None
    inputs: frozenset[Modality] = frozenset({"text"})
    tools: bool = True
    tool_choice: bool = True
    structured_output: frozenset[SchemaMethod] = frozenset(_NATIVE_METHODS)
    system_messages: bool = True
    temperature: bool = True
    reasoning: bool = False
    logprobs: bool | None = None
    finish_reason: bool = True
    strengths: tuple[str, ...] = ()
    quality: Mapping[str, Share] = Field(default_factory=dict)
    quality_source: str = ""
    connect_timeout_s: Seconds | None = None
    first_token_timeout_s: Seconds | None = None
    idle_timeout_s: Seconds | None = None
    timeout_s: Seconds | None = None
    sources: Mapping[str, str] = Field(default_factory=dict)

    @classmethod
    @override
    def elsewhere(cls) -> Mapping[str, str]:
        """LiteLLM's names for a model's settings, and others → what to write instead."""
        return catalog.OF_MODELS

    @model_validator(mode="before")
    @classmethod
    def _api_name_defaults_to_alias(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and not data.get("model"):
            return {**data, "model": data.get("alias", "")}
        return data

    @field_validator("structured_output", mode="before")
    @classmethod
    def _bool_means_all_or_none(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return frozenset(_NATIVE_METHODS) if value else frozenset()
        return value

    @field_validator("temperature", mode="before")
    @classmethod
    def _is_whether_and_not_which(cls, value: Any) -> Any:
        """`temperature = 0` would be read as a model that takes none."""
        if isinstance(value, bool):
            return value
        message = (
            "must be true or false, whether it takes a temperature; which one is the router's"
            " temperature= or a call's"
        )
        raise ValueError(message)

    @property
    def price(self) -> Price | None:
        """The price of the latest date, or `None` when unknown."""
        return max(self.prices, key=lambda price: price.date, default=None)

    def price_at(self, at: datetime | None) -> Price | None:
        """The price for a call at a time, its hours of the day resolved.

        Args:
            at: When the call is made; `None`: the latest price, outside special hours.
        """
        return price_at(self.prices, at)

    @property
    def gives_logprobs(self) -> bool:
        """Whether log-probabilities can be asked for without risking the call."""
        if self.logprobs is not None:
            return self.logprobs
        # DeepSeek's and OpenAI's models that reason refuse a request for them.
        return self.provider in _GIVES_LOGPROBS and self.temperature and not self.reasoning

    def schema_methods(self) -> frozenset[SchemaMethod]:
        """Every way in which this model can give structured output."""
        calling: frozenset[SchemaMethod] = frozenset({"function_calling"} if self.tools else ())
        return self.structured_output | calling
