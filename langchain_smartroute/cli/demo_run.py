"""Running the demo's requests, and what the same answers would have cost elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from langchain_smartroute.catalog import cost_usd
from langchain_smartroute.errors import SmartRouteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import HumanMessage

    from langchain_smartroute.accounting import CostCallbackHandler
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.cli.demo_requests import DemoRequest
    from langchain_smartroute.runnable import SmartRouterRunnable
    from langchain_smartroute.types import CallRecord, Modality, Usage

__all__ = ["Alternative", "DemoAnswer", "alternatives", "run_demo"]

_CONCURRENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAnswer:
    """What became of one request of the demo.

    Attributes:
        request: What was asked.
        task: The task it was taken for; `None` without an answer.
        difficulty: How hard it looked.
        model: Alias of the model that answered.
        cost_usd: What it cost, all attempts together; `None` when unknown.
        answer: The answer's text.
        error: Why there is no answer.
        usage: Token counts of the answer.
        image: Whether a picture went with the request.
    """

    request: str
    task: str | None = None
    difficulty: str | None = None
    model: str | None = None
    cost_usd: Decimal | None = None
    answer: str = ""
    error: str | None = None
    usage: Usage | None = None
    image: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What the same answers would have cost, routed otherwise.

    Attributes:
        name: How they would have been routed.
        cost_usd: Their cost; `None` when a price is unknown.
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
        requests: What to ask.
        costs: Counts the calls.
        on_answer: Called for each request that is done.

    Returns:
        One answer per request, in their order.

    Raises:
        SmartRouteError: If no request was answered and the first failed with one.
    """
    outputs: dict[int, Any] = {}
    for position, output in router.batch_as_completed(
        [[request.message] for request in requests],
        {"callbacks": [costs], "max_concurrency": _CONCURRENT},
        return_exceptions=True,
    ):
        outputs[position] = output
        on_answer()
    first = outputs[0]
    if isinstance(first, SmartRouteError) and not any(
        isinstance(output, AIMessage) for output in outputs.values()
    ):
        raise first
    accepted = {r.decision_id: r for r in costs.records if r.outcome == "accepted"}
    return [_answer(r, outputs[n], accepted) for n, r in enumerate(requests)]


def alternatives(
    router: SmartRouterRunnable, answered: Iterable[tuple[DemoRequest, Usage]], *, catalog: Catalog
) -> list[Alternative]:
    """Price the same answers as if they had been routed otherwise.

    Args:
        router: Decides what the quality tier would have chosen; calls nothing.
        answered: Requests with the token counts of their answers.
        catalog: Knows the prices.

    Returns:
        Always the cheapest model that can read a request, and always the model
        of the quality tier.
    """
    best = router.with_route(tier="quality", model=None, max_cost_usd=None)
    cheapest: list[Decimal | None] = []
    strongest: list[Decimal | None] = []
    for request, usage in answered:
        cheapest.append(_cheapest(usage, request.message, catalog))
        strong = catalog.models[best.explain([request.message]).model]
        strongest.append(cost_usd(usage, strong.price))
    return [
        Alternative(name="always the cheapest model", cost_usd=_sum(cheapest)),
        Alternative(name="always the quality tier", cost_usd=_sum(strongest)),
    ]
