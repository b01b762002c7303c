"""The spending report: cost, its breakdown, and the cost of alternatives.

Savings are net: they include the cost of classifiers, judges and discarded calls, and are shown
together with "always cheapest" and "always strongest".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from langchain_smartroute.accounting.amounts import usd
from langchain_smartroute.accounting.rollup import Rollup
from langchain_smartroute.accounting.rows import TAG, day_start
from langchain_smartroute.catalog import Catalog, PriceBook
from langchain_smartroute.report.document import (
    Bars,
    Column,
    Document,
    Figure,
    Lines,
    Section,
    Table,
)
from langchain_smartroute.report.tally import (
    Cell,
    Tally,
    at_price,
    cells_of,
    day_name,
    percentile,
    tallied,
)

__all__ = ["By", "SpendingReport"]

By = Literal["model", "task", "key", "day"]
_PARTS = {"model": "alias", "task": "task", "key": "value", "day": "day"}
_SHOWN = 5
_NOBODY = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingReport:
    """The spending report of a ledger.

    Attributes:
        rollup: The sums of the days.
        by: What the table is broken down by.
        catalog: Catalog with prices and quality priors.
        baseline: The model that savings are measured against; `None`: none.
        labelled: The sums by the values of a key, if the table is broken down by one.
        unknown: Alias and reason → calls of unknown cost.
        source: Name of the ledger, for the title.
    """

    rollup: Rollup
    by: By = "model"
    catalog: Catalog
    baseline: str | None = None
    labelled: Rollup | None = None
    unknown: Mapping[tuple[str, str], int] = field(default_factory=dict)
    source: str = ""

    def document(self) -> Document:
        """The report as a document."""
        cells = list(cells_of(self.rollup))
        total = tallied(cells).get("", Tally())
        others = self._others(cells)
        sections = [
            Section(
                title="Altogether",
                figures=self._figures(total, others),
                charts=self._charts(cells),
                notes=(_METHOD,),
            ),
            Section(
                title=f"By {self.by}",
                tables=(self._table(cells, total),),
                notes=self._without_key(total),
            ),
        ]
        if self.unknown:
            sections.append(self._what_is_unknown())
        days = sorted(int(cell.key["day"]) for cell in cells)
        span = f"{day_name(days[0])} to {day_name(days[-1])}, UTC" if days else "no calls"
        return Document(
            title="Spending on models",
            subtitle=", ".join(part for part in (self.source, span) if part),
            sections=tuple(sections),
            figures=self._named(total, others),
        )

    def _others(self, cells: list[Cell]) -> dict[str, Decimal | None]:
        """Cost of the same answers with a single model."""
        days = {int(cell.key["day"]) for cell in cells}
        prices = PriceBook(catalog=self.catalog)
        seen = {str(cell.key["alias"]) for cell in cells if cell.answers}

        def cost(alias: str) -> Decimal | None:
            found = {day: prices.find(alias, at=day_start(day)) for day in days}
            return at_price(cells, found)

        costs = {alias: cost(alias) for alias in sorted(seen)}
        known = {alias: c for alias, c in costs.items() if c is not None}
        strongest = max(sorted(seen), key=self._strength, default=None)
        found: dict[str, Decimal | None] = {}
        if self.baseline is not None:
            found[f"baseline {self.baseline}"] = cost(self.baseline)
        if known:
            cheapest = min(known, key=known.__getitem__)
            found[f"always cheapest ({cheapest})"] = known[cheapest]
        if strongest is not None and self._strength(strongest):
            found[f"always strongest ({strongest})"] = costs[strongest]
        return found

    def _strength(self, alias: str) -> float:
        spec = self.catalog.models.get(alias)
        priors = list(spec.quality.values()) if spec else []
        return sum(priors) / len(priors) if priors else 0.0

    def _figures(self, total: Tally, others: Mapping[str, Decimal | None]) -> tuple[Figure, ...]:
        sums = total.sums
        unknown = f"and {sums['unpriced']:,} calls of unknown cost" if sums["unpriced"] else ""
        money = partial(Figure, kind="usd")
        figures = [
            money(name="spent", value=total.spent_usd, note=unknown),
            Figure(name="requests", value=total.requests, note=f"{sums['calls']:,} calls"),
            Figure(
                name="tokens",
                value=sums["input_tokens"] + sums["output_tokens"],
                note=f"{sums['estimated']:,} calls estimated" if sums["estimated"] else "",
            ),
        ]
        for name, cost in others.items():
            saved = _saved_pct(total, cost)
            note = "" if saved is None else f"{saved:.1f} % saved, net"
            figures.append(money(name=name, value=cost, note=note))
        figures += [
            money(name="classifiers, judges, opinions", value=usd(total.overhead_units)),
            money(name="discarded calls", value=usd(total.discarded_units)),
            Figure(name="escalated", value=total.rate("escalated"), kind="percent"),
            Figure(name="fell back", value=total.rate("fell_back"), kind="percent"),
            Figure(name="latency, median", value=percentile(self.rollup, 0.5), kind="seconds"),
            Figure(name="latency, p95", value=percentile(self.rollup, 0.95), kind="seconds"),
        ]
        return tuple(figures)

    def _charts(self, cells: list[Cell]) -> tuple[Bars | Lines, ...]:
        models = tallied(cells, "alias")
        if not models:
            return ()
        ranked = sorted(models, key=lambda a: (-models[a].sums["cost_pico"], a))
        spent = {alias or _NOBODY: float(models[alias].spent_usd) for alias in ranked}
        top, rest = ranked[:_SHOWN], ranked[_SHOWN:]
        numbers = {int(cell.key["day"]) for cell in cells}
        along = list(range(min(numbers), max(numbers) + 1))
        series = {alias or _NOBODY: [0.0] * len(along) for alias in top}
        if rest:
            series["others"] = [0.0] * len(along)
        for cell in cells:
            alias = str(cell.key["alias"])
            name = (alias or _NOBODY) if alias in top else "others"
            series[name][int(cell.key["day"]) - along[0]] += cell.sums["cost_pico"] / 1e12
        return (
            Bars(title="Spent by model", values=spent, kind="usd"),
            Lines(
                title="Spent by day",
                along=tuple(day_name(n)[5:] for n in along),
                series={name: tuple(values) for name, values in series.items()},
                kind="usd",
            ),
        )

    def _table(self, cells: list[Cell], total: Tally) -> Table:
        source = cells if self.labelled is None else list(cells_of(self.labelled))
        groups = tallied(source, _PARTS[self.by])
        by_spent = sorted(groups, key=lambda n: (-groups[n].sums["cost_pico"], n))
        names = sorted(groups, key=int) if self.by == "day" else by_spent
        columns = (
            Column(name=self.by),
            Column(name="calls", kind="count"),
            Column(name="answers", kind="count"),
            Column(name="spent", kind="usd"),
            Column(name="share", kind="percent"),
            Column(name="unknown", kind="count"),
            Column(name="input", kind="count"),
            Column(name="cached", kind="count"),
            Column(name="output", kind="count"),
            Column(name="escalated", kind="percent"),
            Column(name="fell back", kind="percent"),
            Column(name="latency", kind="seconds"),
            *self._percentile_columns(),
        )
        return Table(columns=columns, rows=tuple(self._row(n, groups[n], total) for n in names))

    def _without_key(self, total: Tally) -> tuple[str, ...]:
        """How many calls are in no row of a table by key; with tags, a call may be in several."""
        if self.labelled is None or any(key[1] == TAG for key in self.labelled.days):
            return ()
        calls = total.sums["calls"]
        without = calls - sum(cell.sums["calls"] for cell in cells_of(self.labelled))
        return (f"{without:,} of {calls:,} calls do not have this key.",) if without else ()

    def _percentile_columns(self) -> tuple[Column, ...]:
        if self.by != "model":
            return ()
        return (Column(name="p50", kind="seconds"), Column(name="p95", kind="seconds"))

    def _row(self, name: str, tally: Tally, total: Tally) -> tuple[Any, ...]:
        sums, all_units = tally.sums, total.sums["cost_pico"]
        shown = day_name(int(name)) if self.by == "day" else name or _NOBODY
        percentiles = (
            (percentile(self.rollup, 0.5, alias=name), percentile(self.rollup, 0.95, alias=name))
            if self.by == "model"
            else ()
        )
        return (
            shown,
            sums["calls"],
            tally.answers,
            tally.spent_usd,
            100 * sums["cost_pico"] / all_units if all_units else None,
            sums["unpriced"],
            sums["input_tokens"],
            sums["cache_read_tokens"],
            sums["output_tokens"],
            tally.rate("escalated"),
            tally.rate("fell_back"),
            tally.mean_latency_s,
            *percentiles,
        )

    def _what_is_unknown(self) -> Section:
        rows = sorted(self.unknown.items(), key=lambda item: -item[1])
        columns = (Column(name="model"), Column(name="why"), Column(name="calls", kind="count"))
        found = tuple((alias or _NOBODY, why, calls) for (alias, why), calls in rows)
        return Section(
            title="Of unknown cost",
            tables=(Table(columns=columns, rows=found),),
            notes=("These calls are in none of the amounts above.",),
        )

    def _named(self, total: Tally, others: Mapping[str, Decimal | None]) -> dict[str, Any]:
        return {
            "spent_usd": total.spent_usd,
            "calls": total.sums["calls"],
            "requests": total.requests,
            "answers": total.answers,
            "unpriced_calls": total.sums["unpriced"],
            "estimated_calls": total.sums["estimated"],
            "input_tokens": total.sums["input_tokens"],
            "output_tokens": total.sums["output_tokens"],
            "overhead_usd": usd(total.overhead_units),
            "discarded_usd": usd(total.discarded_units),
            "escalated_pct": total.rate("escalated"),
            "fell_back_pct": total.rate("fell_back"),
            "latency_p50_s": percentile(self.rollup, 0.5),
            "latency_p95_s": percentile(self.rollup, 0.95),
            "instead_usd": dict(others),
            "saved_pct": {name: _saved_pct(total, cost) for name, cost in others.items()},
        }


_METHOD = (
    "Instead-of amounts are what one model would have charged for the answers that were"
    " accepted, each once, at its price on the day, without surcharges for long prompts or"
    " hours. Savings count everything that was spent, classifiers, judges, opinions and discarded"
    " calls included; they are unknown while a call's cost is. Latencies are per call, percentiles"
    " to within 2.5 %."
)


def _saved_pct(total: Tally, instead: Decimal | None) -> float | None:
    if not instead or total.sums["unpriced"]:
        return None
    return float((instead - total.spent_usd) / instead * 100)
