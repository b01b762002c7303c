"""Plots of an evaluation, as PNG files; needs the extra `eval`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.metrics import Interval, risk_coverage
from langchain_smartroute.evaluation.pictures import write_pictures
from langchain_smartroute.evaluation.policy_report import Evaluation

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise ConfigurationError(
        'plots need the package "matplotlib": pip install "langchain-smartroute[eval]"'
    ) from error

__all__ = ["draw_evaluation"]

_BINS = 10
_HALF = 0.5


def draw_evaluation(found: Evaluation, folder: Path) -> list[Path]:
    """Plot cost against quality, results by part, and the calibration of predicted quality.

    Args:
        found: The evaluation.
        folder: The folder to write to; created if missing.

    Returns:
        Paths of the files written.
    """
    drawn = {"parts.png": _parts(found)}
    if np.isfinite(found.replays[0].mean_cost_usd):
        drawn["cost_quality.png"] = _cost_quality(found)
    if found.expected is not None:
        drawn["reliability.png"] = _reliability(found)
        drawn["risk_coverage.png"] = _risk_coverage(found)
    return write_pictures(drawn, folder)


def _cost_quality(found: Evaluation) -> Figure:
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    if found.curve:
        along = np.array(found.curve)
        axes.plot(1_000 * along[:, 0], along[:, 1], color="grey", zorder=1)
    for each in found.overall().routers:
        quality, cost = each.quality, each.usd_per_thousand
        if not np.isfinite(cost.value):
            continue
        axes.errorbar(
            cost.value,
            quality.value,
            xerr=_arms(cost),
            yerr=_arms(quality),
            fmt="o",
            capsize=3,
            label=each.name,
        )
    axes.set(
        xlabel="US dollars for a thousand requests",
        ylabel="quality",
        title=f"Cost and quality, n = {len(found.table):,}, 95 % intervals",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _arms(found: Interval) -> list[list[float]]:
    """Lengths of both error bars, at least 0: rounding may move an end past its point."""
    return [[max(0.0, found.value - found.low)], [max(0.0, found.high - found.value)]]


def _parts(found: Evaluation) -> Figure:
    parts = found.by_part()
    figure = Figure(figsize=(7, 1.5 + 0.4 * len(parts)), layout="constrained")
    axes = figure.subplots()
    for row, part in enumerate(reversed(parts)):
        gain = part.routers[0].gain
        axes.errorbar(
            gain.value,
            row,
            xerr=_arms(gain),
            fmt="o",
            capsize=3,
            color="C0",
        )
    axes.axvline(0, color="grey", linestyle="--")
    names = [f"{part.part} ({part.routers[0].count:,})" for part in reversed(parts)]
    axes.set_yticks(range(len(parts)), names)
    axes.set(xlabel="quality above always the strongest, 95 % intervals", title="By part")
    axes.grid(alpha=0.3, axis="x")
    return figure


def _reliability(found: Evaluation) -> Figure:
    expected = np.zeros(0) if found.expected is None else found.expected
    bins = np.minimum((expected * _BINS).astype(np.intp), _BINS - 1)
    counts = np.maximum(1, np.bincount(bins, minlength=_BINS))
    reached = np.bincount(bins, found.replays[0].quality, minlength=_BINS) / counts
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.bar((np.arange(_BINS) + _HALF) / _BINS, reached, width=0.9 / _BINS)
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--")
    axes.set(xlabel="predicted quality", ylabel="quality", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Reliability")
    return figure


def _risk_coverage(found: Evaluation) -> Figure:
    expected = np.zeros(0) if found.expected is None else found.expected
    coverage, risk = risk_coverage(expected, found.replays[0].quality >= _HALF)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(coverage, risk)
    axes.set(xlabel="share answered, the surest first", ylabel="share wrong among them")
    axes.set(xlim=(0, 1), ylim=(0, None), title="Risk and coverage")
    axes.grid(alpha=0.3)
    return figure
