"""Writes records of a finished request's model runs to the router's ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from langchain_smartroute.accounting import LOST, CallRecord, came_before, tags_of
from langchain_smartroute.catalog import cost_usd, price_fault
from langchain_smartroute.tracing import purpose_of, request_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.accounting import RouterCosts
    from langchain_smartroute.catalog import Price
    from langchain_smartroute.execution import ModelRun, Walk
    from langchain_smartroute.types import Attempt, RoutingDecision, Usage

__all__ = ["LedgerEntries"]


@dataclass(frozen=True, slots=True)
class LedgerEntries:
    """Writes the records of one request to the router's ledger.

    Attributes:
        costs: The handler of the ledger, which has recorded the watched runs; the walk has the
            data of all others.
        config: The request's config, whose metadata and tags identify the caller.
    """

    costs: RouterCosts
    config: RunnableConfig

    @classmethod
    def of(cls, costs: RouterCosts | None, config: RunnableConfig) -> Self | None:
        """Create it for a request; `None` if there is no ledger."""
        return None if costs is None else cls(costs, config)

    def write(self, walk: Walk) -> None:
        """Write all records of a finished request."""
        decision, attempts = walk.decision, walk.attempts
        make = partial(
            _record,
            costs=self.costs,
            metadata=self.config.get("metadata") or {},
            tags=self.config.get("tags"),
            decision=decision,
            attempts=attempts,
        )
        unmade = [partial(make, run) for run in walk.account.runs]
        self.costs.settle(decision.id, attempts, unmade)


def _record(
    run: ModelRun,
    *,
    costs: RouterCosts,
    metadata: Mapping[str, Any],
    tags: Sequence[Any] | None,
    decision: RoutingDecision,
    attempts: Sequence[Attempt],
) -> CallRecord:
    """The record of a run that no handler has watched."""
    attempt, alias, price = attempts[run.number], run.link.alias, run.link.price
    cost, unpriced = attempt.cost_usd, None
    if cost is None:
        cost, unpriced = _of_unknown_cost(run.usage, price, lost=run.lost)
    escalated, fell_back = came_before(attempts, run.number, alias)
    return CallRecord(
        run_id=str(run.run_id),
        parent_run_id=str(run.parent_run_id),
        decision_id=decision.id,
        request_id=request_of(metadata) or decision.id,
        alias=alias,
        model_name=run.model_name,
        task=decision.task,
        outcome="cached" if run.cached else attempt.outcome,
        usage=run.usage,
        cost_usd=cost,
        unpriced=unpriced,
        price_source=price.source if price else None,
        price_date=price.date if price else None,
        latency_s=run.latency_s,
        attempt=run.number,
        started_at=run.started_at,
        provider=run.link.served_by,
        purpose=purpose_of(metadata),
        escalated=escalated,
        fell_back=fell_back,
        keys=costs.keys_of(metadata),
        tags=tags_of(tags),
    )


def _of_unknown_cost(
    usage: Usage, price: Price | None, *, lost: bool
) -> tuple[Decimal | None, str | None]:
    """The cost where the answer's account has none, and why it is unknown.

    The account does not have it if it did not wait for the usage, either.
    """
    if lost:
        return None, LOST
    cost = cost_usd(usage, price)
    return cost, price_fault(usage, price) if cost is None else None
