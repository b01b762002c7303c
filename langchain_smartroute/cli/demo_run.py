"""Runs the demo's requests, and prices the same answers for other routings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from langchain_smartroute.catalog import cost_usd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from langchain_smartroute.accounting import CallRecord, CostCallbackHandler
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.cli.demo_requests import DemoRequest
    from langchain_smartroute.runnable import SmartRouterRunnable
    from langchain_smartroute.types import Usage

__all__ = ["DemoAnswer", "OtherRouting", "other_routings", "run_demo"]

_CONCURRENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAnswer:
    """Result of one request of the demo.

    Attributes:
        request: The request.
        task: Predicted task; `None` without an answer, as all below.
        difficulty: Estimated difficulty.
        model: Alias of the model that answered.
        cost_usd: Cost of all attempts in US dollars; `None` also when unknown.
        text: The answer.
        usage: The answer's token counts.
        error: The error; `None` with an answer.
    """

    request: DemoRequest
    task: str | None = None
    difficulty: str | None = None
    model: str | None = None
    cost_usd: Decimal | None = None
    text: str | None = None
    usage: Usage | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRouting:
    """Cost of the same answers with another routing.

    Attributes:
        name: Name of the routing.
        cost_usd: Cost in US dollars; `None` when a price is unknown.
    """

    name: str
    cost_usd: Decimal | None


def run_demo(
    router: SmartRouterRunnable,
    requests: Sequence[DemoRequest],
    *,
    costs: CostCallbackHandler,
    on_answer: Callable[[], None],
) -> list[DemoAnswer]:
    """Send every request through a router, several at a time.

    Args:
        router: The router.
        requests: The requests.
        costs: Counts the calls.
        on_answer: Called for each finished request.

    Returns:
        One answer per request, in their order.
    """
    outputs: dict[int, Any] = {}
    for position, output in router.batch_as_completed(
        [[request.message] for request in requests],
        {"callbacks": [costs], "max_concurrency": _CONCURRENT},
        return_exceptions=True,
    ):
        outputs[position] = output
        on_answer()
    accepted = {r.decision_id: r for r in costs.records if r.outcome == "accepted"}
    return [_answer(request, outputs[n], accepted) for n, request in enumerate(requests)]


def other_routings(
    router: SmartRouterRunnable, answers: Iterable[DemoAnswer], *, catalog: Catalog
) -> list[OtherRouting]:
    """Price the same answers, with the same token counts, for other routings.

    Args:
        router: Decides for the quality tier; no model is called.
        answers: The requests with their answers.
        catalog: The catalog with the prices.

    Returns:
        Always the cheapest model that can serve the request, and always the
        quality tier's.
    """
    quality = router.with_route(tier="quality")
    cheapest: list[Decimal | None] = []
    strongest: list[Decimal | None] = []
    for answer in answers:
        if answer.usage is None:
            continue
        decision = quality.explain([answer.request.message])
        costs = {
            alias: cost_usd(answer.usage, spec.price)
            for alias, spec in catalog.models.items()
            if alias not in decision.excluded
        }
        known = [cost for cost in costs.values() if cost is not None]
        cheapest.append(min(known, default=None))
        strongest.append(costs[decision.model])
    return [
        OtherRouting(name="always the cheapest", cost_usd=_total(cheapest)),
        OtherRouting(name="always quality tier", cost_usd=_total(strongest)),
    ]


def _answer(
    request: DemoRequest, output: Any, accepted: Mapping[str | None, CallRecord]
) -> DemoAnswer:
    if not isinstance(output, AIMessage):
        return DemoAnswer(request=request, error=output)
    info = output.response_metadata["smartroute"]
    record = accepted.get(info["decision_id"])
    return DemoAnswer(
        request=request,
        task=info["task"],
        difficulty=info["difficulty"],
        model=info["model"],
        cost_usd=None if info["cost"] is None else Decimal(info["cost"]),
        text=output.text,
        usage=record.usage if record is not None else None,
    )


def _total(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None
