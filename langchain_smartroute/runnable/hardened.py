"""How a router calls: whose connections, what is sent along, limits, retries, breakers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from typing_extensions import override

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.execution import (
    CircuitBreaker,
    Conduct,
    RetryPolicy,
    TimeLimits,
    TransportChoice,
    chosen_transport,
)
from langchain_smartroute.runnable.calls import ChatCalls

__all__ = ["HardenedModel"]


def _none_for_false(value: Any) -> Any:
    """What a file says for no limit, as TOML has no null."""
    return None if value is False else value


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Limit = Annotated[Seconds | None, BeforeValidator(_none_for_false)]


class HardenedModel(ChatCalls):
    """A chat model with limits on time and size, and a view of failures.

    The attributes are described in `SmartRouterRunnable`.
    """

    connect_timeout_s: Limit = 5.0
    first_token_timeout_s: Limit = 10.0
    idle_timeout_s: Limit = 15.0
    timeout_s: Limit = Field(default=60.0, validation_alias=AliasChoices("timeout_s", "timeout"))
    deadline_s: Limit = None
    max_retry_after_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    max_answer_chars: int = Field(default=1_000_000, gt=0)
    on_content_filter: Literal["raise", "fallback"] = "raise"
    breaker: Any = Field(default_factory=CircuitBreaker, exclude=True)
    transport: TransportChoice = "auto"
    default_headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    default_query: Mapping[str, SecretStr] = Field(default_factory=dict)

    @override
    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """The attributes, and the transport that is used, whatever was asked for."""
        told = [(name, value) for name, value in super().__repr_args__() if name != "transport"]
        return [*told, ("transport", chosen_transport(self.transport))]

    @property
    def _conduct(self) -> Conduct:
        """How failures are gone about."""
        return Conduct(
            retry=RetryPolicy(max_retry_after_s=self.max_retry_after_s),
            max_answer_chars=self.max_answer_chars,
            reroutes_filtered=self.on_content_filter == "fallback",
        )

    def _limits_of(self, catalog: Catalog) -> dict[str, TimeLimits]:
        """Alias → how long a call of it may take."""
        general = TimeLimits(
            connect_timeout_s=self.connect_timeout_s,
            first_token_timeout_s=self.first_token_timeout_s,
            idle_timeout_s=self.idle_timeout_s,
            timeout_s=self.timeout_s,
        )
        is_default = "first_token_timeout_s" not in self.model_fields_set
        return {
            alias: general.of_model(spec, first_token_is_default=is_default)
            for alias, spec in catalog.models.items()
        }
