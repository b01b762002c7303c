"""Metadata and tags of runs for tracers.

Metadata keys are flat and start with `smartroute_`, so that any tracer can filter
on them. They never contain a key or text of the prompt. The runs of a router:
one chain run per request with the decision, and below it the runs of the models
that were tried, each with its attempt. The result of a request is written to the metadata of
its run at the end, in every tracer that stores runs as LangChain's do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables.config import set_config_context

from langchain_smartroute.tracing.keys import (
    API_MODEL_KEY,
    ATTEMPT_KEY,
    DECISION_KEY,
    INPUT_TOKENS_KEY,
    MODEL_KEY,
    PRICE_KEY,
    PURPOSE_KEY,
    REQUEST_KEY,
    TASK_KEY,
    request_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextvars import Context
    from decimal import Decimal

    from langchain_core.callbacks import BaseCallbackHandler, Callbacks
    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.types import Attempt, Figures, RequestFeatures, RoutingDecision

__all__ = [
    "TAG",
    "answer_info",
    "attempt_metadata",
    "classifying",
    "decision_metadata",
    "decision_tags",
    "end_metadata",
    "end_tags",
    "is_attempt_run",
    "is_request_run",
    "tags_with",
    "with_handler",
]

TAG = "smartroute"
"""The tag of every run of a router, and how its other tags begin."""


def decision_metadata(
    decision: RoutingDecision, features: RequestFeatures, *, around: Mapping[str, Any]
) -> dict[str, Any]:
    """The metadata of a request's run and of every run below it.

    Args:
        decision: The decision.
        features: Features of the request.
        around: The metadata that the request came with; inside another
            router's attempt it names that router's request.
    """
    return _instead(around, ATTEMPT_KEY) | {
        REQUEST_KEY: request_of(around) or decision.id,
        DECISION_KEY: decision.id,
        "smartroute_route": decision.model,
        TASK_KEY: decision.task,
        "smartroute_difficulty": decision.difficulty,
        "smartroute_tier": decision.tier,
        "smartroute_policy": decision.policy,
        "smartroute_reason": decision.reason,
        "smartroute_excluded": "; ".join(f"{a}: {why}" for a, why in decision.excluded.items()),
        INPUT_TOKENS_KEY: features.input_tokens,
    }


def _instead(around: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """`None` for metadata of an outer router's attempt, which must not be inherited.

    Only for existing keys, as some tracers warn about `None` values.
    """
    return {name: None for name in names if around.get(name) is not None}


@contextmanager
def classifying(
    config: RunnableConfig | None,
    decision_id: str,
    *,
    ledger: BaseCallbackHandler | None = None,
) -> Iterator[Context]:
    """A context in which a classifier's model calls belong to the request.

    They are sent to the request's handlers and are part of its cost, but belong to no attempt,
    also inside another router's attempt.

    Args:
        config: The request's config.
        decision_id: Id of the decision.
        ledger: The handler of the router's ledger; `None`: it has none.
    """
    around = (config or {}).get("metadata") or {}
    metadata = {
        REQUEST_KEY: request_of(around) or decision_id,
        **_instead(around, DECISION_KEY, ATTEMPT_KEY),
        PURPOSE_KEY: "classifier",
    }
    own: RunnableConfig = {"metadata": {**around, **metadata}}
    if config is not None and config.get("callbacks") is not None:
        own["callbacks"] = config["callbacks"]
    if ledger is not None:
        own["callbacks"] = with_handler(own.get("callbacks"), ledger)
    with set_config_context(own) as context:
        yield context


def with_handler(callbacks: Callbacks, handler: BaseCallbackHandler) -> Callbacks:
    """A config's callbacks with another inheritable handler."""
    if not isinstance(callbacks, BaseCallbackManager):
        return [handler, *(callbacks or ())]
    manager = callbacks.copy()
    manager.add_handler(handler)
    return manager


def decision_tags(decision: RoutingDecision) -> list[str]:
    """The tags of a request's run and of every run below it, to filter by."""
    return [
        TAG,
        f"{TAG}:route:{decision.model}",
        f"{TAG}:task:{decision.task}",
        f"{TAG}:difficulty:{decision.difficulty}",
        f"{TAG}:tier:{decision.tier}",
    ]


def tags_with(tags: Sequence[str] | None, own: Sequence[str]) -> list[str]:
    """A config's tags with a router's own, which replace those of an outer router."""
    return [*(tag for tag in tags or () if not _is_ours(tag)), *own]


def _is_ours(tag: object) -> bool:
    # LangChain accepts any object as a tag.
    return tag == TAG or str(tag).startswith(f"{TAG}:")


def end_metadata(
    attempts: Sequence[Attempt], figures: Figures, *, checks: Sequence[str] = ()
) -> dict[str, Any]:
    """The result of a request for the metadata of its run, with money as strings.

    Args:
        attempts: All attempts, in order.
        figures: Cost of the request, and of the baseline.
        checks: Names of the checks that the answer had to pass.
    """
    answered = [a.model for a in attempts if a.outcome in ("accepted", "cached")]
    return {
        "smartroute_attempts": ", ".join(f"{a.model} {a.outcome}" for a in attempts),
        "smartroute_attempt_count": len(attempts),
        "smartroute_answered_by": answered[-1] if answered else None,
        "smartroute_checks": ", ".join(checks),
        "smartroute_cost": _text(figures.cost_usd),
        "smartroute_baseline": figures.baseline,
        "smartroute_baseline_cost": _text(figures.baseline_cost_usd),
        "smartroute_savings": _text(figures.savings_usd),
    }


def end_tags(attempts: Sequence[Attempt]) -> list[str]:
    """Tags for the outcomes of a request's attempts."""
    outcomes = {attempt.outcome for attempt in attempts}
    named = (("rejected", "escalated"), ("failed", "failures"), ("cancelled", "cancelled"))
    found = [f"{TAG}:{name}" for outcome, name in named if outcome in outcomes]
    return found if outcomes & {"accepted", "cached"} else [*found, f"{TAG}:unanswered"]


def is_request_run(metadata: Mapping[str, Any]) -> bool:
    """Whether a run is a request's own and not below one of its attempts."""
    return bool(metadata.get(DECISION_KEY)) and not is_attempt_run(metadata)


def is_attempt_run(metadata: Mapping[str, Any]) -> bool:
    """Whether a run is an attempt's, or below one."""
    return metadata.get(ATTEMPT_KEY) is not None


def attempt_metadata(
    alias: str,
    *,
    api_model: str,
    number: int,
    price: Mapping[str, str] | None,
    around: Mapping[str, Any],
) -> dict[str, Any]:
    """The metadata of one attempt's run.

    Args:
        alias: The candidate.
        api_model: The name that its API knows, which the price is for.
        number: Position in the order of attempts, from 0.
        price: The candidate's price as strings, `None` when unknown.
        around: The metadata of the request; the price of an outer router's is not ours.
    """
    found: dict[str, Any] = {
        MODEL_KEY: alias,
        API_MODEL_KEY: api_model,
        ATTEMPT_KEY: number,
    }
    if price is None:
        return found | _instead(around, PRICE_KEY)
    return found | {PRICE_KEY: dict(price)}


def answer_info(
    decision: RoutingDecision,
    attempts: Sequence[Attempt],
    *,
    model: str,
    figures: Figures,
    unmet_checks: Sequence[str] = (),
    failed_checks: Sequence[str] = (),
) -> dict[str, Any]:
    """The account that an answer carries in `response_metadata["smartroute"]`.

    JSON values only. Money is a string, as floats inside message metadata break
    LangChain's own token addition; what is unknown is `None`.

    Args:
        decision: The decision of the chain.
        attempts: All attempts, in order.
        model: Alias of the candidate that answered.
        figures: Cost of the request, and of the baseline.
        unmet_checks: Reasons of checks against an answer that is returned nevertheless.
        failed_checks: Checks that failed themselves, with the error.
    """
    return {
        "decision_id": decision.id,
        "model": model,
        "route": decision.model,
        "task": decision.task,
        "difficulty": decision.difficulty,
        "tier": decision.tier,
        "reason": decision.reason,
        "policy": decision.policy,
        "unmet_checks": list(unmet_checks),
        "failed_checks": list(failed_checks),
        "cost": _text(figures.cost_usd),
        "baseline": figures.baseline,
        "baseline_cost": _text(figures.baseline_cost_usd),
        "savings": _text(figures.savings_usd),
        "attempts": [
            {
                "model": attempt.model,
                "outcome": attempt.outcome,
                "reason": attempt.reason,
                "latency_s": round(attempt.latency_s, 6),
                "cost": _text(attempt.cost_usd),
                "purpose": attempt.purpose,
            }
            for attempt in attempts
        ],
    }


def _text(cost: Decimal | None) -> str | None:
    return None if cost is None else f"{cost:f}"
