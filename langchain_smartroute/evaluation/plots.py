"""Plots of a classifier's left-out predictions, as PNG files; needs the extra `eval`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.metrics import confusion, risk_coverage
from langchain_smartroute.evaluation.pictures import write_pictures
from langchain_smartroute.evaluation.sources import LeftOut

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise ConfigurationError(
        'plots need the package "matplotlib": pip install "langchain-smartroute[eval]"'
    ) from error

__all__ = ["draw_plots"]

_BINS = 10


def draw_plots(found: LeftOut, folder: Path) -> list[Path]:
    """Draw the confusion matrix, the risk–coverage curve and the reliability diagram.

    Args:
        found: The left-out predictions.
        folder: The folder to write to; created if missing.

    Returns:
        Paths of the files written.
    """
    drawn = {
        "confusion.png": _confusion(found),
        "risk_coverage.png": _risk_coverage(found),
        "reliability.png": _reliability(found),
    }
    return write_pictures(drawn, folder)


def _confusion(found: LeftOut) -> Figure:
    counts = confusion(found.labels, found.predicted, classes=len(found.tasks))
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    _name_ticks(axes, found.tasks)
    for row, column in np.ndindex(*shares.shape):
        share = float(shares[row, column])
        axes.text(
            column,
            row,
            f"{share:.2f}".removeprefix("0"),
            ha="center",
            va="center",
            color="white" if share > 0.5 else "black",  # noqa: PLR2004 - readable on its ground
        )
    axes.set(xlabel="predicted", ylabel="labelled", title="Sources left out: share of each task")
    return figure


def _name_ticks(axes: Any, tasks: Sequence[str]) -> None:
    places = range(len(tasks))
    axes.set_xticks(places, tasks, rotation=45, ha="right")
    axes.set_yticks(places, tasks)


def _risk_coverage(found: LeftOut) -> Figure:
    coverage, risk = risk_coverage(found.confidences, found.right)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(coverage, risk)
    axes.set(
        xlabel="share answered, the surest first",
        ylabel="share wrong among them",
        xlim=(0, 1),
        ylim=(0, None),
        title="Risk and coverage",
    )
    axes.grid(alpha=0.3)
    return figure


def _reliability(found: LeftOut) -> Figure:
    bins = np.minimum((found.confidences * _BINS).astype(np.intp), _BINS - 1)
    counts = np.maximum(1, np.bincount(bins, minlength=_BINS))
    right = np.bincount(bins, found.right, minlength=_BINS) / counts
    middles = (np.arange(_BINS) + 0.5) / _BINS
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.bar(middles, right, width=0.9 / _BINS)
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--")
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Reliability")
    return figure
