"""The sections of `smartroute bench all`: their tables, measurements and sizes.

Each section runs in its own process, most of them in several, in turn. So random effects of a
process (memory layout, hash seed) and of other load on the machine are part of the spread.

    python -m langchain_smartroute.bench.sections decision 0 5

prints the figures of one such process, one a line, as JSON.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from langchain_smartroute.bench.exact_costs import bench_exact_costs
from langchain_smartroute.bench.fault_card import run_fault_card
from langchain_smartroute.bench.figures import Figure, tell
from langchain_smartroute.bench.imports import bench_import
from langchain_smartroute.bench.memory import bench_memory
from langchain_smartroute.bench.overhead import (
    PLAIN,
    bench_decision,
    bench_overhead,
)
from langchain_smartroute.bench.scaling import SIZES, Scale, bench_scaling
from langchain_smartroute.bench.throughput import CONCURRENCIES, Row, run_throughput

__all__ = ["FULL", "QUICK", "SECTIONS", "Section", "Size", "main"]

ADDED = "Added to a call"
DECISION = "A decision"
IMPORT = "Import"
MEMORY = "Memory"
COSTS = "Costs"
FAULTS = "Faults"
SCALING = "Scaling"
GROWTH = "Growth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Amount of work measured in one process.

    Attributes:
        decisions: Number of decisions.
        rounds: Calls of each contestant with each method.
        calls: Calls of a contestant per round of the throughput benchmark; `None`: chosen by
            concurrency.
        throughput_rounds: Rounds of the throughput and import benchmarks.
        more_calls: Number of further calls after which memory is measured again.
        questions: Answers whose cost is checked, per method of calling.
        warm_up: Calls before the measurement.
        sizes: Sizes of the scaling benchmark.
        seed: Seed of all random choices.
    """

    decisions: int
    rounds: int
    calls: int | None
    throughput_rounds: int
    more_calls: int
    questions: int
    sizes: slice
    warm_up: int
    seed: int = 0


FULL = Size(
    decisions=300,
    rounds=60,
    calls=None,
    throughput_rounds=5,
    more_calls=1_000,
    questions=100,
    sizes=slice(None),
    warm_up=10,
)
"""Sizes for published figures."""

QUICK = Size(
    decisions=3,
    rounds=1,
    calls=4,
    throughput_rounds=1,
    more_calls=3,
    questions=2,
    sizes=slice(2),
    warm_up=1,
)
"""Sizes to check that everything runs; the figures are meaningless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of a run.

    Attributes:
        tables: Table → how it is measured; `{rounds}` is replaced by the number of rounds.
        measure: Measures and returns its figures.
        again: Whether it runs in a new process for each round, instead of once with rounds of
            its own.
        always: Whether it is part of a quick run as well.
    """

    tables: Mapping[str, str]
    measure: Callable[[Size], Iterator[Figure]]
    again: bool = False
    always: bool = True


def _one(table: str, row: str, column: str, *samples: float) -> Figure:
    return Figure(table=table, row=row, column=column, samples=samples)


def _decision(size: Size) -> Iterator[Figure]:
    for row, us in bench_decision(size.decisions).items():
        yield _one(DECISION, row, "CPU, µs", us)


def _added(size: Size) -> Iterator[Figure]:
    for added in bench_overhead(size.rounds, warm_up=size.warm_up, seed=size.seed):
        if added.name == PLAIN:
            continue
        if added.chunk_us is None:
            yield _one(ADDED, added.name, f"{added.way}, µs", added.added_us)
            yield _one(ADDED, added.name, f"{added.way}, ×", added.ratio)
        else:
            yield _one(ADDED, added.name, f"a chunk of {added.way}, µs", added.chunk_us)
            yield _one(ADDED, added.name, f"{added.way}, ×", added.ratio)


def _import(size: Size) -> Iterator[Figure]:
    for _ in range(size.throughput_rounds):
        for row, ms in bench_import(1).items():
            yield _one(IMPORT, row, "CPU beyond langchain_core's chat models, ms", ms)


def _memory(size: Size) -> Iterator[Figure]:
    for row, (first, more) in bench_memory(size.more_calls).items():
        yield _one(MEMORY, row, "MiB after one call", first)
        yield _one(MEMORY, row, "MiB that more calls add", more)


def _costs(size: Size) -> Iterator[Figure]:
    found = bench_exact_costs(size.questions, seed=size.seed)
    row = "router, all four ways to call"
    yield _one(COSTS, row, "answers", found.answers)
    yield _one(COSTS, row, "share exact to the last digit", found.exact / found.answers)
    yield _one(COSTS, row, "sum of the account exact", float(found.sum_is_exact))


def _faults(_: Size) -> Iterator[Figure]:
    logging.getLogger("langchain_smartroute").addHandler(logging.NullHandler())
    card = run_fault_card()
    for contestant in card.contestants:
        score = card.score(contestant.name)
        yield _one(FAULTS, contestant.name, "passed of 16", score["pass"])
        yield _one(FAULTS, contestant.name, "ended in a clear error", score["interrupted"])


def _scaling(size: Size) -> Iterator[Figure]:
    sizes = {what: several[size.sizes] for what, several in SIZES.items()}
    found: dict[str, list[Scale]] = {}
    for scale in bench_scaling(sizes):
        found.setdefault(scale.what, []).append(scale)
        what = scale.what.removesuffix("s") if scale.size == 1 else scale.what
        yield _one(SCALING, f"{scale.size:,} {what}", "CPU, µs", scale.cpu_us)
    for what, several in found.items():
        yield _one(GROWTH, what, "power", _power(several))


def _power(several: Sequence[Scale]) -> float:
    """Exponent of growth between the two largest sizes: 0 constant, 1 linear."""
    less, more = several[-2:]
    return math.log(more.cpu_us / less.cpu_us) / math.log((more.size + 1) / (less.size + 1))


def _throughput(*, streamed: bool) -> Callable[[Size], Iterator[Figure]]:
    kind = "streamed" if streamed else "plain"

    def measure(size: Size) -> Iterator[Figure]:
        report = run_throughput(rounds=size.throughput_rounds, streamed=streamed, calls=size.calls)
        for row in report.rows:
            yield from _speeds(_calls_table(kind, row.concurrency), row)

    return measure


def _calls_table(kind: str, concurrency: int) -> str:
    return f"Calls a second, {kind}, {concurrency} at a time"


def _speeds(table: str, row: Row) -> Iterator[Figure]:
    who = row.contestant
    yield _one(table, who, "calls a second", *(one.per_s for one in row.rounds))
    yield _one(table, who, "× ChatOpenAI", *row.to_stock)
    yield _one(table, who, "× same client", *row.to_same_client)
    yield _one(table, who, "CPU of a call, ms", *(one.cpu_ms for one in row.rounds))
    yield _one(table, who, "× ChatOpenAI by CPU", *row.cpu_to_stock)


def _calls_tables(kind: str, answers: str) -> dict[str, str]:
    note = (
        f"{{rounds}} interleaved rounds, {answers}, against a local server that answers at once."
        " Ratios are taken within a round: to a stock ChatOpenAI and to one with the router's"
        " HTTP client, by calls a second and, which is steadier, by calls for each second of the"
        " client's CPU."
    )
    return {_calls_table(kind, many): note for many in CONCURRENCIES}


SECTIONS: Mapping[str, Section] = {
    "decision": Section(
        tables={
            DECISION: "Features, classifier and policy; `explain()` also reads config, conversation"
            " and checks. Medians of 300 texts in each of {rounds} processes."
        },
        measure=_decision,
        again=True,
    ),
    "added": Section(
        tables={
            ADDED: "CPU over that of ChatOpenAI in the same round, against a local server that"
            " answers at once, each call right after another one of the same kind: medians of 60"
            " rounds in each of {rounds} processes; of streams, what a chunk adds beyond invoke."
        },
        measure=_added,
        again=True,
    ),
    "plain": Section(
        tables=_calls_tables("plain", "whole answers"),
        measure=_throughput(streamed=False),
    ),
    "streamed": Section(
        tables=_calls_tables("streamed", "answers in sixty pieces"),
        measure=_throughput(streamed=True),
    ),
    "import": Section(
        tables={IMPORT: "{rounds} times in turn, each in a new process, with compiled modules."},
        measure=_import,
    ),
    "memory": Section(
        tables={
            MEMORY: "Resident memory of a process, then after 1,000 more calls; {rounds} processes."
        },
        measure=_memory,
        again=True,
    ),
    "costs": Section(
        tables={
            COSTS: "Told costs beside those that follow from the server's own counts of input,"
            " cached, output and reasoning tokens, in whole numbers."
        },
        measure=_costs,
    ),
    "scaling": Section(
        tables={
            SCALING: "CPU of a decision, or of writing a record, medians of 30 in each of"
            " {rounds} processes.",
            GROWTH: "With which power of the size that grows from the last size but one to the"
            " last: 0 not at all, 1 linearly.",
        },
        measure=_scaling,
        again=True,
    ),
    "faults": Section(
        tables={FAULTS: "Sixteen provider faults with short timings, judged by the same rules."},
        measure=_faults,
        always=False,
    ),
}
"""The sections in the order in which `smartroute bench all` runs them."""


def main(names: Sequence[str], *, seed: int, rounds: int, quick: bool) -> None:
    """Measure some sections and print their figures."""
    size = replace(QUICK if quick else FULL, seed=seed, throughput_rounds=rounds)
    for name in names:
        tell(SECTIONS[name].measure(size))


if __name__ == "__main__":
    main(
        sys.argv[1].split(","),
        seed=int(sys.argv[2]),
        rounds=int(sys.argv[3]),
        quick="--quick" in sys.argv[4:],
    )
