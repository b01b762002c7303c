"""The report of a calibration: the promise, the result, and the prompts it would need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from langchain_smartroute.evaluation.calibrate import Calibration
from langchain_smartroute.evaluation.compared import Standings, standings
from langchain_smartroute.evaluation.standing_tables import (
    cost_and_quality,
    overall_table,
    plain_standing,
    spread_of,
)
from langchain_smartroute.report import Column, Document, Figure, Section, Table

__all__ = ["calibration_document"]

_SEED = 5


def calibration_document(found: Calibration, *, notes: Sequence[str] = ()) -> Document:
    """Build the report of a calibration.

    Args:
        found: The result of the calibration.
        notes: Remarks on the data.
    """
    overall = standings(found.replays, strongest=found.replays[1], seed=_SEED)
    sections = (
        Section(title="Promise", figures=tuple(_figures(found)), notes=tuple(_words(found))),
        Section(
            title=f"On the {found.counts['report']:,} prompts that were not calibrated on",
            charts=cost_and_quality(overall, found.curve),
            tables=(overall_table(overall),),
            notes=tuple(notes),
        ),
        Section(
            title="Tests",
            tables=(_tests(found),),
            notes=tuple(filter(None, (_METHOD, found.remark))),
        ),
    )
    subtitle = f"{found.counts['calibrate']:,} prompts calibrated on, family {found.family}"
    return Document(
        title="Calibration",
        subtitle=subtitle,
        sections=sections,
        figures=_named(found, overall),
    )


_METHOD = (
    "Settings are tested from the safest on, and the first that cannot be shown to keep enough"
    " ends the search (Learn then Test, arXiv 2110.01052), by a betting test of the paired"
    " difference (arXiv 2010.09686). The promise holds for requests exchangeable with these,"
    " against whichever model of the pool is truly the strongest."
)


def _figures(found: Calibration) -> Iterator[Figure]:
    yield Figure(name="setting", value=found.setting.label, kind="text")
    yield Figure(name="strongest", value=found.strongest, kind="text")
    yield Figure(name="to keep", value=100 * found.keep, kind="percent")
    yield Figure(name="confidence", value=100 * found.confidence, kind="percent")
    kept = spread_of(found.kept, percent=True, digits=1)
    yield Figure(name="kept, reported", value=kept, kind="text")
    saved = spread_of(found.saved, percent=True, digits=1)
    yield Figure(name="saved, reported", value=saved, kind="text")


def _words(found: Calibration) -> Iterator[str]:
    share, sure = f"{found.keep:.0%}", f"{found.confidence:.0%}"
    if found.promised:
        yield (
            f"With {sure} confidence the setting keeps at least {share} of the strongest model's"
            " quality on such requests."
        )
        return
    yield (
        f"Too few outcomes for a promise: on {found.counts['calibrate']:,} prompts nothing cheaper"
        f" than always {found.strongest} can be shown to keep {share} with {sure} confidence, so"
        " that is what the settings say."
    )
    if found.curve and not any(cost < found.curve[0][0] for cost, _ in found.curve):
        yield f"No setting of this family costs less than always {found.strongest}."
    elif found.needed is None:
        yield (
            "No setting of this family seems to keep enough, so more outcomes would not help; try"
            " another family, another pool or a lower share."
        )
    else:
        yield f"About {found.needed:,} prompts to calibrate on would do, if they are like these."


def _tests(found: Calibration) -> Table:
    level = 1 - found.confidence
    rows = tuple(
        (
            str(number),
            f"{found.chosen.slack[number]:+.4f}",
            f"{p:.4f}",
            "keeps enough" if p <= level else "not shown",
        )
        for number, p in enumerate(found.chosen.p_values, 1)
    )
    names = ("setting", "kept above the promise", "p", "so")
    return Table(columns=tuple(Column(name=name) for name in names), rows=rows)


def _named(found: Calibration, overall: Standings) -> dict[str, Any]:
    return {
        "promised": found.promised,
        "family": found.family,
        "setting": found.setting.label,
        "strongest": found.strongest,
        "keep": found.keep,
        "confidence": found.confidence,
        "prompts": dict(found.counts),
        "needed": found.needed,
        "kept": list(found.kept) if np.isfinite(found.kept.value) else None,
        "saved": list(found.saved) if np.isfinite(found.saved.value) else None,
        "routers": {each.name: plain_standing(each) for each in overall.routers},
    }
