"""`smartroute bench`: time and memory, measured here and now."""

from __future__ import annotations

import typer

from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json

__all__ = ["bench"]

bench = typer.Typer(help="Measure time and memory on this machine.", no_args_is_help=True)


@bench.callback()
def _measures() -> None:
    """Measure time and memory on this machine."""


@bench.command()
def classifier(*, output: FormatOption = Format.TABLE) -> None:
    """Time the classifiers beside scikit-learn's own pipeline. Needs the extra eval."""
    # The extra's packages are imported in there, for this verb alone.
    from langchain_smartroute.bench.classifier import (  # noqa: PLC0415
        bench_classifiers,
        bench_history,
        bench_loading,
    )

    loading, history, timings = bench_loading(), bench_history(), list(bench_classifiers())
    if output is Format.JSON:
        found = {str(turns): each for turns, each in history.items()}
        print_json({"loading": loading, "history_us_a_message": found, "timings": timings})
        return
    lines = [
        f"loading the weights: {loading.milliseconds:.1f} ms, {loading.mebibytes:.1f} MiB",
        *(f"history of {turns:,} messages: {each:.2f} µs each" for turns, each in history.items()),
        "",
        "classifier      characters      p50 µs      p95 µs",
        *(f"{t.name:<14}{t.characters:>12,}{t.p50_us:>12,.0f}{t.p95_us:>12,.0f}" for t in timings),
    ]
    print_hanging(lines, width=console().width)
