"""The report on the headline claims: four figures beside the reference design's, and caveats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.evaluation.bootstrap import spreads
from langchain_smartroute.evaluation.headline import STRATA, Headline
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.standing_tables import spread_of
from langchain_smartroute.report import Column, Document, Section, Table

__all__ = ["headline_document"]

_Means = Mapping[str, npt.NDArray[np.float64]]

_STAND_INS = (
    "None of the catalog's models but gpt-4o and gpt-4o-mini is in public outcomes, so this says"
    " how the routing does on models of the same kinds, not how these models do."
)
_KINDS = (
    "Classification is multiple choice here: public outcomes of several models on sentiment,"
    " topics or tickets were not found. Translation, creative writing and vision are missing."
)
_TOKENS = (
    "Tokens at the catalog's prices are characters / 4 of what was shown: thoughts of a reasoning"
    " model, which it bills, are not in the data. Open models' tokens are not known at all."
)
_LATENCY = "Latency is known for two models of one source, measured by it one after the other."
_METHOD = (
    "In brackets 95 % bootstrap intervals. The difference is the plain router's, paired with the"
    " baseline. The design gives no n and no interval."
)


def headline_document(found: Headline, *, seed: int) -> Document:
    """Build the report.

    Args:
        found: Results on the requests.
        seed: Seed of the intervals.
    """
    rows = list(_rows(found, seed))
    names = ("figure", "n", "always gpt-4o", "router", "router, agreement", "difference", "design")
    columns = tuple(Column(name=n, kind="count" if n == "n" else "text") for n in names)
    return Document(
        title="A thousand mixed requests",
        subtitle=f"{len(found.kinds):,} requests of public outcomes, replayed",
        sections=(
            Section(
                title="Beside the reference design's figures",
                tables=(Table(columns=columns, rows=tuple(row for row, _ in rows)),),
                notes=(_METHOD,),
            ),
            Section(title="Who stands in for whom", tables=(_stand_ins(),)),
            Section(title="Taken for", tables=(_taken_for(found),)),
            Section(
                title="What the data cannot show", notes=(_STAND_INS, _KINDS, _TOKENS, _LATENCY)
            ),
        ),
        figures={"figures": {row[0]: plain for row, plain in rows}},
    )


def _rows(found: Headline, seed: int) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    kinds, compared = found.kinds, found.compared
    claims = (
        ("USD / 1,000, catalog's prices", found.costs == "catalog", _DOLLARS, "18.42 → 3.88"),
        ("USD / 1,000, as recorded", found.costs == "records", _DOLLARS, "18.42 → 3.88"),
        ("latency s, as recorded", found.costs == "records", _SECONDS, "2.3 → 1.1"),
        ("code, pass@1", kinds == "code", _QUALITY, "82 % → 84 %"),
        ("multiple choice, accuracy", kinds == "classification", _QUALITY, "94 % → 94 %"),
        ("reasoning, accuracy", kinds == "reasoning", _QUALITY, "not given"),
        ("accuracy where answers were compared", compared, _QUALITY, "not given"),
        ("USD / 1,000 where they were", compared, _DOLLARS, "not given"),
        ("all, quality", np.ones(len(kinds), bool), _QUALITY, "not given"),
    )
    for name, rows, what, design in claims:
        if rows.any():
            intervals = _spreads(found, rows, what, seed=seed)
            yield (
                _shown(name, intervals, what, found=found, rows=rows, design=design),
                {"n": int(rows.sum()), **{key: _plain(value) for key, value in intervals.items()}},
            )


_QUALITY, _DOLLARS, _SECONDS = "quality", "cost_usd", "latency_s"
_SCALES = {_QUALITY: 100, _DOLLARS: 1_000, _SECONDS: 1}


def _spreads(
    found: Headline, rows: npt.NDArray[np.bool_], what: str, *, seed: int
) -> dict[str, Interval]:
    """Intervals of the baseline, router, router with agreement, and the plain router's change."""

    def change(means: _Means) -> npt.NDArray[np.float64]:
        if what == _QUALITY:
            return means["router"] - means["baseline"]
        return 100 * (means["router"] / means["baseline"] - 1)

    three = {"baseline": found.baseline, "router": found.plain, "agreement": found.cascade}
    return spreads(
        {name: _SCALES[what] * getattr(each, what)[rows] for name, each in three.items()},
        {**{name: itemgetter(name) for name in three}, "change": change},
        seed=seed,
    )


def _shown(
    name: str,
    intervals: Mapping[str, Interval],
    what: str,
    *,
    found: Headline,
    rows: npt.NDArray[np.bool_],
    design: str,
) -> tuple[Any, ...]:
    digits, unit = (1, "points") if what == _QUALITY else (2, "%")
    change = spread_of(intervals["change"], digits=1)
    return (
        name,
        int(rows.sum()),
        spread_of(intervals["baseline"], digits=digits),
        spread_of(intervals["router"], digits=digits),
        spread_of(intervals["agreement"], digits=digits) if found.compared[rows].any() else None,
        None if change is None else f"{change} {unit}",
        design,
    )


def _plain(value: Interval) -> list[float] | None:
    return list(value) if np.isfinite(value.value) else None


def _stand_ins() -> Table:
    sources = {(s.file, s.costs): s.names for s in STRATA}
    columns = (Column(name="alias"), *(Column(name=f"{f} (costs: {c})") for f, c in sources))
    aliases = dict.fromkeys(alias for names in sources.values() for alias in names)
    rows = tuple((a, *(names.get(a) for names in sources.values())) for a in aliases)
    return Table(columns=columns, rows=rows)


def _taken_for(found: Headline) -> Table:
    kinds = list(dict.fromkeys(found.kinds.tolist()))
    tasks, counts = np.unique(found.tasks, return_counts=True)
    columns = (Column(name="task"), *(Column(name=kind, kind="count") for kind in kinds))
    rows = tuple(
        (
            str(task),
            *(int(((found.tasks == task) & (found.kinds == kind)).sum()) for kind in kinds),
        )
        for task in tasks[np.argsort(-counts, kind="stable")]
    )
    return Table(columns=columns, rows=rows)
