"""What a caller may choose for one request: tier, model, price ceiling, deadline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from langchain_smartroute.errors import InvalidRequestError
from langchain_smartroute.types import TIERS, Tier

__all__ = ["RouteOptions"]

_KEYS = ("tier", "model", "max_cost_usd", "deadline_s", "conversation")
_OF_CONFIGS = ("metadata", "tags", "callbacks", "run_name", "run_id")
_OF_ROUTERS = frozenset(
    (
        "answer_room_tokens",
        "api_key",
        "api_key_env",
        "base_url",
        "breaker",
        "cache",
        "cascade",
        "catalog",
        "checks",
        "classifier",
        "connect_timeout_s",
        "default_headers",
        "default_query",
        "fallbacks",
        "first_token_timeout_s",
        "idle_timeout_s",
        "ledger",
        "max_answer_chars",
        "max_attempts",
        "max_retries",
        "max_retry_after_s",
        "on_backend_error",
        "on_content_filter",
        "on_decision",
        "on_feedback",
        "on_limit",
        "policy",
        "prices",
        "rate_limiter",
        "redact",
        "rules",
        "spend_limits",
        "state",
        "sticky",
        "sticky_idle_s",
        "stream_policy",
        "stuck",
        "timeout_s",
        "transport",
    )
)
"""Settings that a router is made with, and no call takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """What a caller may choose for one request.

    Attributes:
        tier: How to trade money for quality.
        model: Alias to route to, past rules and table; `None`: decide.
        max_cost_usd: Ceiling on the estimated cost of a call; `None`: none.
        deadline_s: Seconds for all attempts and waits together; `None`: no limit.
        conversation: Key of the conversation that the request belongs to; `None`: LangGraph's
            `thread_id`, if there is one.

    Example:
        >>> RouteOptions().updated({"tier": "quality"}, aliases=["gpt-4o"]).tier
        'quality'
    """

    tier: Tier = "balanced"
    model: str | None = None
    max_cost_usd: Decimal | None = None
    deadline_s: float | None = None
    conversation: str | None = None

    def updated(self, changes: Any, *, aliases: Sequence[str]) -> RouteOptions:
        """Lay a caller's choices over these.

        Args:
            changes: A mapping with any of `tier`, `model`, `max_cost_usd`,
                `deadline_s`, `conversation`; a value of `None` leaves it undecided.
            aliases: The aliases that the catalog knows.

        Raises:
            InvalidRequestError: For an unknown key or value, listing the valid ones.
        """
        if changes is None:
            return self
        if not isinstance(changes, Mapping):
            raise InvalidRequestError(
                f"smartroute = {changes!r}: must be a mapping with any of {', '.join(_KEYS)}"
            )
        unknown = sorted(str(key) for key in changes if key not in _KEYS)
        if unknown:
            raise InvalidRequestError(
                f"smartroute option {unknown[0]!r} is unknown; use any of {', '.join(_KEYS)}"
            )
        tier = changes.get("tier")
        tier = self.tier if tier is None else tier
        if tier not in TIERS:
            raise InvalidRequestError(f"tier = {tier!r} is unknown; use one of {', '.join(TIERS)}")
        model = changes.get("model", self.model)
        if model is not None and model not in aliases:
            raise InvalidRequestError(
                f"model = {model!r} is not in the catalog; use one of {', '.join(aliases)}"
            )
        ceiling = changes.get("max_cost_usd", self.max_cost_usd)
        return replace(
            self,
            tier=cast("Tier", tier),
            model=model,
            max_cost_usd=_ceiling(ceiling),
            deadline_s=_deadline(changes.get("deadline_s", self.deadline_s)),
            conversation=_conversation(changes.get("conversation", self.conversation)),
        )

    def taken_from(self, arguments: dict[str, Any], *, aliases: Sequence[str]) -> RouteOptions:
        """Take `model`, LangChain's own way of naming another one, out of a call's arguments.

        Args:
            arguments: What the model is called with; `model` is removed.
            aliases: The aliases that the catalog knows.

        Raises:
            InvalidRequestError: For an unknown model, and for another option, a setting of the
                router or what belongs to the call's config among them: it would go to the
                provider, and count for nothing.
        """
        for name in _KEYS:
            if name != "model" and name in arguments:
                raise InvalidRequestError(_misplaced(name, arguments[name]))
        for name in _OF_CONFIGS:
            if name in arguments:
                raise InvalidRequestError(
                    f"{name}: belongs to the call's config, not to the parameters of a model; give"
                    f' config={{"{name}": …}} (or, for a provider\'s own, extra_body)'
                )
        setting = min(_OF_ROUTERS & arguments.keys(), default=None)
        if setting is not None:
            raise InvalidRequestError(_of_router(setting))
        if "model" in arguments:
            return self.updated({"model": arguments.pop("model")}, aliases=aliases)
        return self


def _misplaced(name: str, value: Any) -> str:
    by_route = "" if name == "conversation" else f"router.with_route({name}=…), or with "
    return (
        f"{name} = {value!r}: is an option of the router, not a parameter of a model; choose it"
        f' with {by_route}config={{"configurable": {{"smartroute": {{"{name}": …}}}}}}'
    )


def _of_router(name: str) -> str:
    by_call = "; a call has timeout=" if name == "timeout_s" else ""
    return (
        f"{name}: is a setting of the router, not a parameter of a model; give it where the router"
        f" is made, or to a model object{by_call} (or, for a provider's own, extra_body)"
    )


def _conversation(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and value):
        raise InvalidRequestError(
            f"conversation = {value!r}: must be a key of yours, such as the id of a chat"
        )
    return value


def _deadline(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidRequestError(f"deadline_s = {value!r}: must be seconds above zero, such as 30")
    return float(value)


def _ceiling(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise InvalidRequestError(
            f"max_cost_usd = {value!r}: must be US dollars, zero or more, such as 0.01"
        )
    return amount
