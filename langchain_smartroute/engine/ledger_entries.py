"""Writes records of a finished request's model runs to the router's ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from langchain_smartroute.accounting import LOST, CallRecord, came_before, tags_of
from langchain_smartroute.catalog import cost_usd, price_fault
from langchain_smartroute.tracing import purpose_of, request_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.runnables import RunnableConfig

    from langchain_smartroute.accounting import RouterCosts
    from langchain_smartroute.execution import Walk

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
        self.costs.settle(walk.decision.id, walk.attempts, self._records(walk))

    def _records(self, walk: Walk) -> Iterator[CallRecord]:
        metadata = self.config.get("metadata") or {}
        keys, tags = self.costs.keys_of(metadata), tags_of(self.config.get("tags"))
        for run in walk.account.runs:
            usage, price, alias = run.usage, run.link.price, run.link.alias
            attempt = walk.attempts[run.number]
            cost, unpriced = attempt.cost_usd, LOST if run.lost else price_fault(usage, price)
            if cost is None and not run.lost:
                # Unknown in the answer's account, as its usage was not waited for.
                cost = cost_usd(usage, price)
            escalated, fell_back = came_before(walk.attempts, run.number, alias)
            yield CallRecord(
                run_id=str(run.run_id),
                parent_run_id=str(run.parent_run_id),
                decision_id=walk.decision.id,
                request_id=request_of(metadata) or walk.decision.id,
                alias=alias,
                model_name=run.model_name,
                task=walk.decision.task,
                outcome="cached" if run.cached else attempt.outcome,
                usage=usage,
                cost_usd=cost,
                unpriced=unpriced if cost is None else None,
                price_source=price.source if price else None,
                price_date=price.date if price else None,
                latency_s=run.latency_s,
                attempt=run.number,
                started_at=run.started_at,
                provider=run.link.served_by,
                purpose=purpose_of(metadata),
                escalated=escalated,
                fell_back=fell_back,
                keys=keys,
                tags=tags,
            )
