"""Scores of answers as a matrix: a row per prompt, a column per model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError

__all__ = ["ScoreTable"]

_LEVEL = ""
"""Difficulty of all requests if difficulties are not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Scores of answers.

    Attributes:
        prompts: The prompts, one per row.
        tasks: The task of each row.
        difficulties: The difficulty of each row.
        models: The models, one per column.
        scores: Rows by columns; NaN where there is no score.
    """

    prompts: tuple[str, ...]
    tasks: tuple[str, ...]
    difficulties: tuple[str, ...]
    models: tuple[str, ...]
    scores: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls,
        prompts: Sequence[str],
        models: Sequence[str],
        scores: Sequence[float],
        *,
        tasks: Sequence[str],
        difficulties: Sequence[str] | None,
    ) -> ScoreTable:
        """Build a matrix from rows of one answer each; several scores of one answer are averaged.

        Raises:
            ConfigurationError: If the columns' lengths differ, or a score is not in [0, 1].
        """
        levels = [_LEVEL] * len(prompts) if difficulties is None else difficulties
        _check(prompts, models=models, scores=scores, tasks=tasks, levels=levels)
        rows: dict[tuple[str, str, str], int] = {}
        columns: dict[str, int] = {}
        places = [
            (rows.setdefault(key, len(rows)), columns.setdefault(model, len(columns)))
            for key, model in zip(zip(prompts, tasks, levels, strict=True), models, strict=True)
        ]
        sums = np.zeros((len(rows), len(columns)))
        counts = np.zeros_like(sums)
        at = np.array(places).T
        np.add.at(sums, (at[0], at[1]), np.array(scores, float))
        np.add.at(counts, (at[0], at[1]), 1.0)
        keys = list(rows)
        return cls(
            prompts=tuple(key[0] for key in keys),
            tasks=tuple(key[1] for key in keys),
            difficulties=tuple(key[2] for key in keys),
            models=tuple(columns),
            scores=np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan),
        )


def _check(
    prompts: Sequence[str],
    *,
    models: Sequence[str],
    scores: Sequence[float],
    tasks: Sequence[str],
    levels: Sequence[str],
) -> None:
    lengths = {len(prompts), len(models), len(scores), len(tasks), len(levels)}
    if len(lengths) > 1:
        raise ConfigurationError(
            f"prompts, models, scores, tasks, difficulties: have {len(prompts)}, {len(models)},"
            f" {len(scores)}, {len(tasks)} and {len(levels)} entries; give one of each per answer"
        )
    if not prompts:
        raise ConfigurationError("scores = []: there is nothing to fit on; give at least one row")
    wrong = next((s for s in scores if not (math.isfinite(s) and 0 <= s <= 1)), None)
    if wrong is not None:
        raise ConfigurationError(f"scores: {wrong!r} is no score; give numbers from 0 to 1")
