"""The final record of one model run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from langchain_smartroute.types import Attempt, Outcome, Usage

__all__ = ["LOST", "CallRecord", "came_before", "is_unheard", "settled", "with_lost_answer"]

LOST = "the answer was lost before its usage was told"
"""Why the cost of such an answer is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """The final record of one model run.

    Attributes:
        run_id: LangChain's id of the model run.
        parent_run_id: LangChain's id of the run around it, if any.
        decision_id: Id of its decision; `None` for a run outside a router.
        request_id: Equal for all runs of one request: the outermost router's decision id, or
            the run's own id outside a router.
        alias: The candidate's alias, or the model's name outside a router.
        model_name: The model's name as returned by the server.
        task: The request's task; `None` outside a router.
        outcome: Outcome of the run or its attempt.
        usage: Token counts, marked when estimated.
        cost_usd: Cost in US dollars; `None` when unknown, by its price or as the answer was lost.
        unpriced: Why the cost is unknown; `None` where it is known.
        price_source: Source of the price; `None` when unknown.
        price_date: The date on which the price was checked.
        latency_s: Seconds from the start of the run to its end.
        attempt: Position in the decision's chain, from 0.
        started_at: Start of the run.
        provider: Provider by LangSmith's name; `None` when unknown.
        purpose: Purpose of the run: `answer`, or the router's own `classifier`, `judge` or
            `second_opinion`.
        escalated: Whether an earlier answer to the request was rejected.
        fell_back: Whether an earlier candidate for the request failed.
        keys: Caller of the run: `user`, `team`, `project`, or other metadata keys that the
            handler reads.
        tags: The run's tags, without LangChain's own.
        prompt: The redacted prompt; `None` unless the handler keeps texts.
        answer: The redacted answer, likewise.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable, track_costs
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with SandboxServer() as server, track_costs() as costs:
        ...     answer = SmartRouterRunnable.from_catalog(base_url=server.base_url).invoke("Hello!")
        >>> [(record.alias, record.outcome, record.cost_usd) for record in costs.records]
        [('deepseek-chat', 'accepted', Decimal('0.00000322'))]
    """

    run_id: str
    parent_run_id: str | None = None
    decision_id: str | None = None
    request_id: str = ""
    alias: str
    model_name: str | None = None
    task: str | None = None
    outcome: Outcome
    usage: Usage
    cost_usd: Decimal | None
    unpriced: str | None = None
    price_source: str | None = None
    price_date: date | None = None
    latency_s: float
    attempt: int = 0
    started_at: datetime | None = None
    provider: str | None = None
    purpose: str = "answer"
    escalated: bool = False
    fell_back: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    prompt: str | None = field(default=None, repr=False)
    answer: str | None = field(default=None, repr=False)


def settled(record: CallRecord, attempts: Sequence[Attempt], *, lonely: bool) -> CallRecord:
    """A run's record with the outcome of its attempt.

    A successful run gets its attempt's outcome, as does a run that was stopped after its last
    chunk or by a timeout; any other run keeps its own. Like a timeout of the provider's client,
    a timeout counts as free if nothing had arrived, and as of unknown cost if the answer had
    only begun.

    Args:
        record: The run's record so far.
        attempts: All attempts of its request.
        lonely: Whether no run of the attempt was successful.
    """
    if record.attempt >= len(attempts):
        return record
    attempt = attempts[record.attempt]
    attempt_outcome = attempt.outcome
    if (record.outcome, attempt_outcome) == ("cancelled", "failed"):
        if attempt.cost_usd == 0:
            record = replace(record, usage=Usage(), cost_usd=Decimal(0), unpriced=None)
        elif attempt.cost_usd is None and is_unheard(record):
            record = with_lost_answer(record)
    stopped = record.outcome == "cancelled" and attempt_outcome in (
        "accepted",
        "rejected",
        "failed",
    )
    stopped = stopped or (record.outcome == "failed" and lonely and attempt_outcome == "accepted")
    ended = record.outcome == "accepted" and attempt_outcome != "cached"
    outcome = attempt_outcome if ended or stopped else record.outcome
    if attempt.purpose != "answer":
        return replace(record, outcome=outcome)
    if outcome == record.outcome and not record.attempt:
        return record
    escalated, fell_back = came_before(attempts, record.attempt, record.alias)
    return replace(record, outcome=outcome, escalated=escalated, fell_back=fell_back)


def is_unheard(record: CallRecord) -> bool:
    """Whether nothing was heard of a cancelled run, neither content nor usage."""
    estimated = record.usage.estimated and not record.usage.output_tokens
    return record.outcome == "cancelled" and estimated


def with_lost_answer(record: CallRecord) -> CallRecord:
    """The record of a run whose answer had begun, and was lost."""
    return replace(record, cost_usd=None, unpriced=LOST)


def came_before(attempts: Sequence[Attempt], number: int, alias: str) -> tuple[bool, bool]:
    """Whether an answer was rejected before an attempt, and whether another candidate failed."""
    if not number:
        return False, False
    earlier = (a for a in attempts[:number] if a.purpose == "answer")
    outcomes = {a.outcome for a in earlier if a.model != alias}
    return "rejected" in outcomes, "failed" in outcomes
