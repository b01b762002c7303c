"""The report of a router's evaluation: baselines, results by task, worst regressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.compared import Standings, by_part, standings
from langchain_smartroute.evaluation.metrics import risk_coverage
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Replay
from langchain_smartroute.evaluation.standing_tables import (
    column_of,
    cost_and_quality,
    in_short,
    overall_table,
    parts_table,
    plain_standing,
)
from langchain_smartroute.report import (
    Column,
    Document,
    Lines,
    Section,
    Table,
)

__all__ = ["Evaluation", "evaluation_document"]

_Floats = npt.NDArray[np.float64]

_WORST = 20
_SHOWN_CHARS = 300
_STEPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The data of a report.

    Attributes:
        table: The prompts that are reported on.
        replays: The router first, then its baselines; the second is always the strongest.
        parts: The part that each prompt belongs to, such as its dataset or task.
        expected: Predicted quality of the chosen model's answer per prompt; `None`: the router
            predicts nothing.
        curve: Cost per prompt and quality of the router's other settings.
        notes: Remarks on the data.
        seed: Seed of the intervals.
    """

    table: OutcomeTable
    replays: tuple[Replay, ...]
    parts: npt.NDArray[np.str_]
    expected: _Floats | None = field(default=None, repr=False)
    curve: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
    seed: int = 5

    def overall(self) -> Standings:
        """Results on all prompts."""
        return standings(self.replays, strongest=self.replays[1], seed=self.seed)

    def by_part(self) -> tuple[Standings, ...]:
        """Results of the router and of the strongest model for each part."""
        return by_part(self.replays[:2], self.parts, strongest=self.replays[1], seed=self.seed)


def evaluation_document(found: Evaluation, *, title: str, prompts: bool) -> Document:
    """Build the report.

    Args:
        found: The evaluation.
        title: The report's title.
        prompts: Whether the worst regressions are shown with their prompts.
    """
    overall, parts = found.overall(), found.by_part()
    sections = [
        Section(
            title="Beside the baselines",
            figures=tuple(in_short(overall)),
            charts=cost_and_quality(overall, found.curve),
            tables=(overall_table(overall), _calls_table(found.replays[0])),
            notes=(_METHOD, *found.notes, *found.replays[0].notes),
        ),
        Section(title="By part", tables=(parts_table(parts),)),
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


def _calls_table(found: Replay) -> Table:
    columns = (Column(name="model"), Column(name="answered", kind="percent"), column_of("calls"))
    calls, answers = found.calls, found.answers
    rows = sorted(calls, key=lambda model: -calls[model])
    return Table(
        columns=columns,
        rows=tuple((m, 100 * answers.get(m, 0.0), f"{calls[m]:.3f} a prompt") for m in rows),
    )


def _foresight(found: Replay, expected: _Floats) -> Section:
    """Calibration and risk–coverage of predicted quality."""
    bins = np.minimum((expected * _STEPS).astype(np.intp), _STEPS - 1)
    counts = np.bincount(bins, minlength=_STEPS)
    there = np.flatnonzero(counts)
    reached = np.bincount(bins, found.quality, minlength=_STEPS)[there] / counts[there]
    expected_means = np.bincount(bins, expected, minlength=_STEPS)[there] / counts[there]
    coverage, risk = risk_coverage(expected, found.quality >= 0.5)  # noqa: PLR2004 - half right
    at = np.linspace(0, len(coverage) - 1, 2 * _STEPS).astype(np.intp)
    return Section(
        title="Foresight",
        charts=(
            Lines(
                title="Reliability: quality by what was predicted",
                along=tuple(f"{100 * value:.0f} %" for value in expected_means),
                series={
                    "reached": tuple((100 * reached).tolist()),
                    "predicted": tuple((100 * expected_means).tolist()),
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
        tables=(Table(columns=tuple(map(column_of, names)), rows=rows),),
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
