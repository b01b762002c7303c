"""Statistics of records: cost, the baseline's cost, savings."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.catalog import cost_usd

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Price

__all__ = ["CostStats", "rendered", "summarized"]

_ANSWERED = ("accepted", "cached")
_BESIDE = "second_opinion"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CostStats:
    """Cost and savings of a set of calls.

    Attributes:
        total_requests: Number of requests, each with all its attempts.
        total_tokens: Input and output tokens of all runs, including discarded ones.
        actual_cost_usd: Cost of all runs with a known price, failed, rejected
            and judge runs included.
        unpriced_calls: Number of runs of unknown cost, which are not in the cost.
        estimated_calls: Number of runs whose usage the provider did not report.
        baseline: The model that savings are measured against.
        baseline_cost_usd: What it would have cost for the accepted answer to each request,
            counted once; `None` without a price. A model run outside a router is a request of
            its own.
        savings_pct: Percent saved against the baseline; `None` when unknown.
        mean_latency_s: Mean seconds per request, all its attempts together. Second opinions run
            in parallel with an attempt, so only the time beyond it counts. `None` without a
            request.
        model_distribution: Alias → number of requests that it answered.

    Example:
        >>> from langchain_smartroute import CostCallbackHandler
        >>> CostCallbackHandler(baseline="gpt-4o").stats().actual_cost_usd
        Decimal('0')
    """

    total_requests: int = 0
    total_tokens: int = 0
    actual_cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    estimated_calls: int = 0
    baseline: str | None = None
    baseline_cost_usd: Decimal | None = None
    savings_pct: float | None = None
    mean_latency_s: float | None = None
    model_distribution: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The statistics by name; money stays `Decimal`."""
        return {**dataclasses.asdict(self), "model_distribution": dict(self.model_distribution)}


def summarized(
    records: Iterable[CallRecord], *, baseline: str | None, baseline_price: Price | None
) -> CostStats:
    """Compute the statistics of records.

    Args:
        records: Records of model runs.
        baseline: Name of the model that savings are measured against.
        baseline_price: Its price; `None`: no baseline.
    """
    requests: dict[str, list[CallRecord]] = {}
    for record in records:
        requests.setdefault(record.request_id or record.run_id, []).append(record)
    runs = [record for group in requests.values() for record in group]
    if not runs:
        return CostStats(baseline=baseline)
    costs = [record.cost_usd for record in runs]
    actual = sum((cost for cost in costs if cost is not None), Decimal(0))
    unpriced = sum(cost is None for cost in costs)
    answers = [answer for group in requests.values() if (answer := _answer(group)) is not None]
    would_cost = _baseline_cost(answers, baseline_price)
    return CostStats(
        total_requests=len(requests),
        total_tokens=sum(record.usage.total_tokens for record in runs),
        actual_cost_usd=actual,
        unpriced_calls=unpriced,
        estimated_calls=sum(record.usage.estimated for record in runs),
        baseline=baseline,
        baseline_cost_usd=would_cost,
        savings_pct=None if unpriced else _savings_pct(actual, would_cost),
        mean_latency_s=sum(map(_latency_s, requests.values())) / len(requests),
        model_distribution=dict(Counter(answer.alias for answer in answers).most_common()),
    )


def rendered(stats: CostStats, *, baseline_price: Price | None) -> str:
    """The statistics as a text table, one per line."""
    lines = [
        ("requests", f"{stats.total_requests:,}"),
        ("tokens", f"{stats.total_tokens:,}"),
        ("spent", _spent(stats)),
        (f"baseline {stats.baseline or ''}".rstrip(), _baseline_line(stats, baseline_price)),
        ("saved", "unknown" if stats.savings_pct is None else f"{stats.savings_pct:.1f} %"),
        (
            "mean latency",
            "–" if stats.mean_latency_s is None else f"{stats.mean_latency_s:.3f} s a request",
        ),
    ]
    if stats.estimated_calls:
        lines.append(("estimated", f"{stats.estimated_calls:,} calls reported no usage"))
    lines += [(f"  {alias}", f"{n:,}") for alias, n in stats.model_distribution.items()]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


def _answer(group: Sequence[CallRecord]) -> CallRecord | None:
    """The run that answered a request: the last accepted one."""
    answers = (r for r in reversed(group) if r.purpose == "answer")
    return next((r for r in answers if r.outcome in _ANSWERED), None)


def _latency_s(group: Sequence[CallRecord]) -> float:
    """Latency of a request; second opinions run in parallel with the answer."""
    after = sum(r.latency_s for r in group if r.purpose != _BESIDE)
    for record in group:
        if record.purpose == _BESIDE:
            with_it = [r for r in group if r.purpose != _BESIDE and r.attempt < record.attempt]
            answering = max(with_it, key=lambda run: run.attempt, default=None)
            after += max(0.0, record.latency_s - (answering.latency_s if answering else 0.0))
    return after


def _baseline_cost(answers: Sequence[CallRecord], price: Price | None) -> Decimal | None:
    """Cost of the accepted answers at the baseline's price; cached answers cost nothing."""
    if price is None:
        return None
    # The service tier of the answer's provider does not apply to the baseline.
    costs = (
        cost_usd(dataclasses.replace(a.usage, service_tier=None), price.at(a.started_at))
        for a in answers
        if a.outcome == "accepted"
    )
    return sum((cost for cost in costs if cost is not None), Decimal(0))


def _savings_pct(actual: Decimal, baseline: Decimal | None) -> float | None:
    return None if not baseline else float((baseline - actual) / baseline * 100)


def _spent(stats: CostStats) -> str:
    spent = f"${stats.actual_cost_usd:f}"
    return (
        spent if not stats.unpriced_calls else f"{spent} + {stats.unpriced_calls:,} unpriced calls"
    )


def _baseline_line(stats: CostStats, price: Price | None) -> str:
    if stats.baseline_cost_usd is None or price is None:
        return "unknown" if stats.baseline else "none"
    return (
        f"${stats.baseline_cost_usd:f} at ${price.input_usd_per_mtok}/"
        f"${price.output_usd_per_mtok} per M tokens ({price.source}, {price.date})"
    )
