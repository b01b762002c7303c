"""Reports the cost of each model run in LangSmith's own field.

LangSmith prices a run by its model's name, which a gateway's alias may not match, and it does
not have the caller's prices. `usage_metadata` in a run's metadata has precedence. Costs are put
there, and not into a message's usage: LangChain adds usages up and drops any that contains a
float.

LangSmith's tracer reads the usage and sends the run in one step, so it is replaced by a
subclass for the runs of an attempt; both share one map of runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.messages import AIMessage
from langchain_core.tracers.langchain import LangChainTracer
from typing_extensions import override

from langchain_smartroute.catalog import (
    Price,
    cost_usd,
    estimated_usage,
    holds_anything,
    is_cache_hit,
    usage_of,
)
from langchain_smartroute.tracing import API_MODEL_KEY, INPUT_TOKENS_KEY, MODEL_KEY, PRICE_KEY
from langchain_smartroute.types import Usage

__all__ = ["price_runs"]


class _PricingTracer(LangChainTracer):
    """A LangSmith tracer that adds the cost of each model run of an attempt."""

    @staticmethod
    @override
    def _update_run_single(run: Any) -> None:
        metadata = run.extra.get("metadata") or {}
        message = _message_of(run.outputs) if run.run_type == "llm" else None
        price = _price_of(metadata)
        if message is not None and price is not None:
            run.extra["metadata"] = {**metadata, **_account(message, price, metadata)}
        LangChainTracer._update_run_single(run)  # noqa: SLF001 - what this class adds to


def price_runs(manager: BaseCallbackManager) -> None:
    """Add costs to the LangSmith runs below an attempt's callback manager."""
    for handlers in (manager.handlers, manager.inheritable_handlers):
        for place, handler in enumerate(handlers):
            # Exactly that class, as a user's subclass may behave differently.
            if type(handler) is LangChainTracer:
                handlers[place] = _pricing(handler)


def _pricing(tracer: LangChainTracer) -> LangChainTracer:
    """The tracer that replaces another one; it shares its state."""
    found: LangChainTracer | None = tracer.__dict__.get("_smartroute_pricing")
    if found is None:
        found = object.__new__(_PricingTracer)
        found.__dict__ = tracer.__dict__
        tracer.__dict__["_smartroute_pricing"] = found
    return found


def _message_of(outputs: Mapping[str, Any] | None) -> AIMessage | None:
    """The message in a run's outputs."""
    for batch in (outputs or {}).get("generations") or ():
        for generation in batch:
            fields = (generation.get("message") or {}).get("kwargs")
            if isinstance(fields, Mapping):
                return AIMessage(
                    content=fields.get("content") or "",
                    tool_calls=fields.get("tool_calls") or [],
                    usage_metadata=fields.get("usage_metadata"),
                    response_metadata=fields.get("response_metadata") or {},
                )
    return None


def _price_of(metadata: Mapping[str, Any]) -> Price | None:
    """The price of the attempt's candidate, if the run is one of that model."""
    texts = metadata.get(PRICE_KEY)
    names = (None, metadata.get(MODEL_KEY), metadata.get(API_MODEL_KEY))
    if not texts or metadata.get("ls_model_name") not in names:
        return None
    return Price(**texts)


def _account(message: AIMessage, price: Price, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A run's cost in LangSmith's form, and as an exact amount."""
    known: Mapping[str, Any] = metadata.get("usage_metadata") or {}
    costs: dict[str, Decimal] = {"total_cost": Decimal(0)}
    if not is_cache_hit(message):
        usage = usage_of(message)
        if usage is None:
            room = metadata.get(INPUT_TOKENS_KEY) or 0
            usage = Usage()
            if holds_anything(message):
                usage = estimated_usage(message, input_tokens=room)
            known = {
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "total_tokens": usage.total_tokens,
            }
        found = _costs(usage, price)
        if found is None:
            return {}
        costs = found
    shown = {name: float(cost) for name, cost in costs.items()}
    return {
        "usage_metadata": {**known, **shown},
        "smartroute_run_cost": f"{costs['total_cost']:f}",
    }


def _costs(usage: Usage, price: Price) -> dict[str, Decimal] | None:
    asked = replace(
        usage,
        output_tokens=0,
        reasoning_tokens=0,
        output_audio_tokens=0,
        output_image_tokens=0,
    )
    total, inputs = cost_usd(usage, price), cost_usd(asked, price)
    if total is None or inputs is None:
        return None
    return {"input_cost": inputs, "output_cost": total - inputs, "total_cost": total}
