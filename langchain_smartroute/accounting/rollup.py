"""Daily sums of records, from which reports are made.

Pure functions. Latencies are counted in a logarithmic histogram with buckets of 5 %, so that
percentiles of any number of calls are accurate to 2.5 %.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from langchain_smartroute.accounting.rows import CallRow

__all__ = ["KEY", "SUMS", "Rollup", "add_to_rollup", "bucket_of", "latency_s_of"]

KEY = ("day", "label", "value", "alias", "task", "outcome", "purpose")
"""Grouping columns of the sums. Sums with a label are over the calls with that label."""

SUMS = (
    "calls",
    "unpriced",
    "estimated",
    "cost_pico",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "latency_us",
    "first_attempts",
    "escalated",
    "fell_back",
)

_STEP = math.log(1.05)
_Labels = Iterable[tuple[str, str]]
_DayKey = tuple[int, str, str, str, str, str, str]
_LatencyKey = tuple[int, str, int]


@dataclass(slots=True)
class Rollup:
    """Sums to add to the stored ones.

    Attributes:
        days: Values of `KEY` → sums in the order of `SUMS`.
        latencies: (Day, alias, bucket) → number of calls.
    """

    days: dict[_DayKey, list[int]] = field(default_factory=dict)
    latencies: Counter[_LatencyKey] = field(default_factory=Counter)


def add_to_rollup(rollup: Rollup, rows: Iterable[tuple[CallRow, _Labels]]) -> None:
    """Add records to the sums.

    Args:
        rollup: The sums.
        rows: Each record as a row, with its labels.
    """
    groups: defaultdict[_DayKey, list[tuple[int, ...]]] = defaultdict(list)
    buckets: list[_LatencyKey] = []
    for row, labels in rows:
        amounts = _amounts(row)
        rest = (row.alias or "", row.task or "", row.outcome, row.purpose)
        groups[row.day, "", "", *rest].append(amounts)
        for name, value in labels:
            groups[row.day, name, value, *rest].append(amounts)
        if row.outcome != "cached":
            buckets.append((row.day, rest[0], bucket_of(row.latency_us)))
    for key, group in groups.items():
        before = rollup.days.get(key, _ZEROS)
        rollup.days[key] = list(map(sum, zip(before, *group, strict=True)))
    rollup.latencies.update(buckets)


def bucket_of(latency_us: int) -> int:
    """The histogram bucket of a latency."""
    return round(math.log(max(latency_us, 1)) / _STEP)


def latency_s_of(bucket: int) -> float:
    """The representative latency of a bucket, in seconds."""
    return math.exp(bucket * _STEP) / 1_000_000


_read_tokens = attrgetter(*(name for name in SUMS if name.endswith("_tokens")))
_ZEROS = (0,) * len(SUMS)


def _amounts(row: CallRow) -> tuple[int, ...]:
    """The amounts of a record, in the order of `SUMS`."""
    cost = row.cost_pico
    return (
        1,
        int(cost is None),
        row.estimated,
        cost or 0,
        *_read_tokens(row),
        row.latency_us,
        int(row.attempt == 0),
        row.escalated,
        row.fell_back,
    )
