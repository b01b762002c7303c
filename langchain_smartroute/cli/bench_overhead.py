"""`smartroute bench overhead`: what the router adds to a call, in CPU."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_smartroute.bench.imports import bench_import
from langchain_smartroute.bench.overhead import Added, bench_decision, bench_overhead
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["overhead"]


def overhead(
    *,
    rounds: Annotated[int, typer.Option(min=20, help="How often each makes its call.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the order within a round.")] = 0,
    output: FormatOption = Format.TABLE,
) -> None:
    """Measure the CPU that the router adds to a ChatOpenAI, beside LangChain's own ways."""
    found = bench_overhead(rounds, seed=seed)
    decision, imported = bench_decision(rounds), bench_import()
    if output is Format.JSON:
        print_json({"calls": found, "decision_us": decision, "import_ms": imported})
        return
    width = max(len(added.name) for added in found)
    lines = [
        f"CPU of one call against a server that answers at once; {rounds} rounds, seed {seed}",
        *_tables(found, width),
        "",
        *(f"a decision, {what}: {us:,.0f} µs" for what, us in decision.items()),
        *(f"{what}: {ms:.0f} ms beyond langchain_core's" for what, ms in imported.items()),
    ]
    print_hanging(lines, width=console().width)


def _tables(found: list[Added], width: int) -> Iterator[str]:
    for way, several in groupby(found, key=lambda added: added.way):
        yield ""
        yield f"{way:<{width}}{'CPU µs':>8}{'added µs (95 %)':>26}{'ratio':>6}{'a chunk':>9}"
        yield from (_line(added, width) for added in several)


def _line(added: Added, width: int) -> str:
    interval = f"{added.added_us:,.0f} ({added.low_us:,.0f} to {added.high_us:,.0f})"
    chunk = "" if added.chunk_us is None else f"{added.chunk_us:.1f}"
    return f"{added.name:<{width}}{added.cpu_us:>8,.0f}{interval:>26}{added.ratio:>6.2f}{chunk:>9}"
