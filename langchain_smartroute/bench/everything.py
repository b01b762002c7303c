"""Runs all benchmarks, each section in its own processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from langchain_smartroute.bench.figures import Figure, Figures, merged
from langchain_smartroute.bench.machine import load_average, machine, pace_ms, today, versions
from langchain_smartroute.bench.sections import SECTIONS

__all__ = ["run_everything", "steps_of"]

_Step = tuple[str, list[str]]
"""Name of a step, and its command."""


def steps_of(
    *, rounds: int = 5, quick: bool = False, programs: Sequence[Path] = (), seed: int = 0
) -> list[_Step]:
    """The steps of a run in order: sections in turn, programs, and sections again.

    A quick run uses one process for all sections; otherwise imports would take most of its time.

    Args:
        rounds: How often everything is measured.
        quick: Whether only to check that everything works.
        programs: Python files with further measurements.
        seed: Seed of random orders; each process of a section gets a different one.
    """
    section_of = ["-m", "langchain_smartroute.bench.sections"]
    options = ["--figures", *(["--quick"] if quick else ["--rounds", f"{rounds}"])]
    more = [(path.stem, [str(path), *options]) for path in programs]
    if quick:
        several = ",".join(name for name, section in SECTIONS.items() if section.always)
        return [(several, [*section_of, several, f"{seed}", "1", "--quick"]), *more]
    first, *later = (
        [
            (name, [*section_of, name, f"{seed + number}", f"{rounds}"])
            for name, section in SECTIONS.items()
            if section.again or not number
        ]
        for number in range(rounds)
    )
    return [*first, *more, *(step for steps in later for step in steps)]


def run_everything(
    *,
    rounds: int = 5,
    quick: bool = False,
    programs: Sequence[Path] = (),
    seed: int = 0,
    on_step: Callable[[str], None] = lambda _: None,
) -> Figures:
    """Measure everything.

    Args:
        rounds: Number of rounds; figures are medians over them.
        quick: Whether only to check that everything works; takes half a minute.
        programs: Python files that measure more. Called with `--figures` and `--quick`
            or `--rounds N`, such a program prints its figures as the sections do, and notes
            on its tables as `{"table": …, "note": …}`, one JSON object a line.
        seed: Seed of random orders.
        on_step: Called with the name of each step before it starts.

    Returns:
        The figures. Failed steps are in `made["failed"]` with the end of their output, so that
        one failure does not discard an hour's other figures. After an interrupt the remaining
        steps are listed there, too.
    """
    began, load, pace = time.monotonic(), load_average(), pace_ms()
    steps = steps_of(rounds=rounds, quick=quick, programs=programs, seed=seed)
    lines, failed = _measured(steps, on_step)
    times = 1 if quick else rounds
    notes = {
        table: note.format(rounds=times)
        for section in SECTIONS.values()
        for table, note in section.tables.items()
    }
    notes |= {one["table"]: one["note"] for one in lines if "note" in one}
    figures = merged(Figure.from_dict(one) for one in lines if "note" not in one)
    tables = {figure.table for figure in figures}
    return Figures(
        made={
            "date": today(),
            "quick": quick,
            "rounds": times,
            "failed": failed,
            "seconds": round(time.monotonic() - began),
            "seed": seed,
            "load_average": {"before": load, "after": load_average()},
            "million_additions_ms": {"before": pace, "after": pace_ms()},
            "machine": machine(),
            "versions": versions(),
        },
        notes={table: note for table, note in notes.items() if table in tables},
        figures=figures,
    )


def _measured(
    steps: Iterable[_Step], on_step: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Run steps one after another; returns their output, and the failed ones."""
    lines: list[dict[str, Any]] = []
    failed: list[str] = []
    for name, arguments in steps:
        on_step(name)
        try:
            lines += _told(arguments)
        except KeyboardInterrupt:
            failed.append("the rest, which was interrupted")
            break
        except RuntimeError as error:
            failed.append(f"{' '.join(arguments)}: {error}")
    return lines, failed


def _told(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """The JSON lines of a program's output.

    Raises:
        RuntimeError: If it fails, with the end of its output.
    """
    done = subprocess.run(  # noqa: S603 - our own sections, and what the caller names
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError("".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]))
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
