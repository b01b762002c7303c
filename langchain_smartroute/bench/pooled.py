"""Figures of several runs as one, whose spread also holds what differs between the runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_smartroute.bench.figures import Figures, merged
from langchain_smartroute.bench.sections import SECTIONS
from langchain_smartroute.errors import ConfigurationError

__all__ = ["pooled"]


def pooled(runs: Sequence[Figures]) -> Figures:
    """Merge the figures of several runs of the same code on the same machine.

    A machine's pace changes from hour to hour by more than within a run, so that the spread of
    one run says too little about the next.

    Args:
        runs: The figures of at least two runs, in order.

    Returns:
        Figures with the samples of all runs; `made["runs"]` holds what was said of each.

    Raises:
        ConfigurationError: If there are fewer than two runs, or if one was made with `--quick`,
            lacks a part, is pooled itself, was given before, or was made on another machine or
            with other versions.
    """
    if len(runs) < 2:  # noqa: PLR2004 - several
        raise ConfigurationError(f"{len(runs)} run cannot be pooled; give the figures of several")
    first = runs[0]
    for number, run in enumerate(runs, start=1):
        _check(number, run, first)
        if run in runs[: number - 1]:
            raise ConfigurationError(f"run {number} was given before; give each run once")
    rounds = sum(run.made["rounds"] for run in runs)
    return Figures(
        made={
            **first.made,
            "date": " and ".join(dict.fromkeys(run.made["date"] for run in runs)),
            "rounds": rounds,
            "seconds": sum(run.made["seconds"] for run in runs),
            "runs": [_of_a_run(run) for run in runs],
        },
        notes={
            **first.notes,
            **{
                table: note.format(rounds=rounds)
                for section in SECTIONS.values()
                for table, note in section.tables.items()
                if table in first.notes
            },
        },
        figures=merged(figure for run in runs for figure in run.figures),
    )


def _check(number: int, run: Figures, first: Figures) -> None:
    """Refuse a run that does not fit.

    Raises:
        ConfigurationError: With the number of the run, and what to do.
    """
    made = run.made
    if made["quick"]:
        raise ConfigurationError(f"run {number} was made with --quick; make it again without")
    if made["failed"]:
        parts = "; ".join(made["failed"])
        raise ConfigurationError(f"run {number} lacks what failed ({parts}); make it again")
    if "runs" in made:
        raise ConfigurationError(f"run {number} is pooled already; give the runs that it is of")
    for what in ("machine", "versions"):
        if made[what] != first.made[what]:
            raise ConfigurationError(
                f"run {number} and the first differ in their {what} ({made[what]}, and"
                f" {first.made[what]}); pool what was made alike"
            )


def _of_a_run(run: Figures) -> dict[str, Any]:
    kept = ("date", "seconds", "seed", "load_average", "million_additions_ms")
    return {what: run.made[what] for what in kept if what in run.made}
