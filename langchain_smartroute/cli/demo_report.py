"""The report of the demo: requests, statistics, and the sources of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from langchain_smartroute.cli.output import print_hanging, shown_usd
from langchain_smartroute.cli.price_sources import price_lines, price_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from rich.console import Console

    from langchain_smartroute.accounting import CostCallbackHandler
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.cli.demo_run import DemoAnswer, OtherRouting

__all__ = ["DemoReport", "print_report"]

_NARROW = 80
"""Terminal width in columns below which a request has its own line."""

_WIDE = 140
"""Terminal width in columns from which answers are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """Results of a run of the demo.

    Attributes:
        base_url: The gateway that answered; `None`: the sandbox.
        tier: The tier used for routing.
        catalog: The candidates.
        answers: One per request.
        costs: The cost handler with its records.
        others: Costs of alternative routings.
    """

    base_url: str | None
    tier: str
    catalog: Catalog
    answers: Sequence[DemoAnswer]
    costs: CostCallbackHandler
    others: Sequence[OtherRouting]

    @property
    def answered(self) -> int:
        """Number of requests with an answer."""
        return sum(answer.error is None for answer in self.answers)

    @property
    def origin(self) -> str:
        """A description of the gateway and of the costs."""
        if self.base_url is None:
            return (
                "Simulated: a local sandbox wrote the answers; no model was called and nothing"
                " was spent. Costs are the sandbox's token counts at the catalog's prices, and"
                " say nothing about the quality of answers."
            )
        return (
            f"Answered by {self.base_url}. Costs are the token counts that it reported at the"
            " catalog's prices; its own bill is what counts."
        )

    def prices(self) -> dict[str, list[str]]:
        """Source and date of a price → aliases of the models that answered at it."""
        answered = dict.fromkeys(a.model for a in self.answers if a.model is not None)
        return price_sources(self.catalog.models[alias] for alias in answered)

    def routings(self) -> list[tuple[str, Decimal | None, float | None]]:
        """Each way of routing with its cost and the percentage it saves on the baseline."""
        stats = self.costs.stats()
        spent = None if stats.unpriced_calls else stats.actual_cost_usd
        found = [(f"smartroute, {self.tier}", spent)]
        found += [(other.name, other.cost_usd) for other in self.others]
        if stats.baseline is not None:
            found.append((f"all at {stats.baseline}", stats.baseline_cost_usd))
        return [(name, cost, _saved_pct(cost, stats.baseline_cost_usd)) for name, cost in found]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "simulated": self.base_url is None,
            "note": self.origin,
            "catalog": self.catalog.name,
            "tier": self.tier,
            "prices": [{"source": s, "models": m} for s, m in self.prices().items()],
            "requests": [_row(answer) for answer in self.answers],
            "stats": self.costs.stats().as_dict(),
            "routings": [
                {"name": name, "cost_usd": cost, "savings_pct": saved}
                for name, cost, saved in self.routings()
            ],
        }


def print_report(report: DemoReport, screen: Console) -> None:
    """Print the report."""
    if screen.width < _NARROW:
        for answer in report.answers:
            _print_two_lines(answer, screen)
    else:
        simulated = report.base_url is None
        screen.print(_requests_table(report.answers, width=screen.width, simulated=simulated))
    lines = ["", report.origin, *price_lines(report.prices()), ""]
    print_hanging([*lines, *report.costs.report().splitlines(), ""], width=screen.width)
    screen.print(_routings_table(report.routings()))
    print_hanging(["", "Each line prices the same answers, token for token."], width=screen.width)


def _print_two_lines(answer: DemoAnswer, screen: Console) -> None:
    screen.print(_one_line(answer.request.text), no_wrap=True, overflow="ellipsis")
    task, model, cost = _cells(answer)
    screen.print(f"  {task:<14} {model:<18} {cost}", no_wrap=True, overflow="ellipsis")


def _requests_table(answers: Iterable[DemoAnswer], *, width: int, simulated: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column("request", no_wrap=True, overflow="ellipsis", ratio=1)
    for heading in ("task", "model", "cost"):
        table.add_column(heading, no_wrap=True)
    wide = width >= _WIDE
    if wide:
        heading = "answer (simulated)" if simulated else "answer"
        table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=1)
    for answer in answers:
        text = type(answer.error).__name__ if answer.text is None else _one_line(answer.text)
        table.add_row(_one_line(answer.request.text), *_cells(answer), *([text] if wide else []))
    return table


def _cells(answer: DemoAnswer) -> tuple[str, str, str]:
    """Task, model and cost."""
    if answer.error is not None:
        return "–", "failed", "–"
    return answer.task or "unknown", answer.model or "unknown", shown_usd(answer.cost_usd)


def _routings_table(routings: Iterable[tuple[str, Decimal | None, float | None]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("routing")
    table.add_column("cost")
    table.add_column("saved", justify="right")
    for name, cost, saved in routings:
        table.add_row(name, shown_usd(cost), "unknown" if saved is None else f"{saved:.1f} %")
    return table


def _row(answer: DemoAnswer) -> dict[str, Any]:
    return {
        "request": answer.request.text,
        "image": answer.request.image,
        "task": answer.task,
        "difficulty": answer.difficulty,
        "model": answer.model,
        "cost_usd": answer.cost_usd,
        "usage": answer.usage,
        "answer": answer.text,
        "error": answer.error and f"{type(answer.error).__name__}: {answer.error}",
    }


def _saved_pct(cost: Decimal | None, baseline: Decimal | None) -> float | None:
    if cost is None or not baseline:
        return None
    return float((baseline - cost) / baseline * 100)


def _one_line(text: str) -> str:
    return " ".join(text.split())
