"""One model that can answer: what it is called, what it can do and what it costs.

`ModelSpec` and `Price` are the blocks of a catalog file, so they are pydantic
models; every fault of a block is reported at once, as a `ConfigurationError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Modality, SchemaMethod

__all__ = ["Checked", "ModelSpec", "Price", "faults_of"]

_NATIVE_METHODS: tuple[SchemaMethod, ...] = ("json_schema", "json_mode")

Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


def faults_of(error: ValidationError, *, where: str = "") -> list[str]:
    """Turn pydantic's findings into one line each: where, which value, what to do.

    Args:
        error: What pydantic found.
        where: The block that was read, such as `models.gpt-4o`.

    Returns:
        One line per fault.
    """
    lines: list[str] = []
    for found in error.errors(include_url=False):
        key = ".".join(str(part) for part in (where, *found["loc"]) if part != "")
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, ConfigurationError):
            lines += [f"{key}.{fault}" if key else fault for fault in cause.faults]
        elif found["type"] == "missing":
            lines.append(f"{key}: is missing; add it")
        elif found["type"] == "extra_forbidden":
            shown = _shown(key, found["input"])
            lines.append(f"{key} = {shown}: unknown key; remove it or correct its name")
        else:
            lines.append(
                f"{key} = {_shown(key, found['input'])}: {found['msg']}; correct the value"
            )
    return lines


def _shown(key: str, value: Any) -> str:
    """A value for a message; what may be a key, or holds one, is not repeated."""
    if not key or "api_key" in key:
        return "(not shown, as it may hold a key)"
    return repr(value)


class Checked(BaseModel):
    """A frozen block whose faults come as one `ConfigurationError`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigurationError(*faults_of(error)) from error


class Price(Checked):
    """What a provider charges, in US dollars per million tokens, on a date.

    Attributes:
        input_usd_per_mtok: Input tokens.
        output_usd_per_mtok: Output tokens, reasoning included.
        cached_input_usd_per_mtok: Input tokens read from the provider's cache;
            `None`: the source names no such price, they cost as much as others.
        source: Where the figures come from.
        date: The day on which they were checked.

    Example:
        >>> from datetime import date
        >>> Price(
        ...     input_usd_per_mtok="0.15",
        ...     output_usd_per_mtok="0.60",
        ...     source="the provider's price page",
        ...     date=date(2026, 11, 23),
        ... ).output_usd_per_mtok
        Decimal('0.60')
    """

    input_usd_per_mtok: Money
    output_usd_per_mtok: Money
    cached_input_usd_per_mtok: Money | None = None
    source: str
    date: date

    @property
    def texts(self) -> Mapping[str, str]:
        """The price as strings, as metadata carries it."""
        return _texts(self)


@lru_cache(maxsize=1024)
def _texts(price: Price) -> Mapping[str, str]:
    # Not a cached property: a copy with another price would take the old texts along.
    return price.model_dump(mode="json", exclude_none=True)


class ModelSpec(Checked):
    """One model: names, endpoint, prices, capabilities and quality priors.

    A capability that is left out is taken as present, a window that is left out
    as unlimited: only what is known to be missing rules a candidate out.

    Attributes:
        alias: The name that tables, rules and reports use.
        model: The name that the API knows; the alias where left out.
        provider: Who serves it, in the names of genai-prices and LangSmith.
        base_url: Its own endpoint, where it differs from the gateway's.
        api_key_env: Name of the environment variable with that endpoint's key.
        prices: Dated prices; the latest entry counts. Empty: unknown.
        context_window: Tokens of prompt and answer together.
        max_output_tokens: The longest answer, in tokens.
        inputs: What it can read: `text`, `image`, `audio`, `pdf`.
        tools: Whether it can call tools.
        tool_choice: Whether a tool call can be forced.
        structured_output: Native methods, `json_schema` and `json_mode`; `true`
            and `false` stand for both and none. Function calling follows from `tools`.
        system_messages: Whether it takes system messages.
        temperature: Whether it takes a temperature.
        reasoning: Whether its answers come with their reasoning.
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
    prices: tuple[Price, ...] = ()
    context_window: Annotated[int, Field(gt=0)] | None = None
    max_output_tokens: Annotated[int, Field(gt=0)] | None = None
    inputs: frozenset[Modality] = frozenset({"text"})
    tools: bool = True
    tool_choice: bool = True
    structured_output: frozenset[SchemaMethod] = frozenset(_NATIVE_METHODS)
    system_messages: bool = True
    temperature: bool = True
    reasoning: bool = False
    strengths: tuple[str, ...] = ()
    quality: Mapping[str, Share] = Field(default_factory=dict)
    quality_source: str = ""
    connect_timeout_s: Seconds | None = None
    first_token_timeout_s: Seconds | None = None
    idle_timeout_s: Seconds | None = None
    timeout_s: Seconds | None = None
    sources: Mapping[str, str] = Field(default_factory=dict)

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

    @property
    def price(self) -> Price | None:
        """The price of the latest date, or `None` when unknown."""
        return max(self.prices, key=lambda price: price.date, default=None)

    def schema_methods(self) -> frozenset[SchemaMethod]:
        """Every way in which this model can give structured output."""
        calling: frozenset[SchemaMethod] = frozenset({"function_calling"} if self.tools else ())
        return self.structured_output | calling
