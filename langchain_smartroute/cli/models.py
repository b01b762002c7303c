"""`smartroute models`: lists a catalog's models with the age of their prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, get_args

from rich.table import Table

from langchain_smartroute.catalog import Catalog, ModelSpec, Price
from langchain_smartroute.cli.options import CatalogOption, Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json, shown_usd
from langchain_smartroute.cli.price_sources import price_lines, price_sources
from langchain_smartroute.types import MODALITIES, TIERS, SchemaMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

__all__ = ["models"]

_FOLDED = ("checked", "reads", "structured", "routes")
_METHODS = get_args(SchemaMethod)
_WIDE = 190
"""Terminal width in columns from which the table has a line per model instead of a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A cell of the routing table; without a difficulty it applies to all others."""

    task: str
    tier: str
    difficulty: str | None


def models(*, catalog: CatalogOption = "default", output: FormatOption = Format.TABLE) -> None:
    """List a catalog's models: prices with source and age, abilities, and routes to them."""
    loaded = Catalog.load(catalog)
    routes = _routes(loaded)
    today = datetime.now(tz=UTC).date()
    if output is Format.JSON:
        found = [_as_json(s, routes[s.alias], today=today) for s in loaded.models.values()]
        print_json({"catalog": loaded.name, "default": loaded.default_alias, "models": found})
        return
    rows = [_row(spec, routes[spec.alias], today=today) for spec in loaded.models.values()]
    screen = console()
    count = f"{len(rows)} model{'' if len(rows) == 1 else 's'}"
    heading = f"Catalog {loaded.name}: {count}, default {loaded.default_alias}."
    print_hanging([f"{heading} Prices in USD per million tokens."], width=screen.width)
    if screen.width >= _WIDE:
        _print_lines(rows, screen)
    else:
        _print_blocks(rows, width=screen.width)
    lines = price_lines(price_sources(loaded.models.values()))
    print_hanging(["", *lines], width=screen.width)


def _routes(catalog: Catalog) -> dict[str, list[_Cell]]:
    """Alias → every cell of the routing table that names it."""
    found: dict[str, list[_Cell]] = {alias: [] for alias in catalog.models}
    for task, row in catalog.table.rows.items():
        for tier in TIERS:
            for level, alias in row[tier].items():
                difficulty = None if level == "default" else level
                found[alias].append(_Cell(task=task, tier=tier, difficulty=difficulty))
    return found


def _row(spec: ModelSpec, cells: list[_Cell], *, today: date) -> dict[str, str]:
    price = spec.price_at(datetime.now(tz=UTC))
    known = {
        "alias": spec.alias,
        "API id": spec.model,
        "provider": spec.provider,
        "input": shown_usd(price.input_usd_per_mtok if price else None),
        "output": shown_usd(price.output_usd_per_mtok if price else None),
        "cached": _cached(price),
        "checked": f"{price.date}, {_age(price.date, today)}" if price else "unknown",
    }
    return {
        **known,
        "window": "unlimited" if spec.context_window is None else f"{spec.context_window:,}",
        "reads": ", ".join(m for m in MODALITIES if m in spec.inputs),
        "tools": "yes" if spec.tools else "no",
        "structured": ", ".join(m for m in _METHODS if m in spec.schema_methods()) or "no",
        "routes": _shown_routes(cells),
    }


def _cached(price: Price | None) -> str:
    if price is not None and price.cached_input_usd_per_mtok is None:
        return "as input"
    return shown_usd(price.cached_input_usd_per_mtok if price else None)


def _age(day: date, today: date) -> str:
    days = (today - day).days
    return f"{days} day{'' if days == 1 else 's'} old"


def _shown_routes(cells: list[_Cell]) -> str:
    """Tasks with the tiers in which they route here, such as `code (balanced, quality)`."""
    tiers: dict[str, list[str]] = {}
    for cell in cells:
        refined = f"{cell.tier} if {cell.difficulty}" if cell.difficulty else cell.tier
        tiers.setdefault(cell.task, []).append(refined)
    shown = (
        f"{task} ({'all tiers' if tuple(found) == TIERS else ', '.join(found)})"
        for task, found in tiers.items()
    )
    return ", ".join(shown) or "none"


def _as_json(spec: ModelSpec, cells: list[_Cell], *, today: date) -> Mapping[str, Any]:
    price = spec.price_at(datetime.now(tz=UTC))
    return {
        "alias": spec.alias,
        "model": spec.model,
        "provider": spec.provider,
        "input_usd_per_mtok": price and price.input_usd_per_mtok,
        "output_usd_per_mtok": price and price.output_usd_per_mtok,
        "cached_input_usd_per_mtok": price and price.cached_input_usd_per_mtok,
        "price_source": price and price.source,
        "price_date": price and price.date,
        "price_age_days": price and (today - price.date).days,
        "context_window": spec.context_window,
        "max_output_tokens": spec.max_output_tokens,
        "inputs": spec.inputs,
        "tools": spec.tools,
        "tool_choice": spec.tool_choice,
        "structured_output": spec.schema_methods(),
        "routes": cells,
    }


def _print_lines(rows: list[dict[str, str]], screen: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in rows[0]:
        table.add_column(name, overflow="fold", no_wrap=name not in _FOLDED)
    for row in rows:
        table.add_row(*row.values())
    screen.print(table)


def _print_blocks(rows: list[dict[str, str]], *, width: int) -> None:
    for row in rows:
        shown = dict(row)
        lines = ["", shown.pop("alias")]
        lines += [f"  {name:<12}{value}" for name, value in shown.items()]
        print_hanging(lines, width=width)
