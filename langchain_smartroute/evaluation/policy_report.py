"""An evaluation as a document: beside its baselines, by task, with what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.compared import Standing, Standings, by_part, standings
from langchain_smartroute.evaluation.metrics import Interval, risk_coverage
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Replay
from langchain_smartroute.report import (
    Column,
    Document,
    Lines,
    Point,
    Points,
    Section,
    Table,
)

__all__ = [
    "Evaluation",
    "cost_and_quality",
    "evaluation_document",
    "overall_table",
    "plain_standing",
    "spread_of",
]

_Floats = npt.NDArray[np.float64]

_WORST = 20
_SHOWN_CHARS = 300
_STEPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a report is made of.

    Attributes:
        table: The prompts that are reported on.
        replays: The router first, then its baselines; the second is always the strongest.
        parts: Which part each prompt is of, such as its dataset or task.
        expected: What the router predicted of the answer that it took, per prompt; `None`:
            it predicts nothing.
        curve: Cost per prompt and quality of the router's other settings.
        notes: What is to be known of the data.
        seed: Of the intervals.
    """

    table: OutcomeTable
    replays: tuple[Replay, ...]
    parts: npt.NDArray[np.str_]
    expected: _Floats | None = field(default=None, repr=False)
    curve: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
    seed: int = 5

    def overall(self) -> Standings:
        """All prompts together."""
        return standings(self.replays, strongest=self.replays[1], seed=self.seed)

    def by_part(self) -> tuple[Standings, ...]:
        """The router beside the strongest model, part by part."""
        return by_part(self.replays[:2], self.parts, strongest=self.replays[1], seed=self.seed)


def evaluation_document(found: Evaluation, *, title: str, prompts: bool) -> Document:
    """An evaluation as a report.

    Args:
        found: What was measured.
        title: Of the report.
        prompts: Whether the worst regressions are shown with their prompts' texts.
    """
    overall, parts = found.overall(), found.by_part()
    sections = [
        Section(
            title="Beside the baselines",
            charts=cost_and_quality(overall, found.curve),
            tables=(overall_table(overall), _calls_table(found.replays[0])),
            notes=(_METHOD, *found.notes, *found.replays[0].notes),
        ),
        Section(title="By part", tables=(_parts_table(parts),)),
    ]
    if found.expected is not None:
        sections.append(_foresight(found.replays[0], found.expected))
    if prompts:
        sections.append(_regressions(found))
    return Document(
        title=title,
        subtitle=f"{len(found.table):,} prompts, {len(found.table.models)} models",
        sections=tuple(sections),
        figures=_figures(overall, parts),
    )


_METHOD = (
    "Replayed on outcomes that are known; no model was called. In brackets 95 % bootstrap"
    " intervals over prompts; gains, shares kept and savings are paired. Always the strongest is"
    " the model with the best mean score on prompts other than these, unless it was named;"
    " random is what a coin between the cheapest and the strongest is expected to reach at the"
    " router's cost; the oracle takes the best answer to each prompt."
)


def spread_of(found: Interval, *, percent: bool = False, digits: int = 3) -> str | None:
    """A figure with its interval in words; `None` where it is unknown."""
    if not np.isfinite(found.value):
        return None
    value, low, high = (100 * part if percent else part for part in found)
    shown = f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
    return f"{shown} %" if percent else shown


def overall_table(overall: Standings) -> Table:
    """Routers and baselines, a row each."""
    names = ("router", "n", "quality", "kept", "gain", "USD / 1,000", "saved", "latency s", "arena")
    return Table(columns=tuple(map(_column, names)), rows=tuple(map(_row, overall.routers)))


def _column(name: str) -> Column:
    return Column(name=name, kind="count" if name == "n" else "text")


def _row(found: Standing) -> tuple[Any, ...]:
    return (
        found.name,
        found.count,
        spread_of(found.quality),
        spread_of(found.kept, percent=True, digits=1),
        spread_of(found.gain, digits=4),
        spread_of(found.usd_per_thousand, digits=4),
        spread_of(found.saved, percent=True, digits=1),
        spread_of(found.latency_s, digits=2),
        None if found.arena is None else f"{found.arena:.4f}",
    )


def _calls_table(found: Replay) -> Table:
    columns = (Column(name="model"), Column(name="answered", kind="percent"), _column("calls"))
    calls, answers = found.calls, found.answers
    rows = sorted(calls, key=lambda model: -calls[model])
    return Table(
        columns=columns,
        rows=tuple((m, 100 * answers.get(m, 0.0), f"{calls[m]:.3f} a prompt") for m in rows),
    )


def _parts_table(parts: Sequence[Standings]) -> Table:
    names = ("part", "n", "quality", "strongest", "gain", "USD / 1,000", "saved")
    rows = []
    for part in parts:
        router, strongest = part.routers
        rows.append(
            (
                part.part,
                router.count,
                spread_of(router.quality),
                spread_of(strongest.quality),
                spread_of(router.gain, digits=4),
                spread_of(router.usd_per_thousand, digits=4),
                spread_of(router.saved, percent=True, digits=1),
            )
        )
    return Table(columns=tuple(map(_column, names)), rows=tuple(rows))


def cost_and_quality(
    overall: Standings, curve: tuple[tuple[float, float], ...] = ()
) -> tuple[Points, ...]:
    """The chart, where costs are known.

    Args:
        overall: Routers and baselines.
        curve: Cost per prompt and quality of other settings.
    """
    points = {
        found.name: Point(
            x=found.usd_per_thousand.value,
            y=100 * found.quality.value,
            low=100 * found.quality.low,
            high=100 * found.quality.high,
        )
        for found in overall.routers
        if np.isfinite(found.usd_per_thousand.value)
    }
    if not points:
        return ()
    return (
        Points(
            title="Cost and quality",
            points=points,
            x_name="US dollars for a thousand requests",
            x_kind="usd",
            y_name="quality",
            y_kind="percent",
            curve=tuple((1_000 * cost, 100 * quality) for cost, quality in curve),
        ),
    )


def _foresight(found: Replay, expected: _Floats) -> Section:
    """How far predictions come true, and what is lost when only the surest are kept."""
    bins = np.minimum((expected * _STEPS).astype(np.intp), _STEPS - 1)
    counts = np.bincount(bins, minlength=_STEPS)
    there = np.flatnonzero(counts)
    reached = np.bincount(bins, found.quality, minlength=_STEPS)[there] / counts[there]
    meant = np.bincount(bins, expected, minlength=_STEPS)[there] / counts[there]
    coverage, risk = risk_coverage(expected, found.quality >= 0.5)  # noqa: PLR2004 - half right
    at = np.linspace(0, len(coverage) - 1, 2 * _STEPS).astype(np.intp)
    return Section(
        title="Foresight",
        charts=(
            Lines(
                title="Reliability: quality by what was predicted",
                along=tuple(f"{100 * value:.0f} %" for value in meant),
                series={
                    "reached": tuple((100 * reached).tolist()),
                    "predicted": tuple((100 * meant).tolist()),
                },
                kind="percent",
            ),
            Lines(
                title="Risk and coverage: share wrong among the surest",
                along=tuple(f"{100 * value:.0f} %" for value in coverage[at]),
                series={"wrong": tuple((100 * risk[at]).tolist())},
                kind="percent",
            ),
        ),
    )


def _regressions(found: Evaluation) -> Section:
    router, strongest = found.replays[:2]
    lost = strongest.quality - router.quality
    worst = [row for row in np.argsort(-lost, kind="stable")[:_WORST].tolist() if lost[row] > 0]
    rows = tuple(
        (
            str(found.parts[row]),
            _who(router, row),
            f"{router.quality[row]:.2f}",
            f"{strongest.quality[row]:.2f}",
            found.table.prompts[row][:_SHOWN_CHARS],
        )
        for row in worst
    )
    names = ("part", "answered by", "score", "strongest's", "prompt")
    return Section(
        title="Worst regressions",
        tables=(Table(columns=tuple(map(_column, names)), rows=rows),),
        notes=(f"{int((lost > 0).sum()):,} prompts score less than with the strongest model.",),
    )


def _who(router: Replay, row: int) -> str:
    return next((model for model, share in router.answered.items() if share[row]), "nobody")


def _figures(overall: Standings, parts: Sequence[Standings]) -> Mapping[str, Any]:
    return {
        "routers": {found.name: plain_standing(found) for found in overall.routers},
        "parts": {
            part.part: {found.name: plain_standing(found) for found in part.routers}
            for part in parts
        },
    }


def plain_standing(found: Standing) -> dict[str, Any]:
    """A standing as JSON values; what is unknown is `None`."""

    def plain(interval: Interval) -> list[float] | None:
        return list(interval) if np.isfinite(interval.value) else None

    return {
        "n": found.count,
        "quality": plain(found.quality),
        "kept": plain(found.kept),
        "gain": plain(found.gain),
        "usd_per_thousand": plain(found.usd_per_thousand),
        "saved": plain(found.saved),
        "latency_s": plain(found.latency_s),
        "arena": found.arena,
    }
