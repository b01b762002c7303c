"""Daily sums of records, from which reports are made.

Pure functions. Latencies are counted in a logarithmic histogram with buckets of 5 %, so that
percentiles of any number of calls are accurate to 2.5 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from langchain_smartroute.accounting.rows import Row

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


def add_to_rollup(rollup: Rollup, row: Row, labels: Iterable[tuple[str, str]] = ()) -> None:
    """Add a record, given as a row, to the sums."""
    amounts = _amounts(row)
    rest = (row["alias"] or "", row["task"] or "", row["outcome"], row["purpose"])
    for name, value in (("", ""), *labels):
        sums = rollup.days.setdefault((row["day"], name, value, *rest), [0] * len(SUMS))
        for position, amount in amounts:
            sums[position] += amount
    if row["outcome"] != "cached":
        rollup.latencies[row["day"], rest[0], bucket_of(row["latency_us"])] += 1


def bucket_of(latency_us: int) -> int:
    """The histogram bucket of a latency."""
    return round(math.log(max(latency_us, 1)) / _STEP)


def latency_s_of(bucket: int) -> float:
    """The representative latency of a bucket, in seconds."""
    return math.exp(bucket * _STEP) / 1_000_000


_STORED = tuple((SUMS.index(name), name) for name in SUMS if name.endswith("_tokens"))
_AT = {name: SUMS.index(name) for name in SUMS}


def _amounts(row: Row) -> list[tuple[int, int]]:
    """The amounts of a record by position in `SUMS`, without zeros."""
    cost = row["cost_pico"]
    amounts = [(at, row[name]) for at, name in _STORED if row[name]]
    amounts.append((_AT["calls"], 1))
    amounts.append((_AT["latency_us"], row["latency_us"]))
    if cost is None:
        amounts.append((_AT["unpriced"], 1))
    else:
        amounts.append((_AT["cost_pico"], cost))
    if row["attempt"] == 0:
        amounts.append((_AT["first_attempts"], 1))
    flags = ("estimated", "escalated", "fell_back")
    return amounts + [(_AT[name], 1) for name in flags if row[name]]
