"""What a run carries into a tracer, and how handlers learn what became of it.

Metadata keys are flat and start with `smartroute_`, so that any tracer can filter
on them. They never hold a key or a word of the prompt. The runs of a router:
one chain run per request with the decision, and below it the runs of the models
that were tried, each with its attempt. What a request came to is known when it has
ended: it is written into the metadata of its run then, in every tracer that keeps runs
as LangChain's do.
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
        decision: What was decided.
        features: What it was decided from.
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
    """Metadata of another router's attempt around this one that must not be inherited, as `None`.

    Only what is there: some tracers warn of values that are `None`.
    """
    return {name: None for name in names if around.get(name) is not None}


@contextmanager
def classifying(
    config: RunnableConfig | None,
    decision_id: str,
    *,
    ledger: BaseCallbackHandler | None = None,
) -> Iterator[Context]:
    """A context in which a classifier's own model calls are part of the request.

    They reach the request's handlers and are counted into its cost; they belong to
    no attempt, also where the request is one of another router's.

    Args:
        config: The request's own.
        decision_id: The decision that is being made.
        ledger: The handler of the router's ledger; `None`: it has none.
    """
    around = (config or {}).get("metadata") or {}
    told = {
        REQUEST_KEY: request_of(around) or decision_id,
        **_instead(around, DECISION_KEY, ATTEMPT_KEY),
        PURPOSE_KEY: "classifier",
    }
    own: RunnableConfig = {"metadata": {**around, **told}}
    if config is not None and config.get("callbacks") is not None:
        own["callbacks"] = config["callbacks"]
    if ledger is not None:
        own["callbacks"] = with_handler(own.get("callbacks"), ledger)
    with set_config_context(own) as context:
        yield context


def with_handler(callbacks: Callbacks, handler: BaseCallbackHandler) -> Callbacks:
    """A config's callbacks and one handler more, for every run below."""
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
    """A config's tags with a router's own, instead of those of a router around it."""
    return [*(tag for tag in tags or () if not _is_ours(tag)), *own]


def _is_ours(tag: object) -> bool:
    # LangChain takes any object for a tag.
    return tag == TAG or str(tag).startswith(f"{TAG}:")


def end_metadata(
    attempts: Sequence[Attempt], figures: Figures, *, checks: Sequence[str] = ()
) -> dict[str, Any]:
    """What a request came to, for the metadata of its run. Money is a string.

    Args:
        attempts: Everything that was tried, in order.
        figures: What it cost, and what the baseline would have.
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
    """Tags for what a request went through."""
    outcomes = {attempt.outcome for attempt in attempts}
    named = (("rejected", "escalated"), ("failed", "failures"), ("cancelled", "cancelled"))
    found = [f"{TAG}:{name}" for outcome, name in named if outcome in outcomes]
    return found if outcomes & {"accepted", "cached"} else [*found, f"{TAG}:unanswered"]


def is_request_run(metadata: Mapping[str, Any]) -> bool:
    """Whether a run is a request's own, rather than below one of its attempts."""
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
        decision: What the chain came from.
        attempts: Everything that was tried, in order.
        model: Alias of the candidate whose answer it is.
        figures: What it cost, and what the baseline would have.
        unmet_checks: Why checks reject the answer, which is returned all the same.
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
