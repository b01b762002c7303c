"""Detects drift: whether outcomes differ from those that a router was calibrated on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.replays import Replay

__all__ = ["drift_notes", "moments"]

_WIDTH = 2.576
"""Half-width of a 99 % interval in standard errors, as a report makes about a dozen comparisons."""

_FEWEST = 30

_ROUNDING = 1e-9
"""Relative difference of two means of equal values, added up in another order."""


def moments(table: OutcomeTable, replays: Sequence[Replay]) -> dict[str, Any]:
    """Summary statistics of calibration data, to compare later data with.

    Args:
        table: The prompts that were reported on.
        replays: The router first, then always the strongest.

    Returns:
        JSON values: means with standard deviations, and the share of each dataset.
    """
    router, strongest = replays[:2]
    names, counts = np.unique(table.datasets, return_counts=True)
    columns = {
        "quality": router.quality,
        "strongest_quality": strongest.quality,
        "cost_usd": router.cost_usd,
        "strongest_cost_usd": strongest.cost_usd,
    }
    return {
        "prompts": len(table),
        "mix": dict(zip(names.tolist(), (counts / len(table)).tolist(), strict=True)),
        "means": {
            name: [float(values.mean()), float(values.std())]
            for name, values in columns.items()
            if np.isfinite(values).all()
        },
    }


def drift_notes(
    calibration: Mapping[str, Any] | None,
    table: OutcomeTable,
    replays: Sequence[Replay],
) -> tuple[str, ...]:
    """Describe significant differences from the data of a calibration.

    Args:
        calibration: What `moments` returned then; `None`: nothing was stored.
        table: The current outcomes.
        replays: The router first, then always the strongest.
    """
    if calibration is None or "data" not in calibration:
        return ()
    then, now = calibration["data"], moments(table, replays)
    try:
        found = [*_moved_means(then, now), *_moved_mix(then, now)]
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return (_UNREADABLE,)
    if not found:
        calm = "No drift: scores, costs and mix are those of the calibration, within chance."
        return (calm, _FLATTERED)
    return (*(f"Drift: {note}" for note in found), _ADVICE, _FLATTERED)


_UNREADABLE = (
    "The settings' table calibration.data is not as it was written, so drift cannot be told."
)

_FLATTERED = "Prompts that these settings were fitted or chosen on flatter them; later ones do not."


_ADVICE = (
    "The promise was made for requests like those of the calibration. Calibrate again on these."
)


def _moved_means(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, (before, spread) in then["means"].items():
        if name not in now["means"]:
            continue
        mean, width = now["means"][name]
        error = math.sqrt(float(spread) ** 2 / then["prompts"] + width**2 / now["prompts"])
        if abs(mean - float(before)) > _WIDTH * error + _ROUNDING * abs(float(before)):
            shown = name.replace("_", " ").replace(" usd", " in USD")
            yield f"mean {shown} is {mean:.4g}, was {float(before):.4g}"


def _moved_mix(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*then["mix"], *now["mix"]}):
        before, share = float(then["mix"].get(name, 0)), now["mix"].get(name, 0.0)
        pooled = (before * then["prompts"] + share * now["prompts"]) / (
            then["prompts"] + now["prompts"]
        )
        error = math.sqrt(pooled * (1 - pooled) * (1 / then["prompts"] + 1 / now["prompts"]))
        if now["prompts"] >= _FEWEST and abs(share - before) > _WIDTH * error:
            yield f"{100 * share:.1f} % of the prompts are of {name!r}, were {100 * before:.1f} %"
