"""Is it any good: figures on prompts that a classifier was not trained on."""

from __future__ import annotations

from langchain_smartroute.evaluation.learned import LabelledAnswer, fit_learned_check
from langchain_smartroute.evaluation.metrics import (
    Interval,
    accuracy,
    bootstrap_interval,
    calibration_error,
    confusion,
    macro_f1,
    rank_correlation,
    risk_coverage,
)

__all__ = [
    "Interval",
    "LabelledAnswer",
    "accuracy",
    "bootstrap_interval",
    "calibration_error",
    "confusion",
    "fit_learned_check",
    "macro_f1",
    "rank_correlation",
    "risk_coverage",
]
