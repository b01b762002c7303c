"""Splits of a table into disjoint parts: by prompt, by source, by time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable

__all__ = ["split_by_prompt", "split_by_source", "split_by_time"]


def split_by_prompt(
    table: OutcomeTable, shares: Sequence[float], *, seed: int
) -> tuple[OutcomeTable, ...]:
    """Split at random; all models' outcomes on a prompt are in the same part.

    Args:
        table: The outcomes. Equal prompts share a row, so none is in two parts.
        shares: The size of each part, adding up to 1.
        seed: Seed of the split.

    Raises:
        ConfigurationError: If the shares do not add up, or a part would be empty.
    """
    if any(share <= 0 for share in shares) or abs(sum(shares) - 1) > 1e-9:  # noqa: PLR2004 - rounding
        raise ConfigurationError(f"shares = {list(shares)}: must be above 0 and add up to 1")
    order = np.random.default_rng(seed).permutation(len(table))
    ends = np.round(np.cumsum(shares) * len(table)).astype(int)
    parts = np.split(order, ends[:-1])
    if any(not len(part) for part in parts):
        raise ConfigurationError(
            f"too few prompts for {len(shares)} parts: {len(table)}; give more outcomes"
        )
    return tuple(table.rows(np.sort(part)) for part in parts)


def split_by_source(
    table: OutcomeTable, held_out: Sequence[str]
) -> tuple[OutcomeTable, OutcomeTable]:
    """Split off some datasets or sources: the rest first, then these.

    Args:
        table: The outcomes.
        held_out: Names of datasets, or of sources within them.

    Raises:
        ConfigurationError: If a name is unknown, or nothing is left on one side.
    """
    there = {*table.datasets.tolist(), *table.sources.tolist()}
    unknown = [name for name in held_out if name not in there]
    if unknown:
        raise ConfigurationError(
            f"source {unknown[0]!r} is not in the outcomes; they hold {', '.join(sorted(there))}"
        )
    names = list(held_out)
    held = np.isin(table.datasets, names) | np.isin(table.sources, names)
    if held.all():
        raise ConfigurationError("every prompt is of a held-out source; leave some in")
    return table.rows(~held), table.rows(held)


def split_by_time(table: OutcomeTable, share: float) -> tuple[OutcomeTable, OutcomeTable]:
    """Split into an earlier and a later part, to choose on the past and report on what followed.

    Args:
        table: The outcomes, with times.
        share: The size of the earlier part.

    Raises:
        ConfigurationError: If times are missing, or the share leaves a part empty.
    """
    if np.isnan(table.times).any():
        raise ConfigurationError(
            "a prompt has no time; give every row a column 'time', or split by prompt"
        )
    order = np.argsort(table.times, kind="stable")
    end = round(share * len(table))
    if not 0 < end < len(table):
        raise ConfigurationError(f"share = {share!r} of {len(table):,} prompts leaves a part empty")
    return table.rows(order[:end]), table.rows(order[end:])
