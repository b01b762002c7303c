"""Is it any good: figures on prompts that nothing was trained, chosen or calibrated on."""

from __future__ import annotations

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
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.reading import read_outcomes

__all__ = [
    "Interval",
    "OutcomeTable",
    "accuracy",
    "bootstrap_interval",
    "calibration_error",
    "confusion",
    "macro_f1",
    "rank_correlation",
    "read_outcomes",
    "risk_coverage",
]
