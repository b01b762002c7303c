"""Cascades: cheap candidates first, then the policy's choice if their answer is too weak.

A pure step after any policy: hard limits, rules and the caller's choice still apply, and the
policy's choice becomes the candidate to escalate to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from langchain_smartroute.routing.feasible import estimated_cost_usd

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = ["cascaded", "cheapest_beside"]


def cascaded(
    decision: RoutingDecision,
    features: RequestFeatures,
    specs: Mapping[str, ModelSpec],
    *,
    name: str,
    cheap: int = 1,
    most: int = 3,
    among: Collection[str] | None = None,
    in_loop: bool = False,
) -> RoutingDecision:
    """Put the cheapest suitable candidates before the chosen one.

    A candidate is suitable if it can serve the request, costs less, and has a lower quality
    prior for the task than the chosen one.

    Args:
        decision: The policy's decision. A choice of the caller or a rule is not changed.
        features: Features of the request.
        specs: Alias → every candidate of the router.
        name: Name of the cascade, for reasons.
        cheap: Number of cheap candidates; all but the first give second opinions.
        most: Maximum number of candidates of one request, without second opinions.
        among: Aliases allowed as cheap candidates; `None`: all.
        in_loop: Whether the request is inside a tool loop, which keeps its candidate.
    """
    strong = decision.model
    if most < 2:  # noqa: PLR2004 - a cheap one and the strong one
        return _noted(decision, f"no cascade ({name}): max_attempts = {most}")
    if in_loop or not decision.sticks:
        why = "a tool loop ends with the model it began with" if in_loop else decision.reason
        return _noted(decision, f"no cascade ({name}): {why}")
    ranked = _cheaper(decision, features, specs, than=strong)
    ranked = [alias for alias in ranked if among is None or alias in among]
    if len(ranked) < cheap:
        return _noted(
            decision,
            f"no cascade ({name}): {len(ranked)} of {cheap} candidates are suitable and cost less"
            f" than {strong}",
        )
    first, *seconds = ranked[:cheap]
    rest = [alias for alias in decision.chain if alias not in ranked[:cheap]]
    # Candidates of second opinions remain the last fallbacks.
    rest = [*rest[: most - 1], *seconds]
    beside_too = f"stands in, cascade {name}"
    beside = f", {', '.join(seconds)} beside it" if seconds else ""
    reason = f"cascade {name}: the cheapest for {decision.task}{beside}, else {strong}"
    return replace(
        decision,
        model=first,
        chain=(first, *rest),
        chain_reasons={
            first: reason,
            **{a: decision.chain_reasons.get(a, beside_too) for a in rest},
        },
        reason=reason,
        opinions=tuple(seconds),
        estimated_cost_usd=estimated_cost_usd(features, specs[first]),
        policy=f"{decision.policy}+{name}",
    )


def cheapest_beside(
    decision: RoutingDecision,
    features: RequestFeatures,
    specs: Mapping[str, ModelSpec],
    *,
    deciding: Sequence[str],
) -> tuple[str, ...]:
    """Alias of the cheapest candidate for a second opinion; empty: none.

    Args:
        decision: The policy's.
        features: Features of the request.
        specs: Alias → every candidate of the router.
        deciding: Aliases that answer if the opinions differ.
    """
    ranked = _by_cost(decision, features, specs)
    return tuple(a for a in ranked if a != decision.model and a not in deciding)[:1]


def _cheaper(
    decision: RoutingDecision,
    features: RequestFeatures,
    specs: Mapping[str, ModelSpec],
    *,
    than: str,
) -> list[str]:
    """Suitable candidates that cost less, the cheapest first."""
    task, prior = decision.task, specs[than].quality.get(decision.task)
    costs = _costs(decision, features, specs)
    if prior is None or than not in costs:
        return []
    return [
        alias
        for alias in _by_cost(decision, features, specs)
        if costs[alias] < costs[than] and 0 < specs[alias].quality.get(task, 0.0) < prior
    ]


def _by_cost(
    decision: RoutingDecision, features: RequestFeatures, specs: Mapping[str, ModelSpec]
) -> list[str]:
    costs = _costs(decision, features, specs)
    return sorted(costs, key=lambda alias: (costs[alias], alias))


def _costs(
    decision: RoutingDecision, features: RequestFeatures, specs: Mapping[str, ModelSpec]
) -> dict[str, Decimal]:
    """Alias → estimated cost, for candidates that can serve the request and have a price."""
    able = (alias for alias in specs if alias not in decision.excluded)
    found = ((alias, estimated_cost_usd(features, specs[alias])) for alias in able)
    return {alias: cost for alias, cost in found if cost is not None}


def _noted(decision: RoutingDecision, note: str) -> RoutingDecision:
    return replace(decision, notes=(*decision.notes, note))
