"""Creates the record of a finished request's decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from langchain_smartroute.accounting import CandidateRecord, DecisionRecord
from langchain_smartroute.execution import Walk
from langchain_smartroute.routing.feasible import estimated_cost_usd

if TYPE_CHECKING:
    from langchain_smartroute.catalog import ModelSpec
    from langchain_smartroute.engine.feedback import Feedback
    from langchain_smartroute.engine.ledger_entries import LedgerEntries
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.types import RequestFeatures, RoutingDecision

__all__ = ["OnDecision", "candidate_record", "decision_record", "recorder"]

OnDecision = Callable[[DecisionRecord], None]
"""Callable that receives the record of each decision at the end of its request."""


def decision_record(
    request: Request,
    decision: RoutingDecision,
    features: RequestFeatures,
    *,
    walk: Walk,
    specs: Mapping[str, ModelSpec],
) -> DecisionRecord:
    """The record of a decision and its result.

    Args:
        request: The call.
        decision: The decision for it.
        features: Features of the request.
        walk: The finished walk with its attempts.
        specs: Alias → spec, of all candidates of the router.
    """
    figures = walk.account.figures
    answered = [a.model for a in walk.attempts if a.outcome in ("accepted", "cached")]
    remaining = (alias for alias in specs if alias not in decision.chain)
    ordered = (*decision.chain, *sorted(remaining, key=decision.excluded.__contains__))
    return DecisionRecord(
        id=decision.id,
        at=request.asked_at,
        route=decision.model,
        answered_by=answered[-1] if answered else None,
        task=decision.task,
        share=decision.scores.get(decision.task),
        classified_by=features.classified_by,
        difficulty=decision.difficulty,
        tier=decision.tier,
        policy=decision.policy,
        reason=decision.reason,
        notes=decision.notes,
        checks=decision.checks,
        input_tokens=features.input_tokens,
        tools=features.tools,
        inputs=tuple(sorted(features.inputs)),
        candidates=tuple(_candidate(specs[a], decision, features) for a in ordered),
        attempts=tuple(walk.attempts),
        cost_usd=figures.cost_usd,
        baseline=figures.baseline,
        baseline_cost_usd=figures.baseline_cost_usd,
        savings_usd=figures.savings_usd,
    )


def candidate_record(
    spec: ModelSpec,
    features: RequestFeatures,
    *,
    reason: str,
    excluded: bool,
    place: int | None = None,
    predicted_quality: float | None = None,
) -> CandidateRecord:
    """The record of one candidate, with its price at the time of the request.

    Args:
        spec: The candidate.
        features: What is known of the request.
        reason: Reason for its position or exclusion.
        excluded: Whether it was excluded before the call.
        place: Position in the chain, from 1; `None`: not in the chain.
        predicted_quality: Predicted quality of its answer, in [0, 1].
    """
    price = spec.price_at(features.asked_at)
    return CandidateRecord(
        alias=spec.alias,
        place=place,
        reason=reason,
        excluded=excluded,
        input_usd_per_mtok=price.input_usd_per_mtok if price else None,
        output_usd_per_mtok=price.output_usd_per_mtok if price else None,
        estimated_cost_usd=estimated_cost_usd(features, spec),
        predicted_quality=predicted_quality,
    )


def _candidate(
    spec: ModelSpec, decision: RoutingDecision, features: RequestFeatures
) -> CandidateRecord:
    alias = spec.alias
    place = decision.chain.index(alias) + 1 if alias in decision.chain else None
    why = decision.excluded.get(alias)
    if why is None:
        why = decision.reason if place == 1 else decision.chain_reasons.get(alias)
    return candidate_record(
        spec,
        features,
        reason=why or "could have served it, but the chain was full before it",
        excluded=alias in decision.excluded,
        place=place,
        predicted_quality=decision.predicted.get(alias),
    )


def recorder(
    on_decision: OnDecision | None,
    request: Request,
    decision: RoutingDecision,
    features: RequestFeatures,
    *,
    specs: Mapping[str, ModelSpec],
    feedback: Feedback,
    entries: LedgerEntries | None,
) -> Callable[[Walk], None]:
    """The function to call at a request's end, which keeps it for scoring and creates records.

    Args:
        on_decision: Receives the record of the decision; `None`: none is created.
        request: The call.
        decision: The decision for it.
        features: Features of the request.
        specs: Alias → spec.
        feedback: Keeps the request, so that its answer can be scored.
        entries: Writes its records to the router's ledger; `None`: there is none.
    """
    if on_decision is None and entries is None:
        return feedback.ended

    def on_end(walk: Walk) -> None:
        if entries is not None:
            entries.write(walk)
        feedback.ended(walk)
        if on_decision is not None:
            on_decision(decision_record(request, decision, features, walk=walk, specs=specs))

    return on_end
