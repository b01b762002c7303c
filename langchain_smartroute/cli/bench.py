"""`smartroute bench`: benchmarks of the router on this machine."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from langchain_smartroute.bench import FULL, SHORT, SoakSettings, run_fault_card, run_soak
from langchain_smartroute.bench.callers import callers_at
from langchain_smartroute.bench.contestants import CONTESTANTS
from langchain_smartroute.bench.fault_cases import fault_cases
from langchain_smartroute.bench.scaling import bench_scaling
from langchain_smartroute.bench.throughput import CONCURRENCIES, run_throughput
from langchain_smartroute.cli.bench_all import check, everything, page, pool
from langchain_smartroute.cli.bench_overhead import overhead
from langchain_smartroute.cli.bench_report import print_fault_card, print_soak, shown_each
from langchain_smartroute.cli.bench_throughput import throughput_lines, throughput_markdown
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.output import console, plain, print_hanging, print_json
from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["bench"]

bench = typer.Typer(
    name="bench",
    help="Measure the router on this machine, without spending anything.",
    no_args_is_help=True,
)

bench.command("all")(everything)
bench.command()(pool)
bench.command()(check)
bench.command()(page)
bench.command()(overhead)

JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", dir_okay=False, help="Write the figures there too."),
]


@bench.command()
def faults(
    *,
    full: Annotated[
        bool, typer.Option("--full", help="The published timings; takes two minutes.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Score 16 provider faults, beside LangChain's with_fallbacks.

    Exits with 1 if the router fails one.
    """
    timings = FULL if full else SHORT
    with _logs_kept_off(), _progress("faults", len(fault_cases(timings)) * len(CONTESTANTS)) as bar:
        card = run_fault_card(timings, on_result=lambda: bar.advance(bar.task_ids[0]))
    print_fault_card(card, console())
    _write(json_file, card.as_dict())
    if card.failures:
        raise typer.Exit(1)


@bench.command()
def soak(
    *,
    requests: Annotated[int, typer.Option(min=1, help="How many requests.")] = 20_000,
    concurrency: Annotated[int, typer.Option(min=1, help="How many at a time.")] = 64,
    faulty: Annotated[
        float, typer.Option(min=0, max=1, help="The share that the server answers badly.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of all random choices.")] = 0,
    json_file: JsonOption = None,
) -> None:
    """Send many requests at once, some of them to faults, and look for what gets lost.

    Exits with 1 if a request ends in anything but a whole answer or a clear error,
    if the accounts do not add up, or if anything leaks.
    """
    settings = SoakSettings(requests=requests, concurrency=concurrency, faulty=faulty, seed=seed)
    with _logs_kept_off(), _progress("requests", requests) as bar:
        report = run_soak(
            settings, on_progress=lambda done: bar.update(bar.task_ids[0], completed=done)
        )
    print_soak(report, console())
    _write(json_file, report.as_dict())
    if report.failures:
        raise typer.Exit(1)


@bench.command()
def throughput(
    *,
    at_a_time: Annotated[
        list[int] | None, typer.Option(min=1, help="Calls at a time; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, interleaved.")] = 5,
    stream: Annotated[bool, typer.Option("--stream", help="Streamed answers.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The table as Markdown.")] = False,
    json_file: JsonOption = None,
) -> None:
    """Count asynchronous calls a second, beside the openai SDK and LangChain."""
    concurrencies = tuple(at_a_time or CONCURRENCIES)
    turns = (rounds + 1) * sum(len(callers_at(many)) for many in concurrencies)
    with _logs_kept_off(), _progress("rounds", turns) as bar:
        report = run_throughput(
            concurrencies=concurrencies,
            rounds=rounds,
            streamed=stream,
            on_round=lambda: bar.advance(bar.task_ids[0]),
        )
    if markdown:
        typer.echo(throughput_markdown(report), nl=False)
    else:
        print_hanging(throughput_lines(report), width=console().width)
    _write(json_file, report.as_dict())


@bench.command()
def classifier(*, output: FormatOption = Format.TABLE) -> None:
    """Time the classifiers beside scikit-learn's own pipeline. Needs the extra eval.

    Takes a minute or two, most of it for scikit-learn on ten million characters.
    """
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


@bench.command()
def scaling(*, output: FormatOption = Format.TABLE) -> None:
    """Measure how a decision's cost grows with models, messages and rules, and a record's."""
    found = list(bench_scaling())
    if output is Format.JSON:
        print_json([asdict(scale) for scale in found])
        return
    lines = ["what grows          how many   CPU in µs   each one more"]
    lines += [f"{s.what:<16}{s.size:>12,}{s.cpu_us:>12,.0f}{shown_each(s):>16}" for s in found]
    print_hanging(lines, width=console().width)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Progress]:
    """A progress bar on stderr, if it is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    screen = console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        bar.add_task(what, total=total)
        yield bar


@contextmanager
def _logs_kept_off() -> Iterator[None]:
    """Hide the router's warnings, as its circuit breakers are expected to open here."""
    log, nowhere = logging.getLogger("langchain_smartroute"), logging.NullHandler()
    log.addHandler(nowhere)
    try:
        yield
    finally:
        log.removeHandler(nowhere)


def _write(file: Path | None, figures: dict[str, Any]) -> None:
    if file is None:
        return
    text = json.dumps(figures, default=plain, ensure_ascii=False, indent=2)
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"--json {str(file)!r}: cannot be written ({error.strerror}); choose another file"
        ) from error
