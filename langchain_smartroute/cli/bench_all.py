"""`smartroute bench all | pool | check | page`: all figures, and the pages that quote them."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from langchain_smartroute.bench.everything import run_everything, steps_of
from langchain_smartroute.bench.figure_pages import as_markdown, shown_spread
from langchain_smartroute.bench.figures import Figures
from langchain_smartroute.bench.pooled import pooled
from langchain_smartroute.bench.quoted import quoted_figures, rewritten
from langchain_smartroute.cli.documents import write_text
from langchain_smartroute.cli.output import console, json_text, print_hanging
from langchain_smartroute.errors import ConfigurationError

__all__ = ["check", "everything", "page", "pool"]

FiguresArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FIGURES", exists=True, dir_okay=False, help="Written by smartroute bench all."
    ),
]

PagesArgument = Annotated[
    list[Path], typer.Argument(metavar="PAGE...", exists=True, dir_okay=False)
]


def everything(
    *,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", file_okay=False, help="Where figures.json and .md are written."
        ),
    ],
    with_programs: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="PROGRAM",
            exists=True,
            dir_okay=False,
            help="A Python file that measures more; may be given again.",
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 5,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Only show that everything runs; the figures mean nothing."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of random orders.")] = 0,
) -> None:
    """Measure everything, beside the alternatives, and write it down with its spread.

    Takes about a quarter of an hour on two idle cores, during which the machine must have
    nothing else to do. Exits with 1 if a part failed; the others' figures are written.
    """
    out.mkdir(parents=True, exist_ok=True)
    programs = with_programs or []
    steps, number = len(steps_of(rounds=rounds, quick=quick, programs=programs)), count(1)
    figures = run_everything(
        rounds=rounds,
        quick=quick,
        programs=programs,
        seed=seed,
        on_step=lambda name: typer.echo(f"{next(number)} of {steps}: {name}", err=True),
    )
    _write(figures, out)
    if figures.made["failed"]:
        lines = [f"failed: {failure}" for failure in figures.made["failed"]]
        print_hanging(lines, width=console().width)
        raise typer.Exit(1)


def pool(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="FIGURES...",
            exists=True,
            dir_okay=False,
            help="Of several runs, each written by smartroute bench all.",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", file_okay=False, help="Where figures.json and .md are written."
        ),
    ],
) -> None:
    """Make one of several runs' figures, with the spread of all of them.

    A machine's pace changes between runs more than within one.
    """
    figures = pooled([Figures.read(path) for path in runs])
    out.mkdir(parents=True, exist_ok=True)
    _write(figures, out)


def check(
    figures: FiguresArgument,
    pages: PagesArgument,
) -> None:
    """Compare what pages state with figures: each with its spread, which must overlap.

    Exits with 1 if they do not agree, or if a figure that a page states was not measured.
    """
    found, lines, wrong = _measured(figures).by_key(), [], 0
    for path in pages:
        agreeing = 0
        try:
            stated = list(quoted_figures(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ConfigurationError(f"{path}: {error}") from error
        for quoted in stated:
            figure = found.get(quoted.key)
            if figure is not None and quoted.agrees(figure):
                agreeing += 1
                continue
            wrong += 1
            measured = "not measured" if figure is None else f"measured {shown_spread(figure)}"
            lines.append(f"{path}: {' / '.join(quoted.key)}: states {quoted.text}, {measured}")
        lines.append(f"{path}: {agreeing} of {len(stated)} figures agree")
    print_hanging(lines, width=console().width)
    if wrong:
        raise typer.Exit(1)


def page(
    figures: FiguresArgument,
    pages: PagesArgument,
) -> None:
    """Write new figures into pages: into their tables, and the numbers that they list."""
    found = _measured(figures)
    for path in pages:
        before = path.read_text(encoding="utf-8")
        try:
            text = rewritten(before, found)
        except ValueError as error:
            raise ConfigurationError(f"{path}: {error}") from error
        if text != before:
            write_text(text, path)


def _write(figures: Figures, folder: Path) -> None:
    write_text(json_text(figures.as_dict()) + "\n", folder / "figures.json")
    write_text(as_markdown(figures), folder / "figures.md")


def _measured(path: Path) -> Figures:
    found = Figures.read(path)
    if found.made["quick"]:
        raise ConfigurationError(
            f"{path}: made with --quick, so that its figures say nothing; make them again without"
        )
    return found
