"""Evaluation of classifiers and routers, on prompts not used for training or calibration.

Names are imported on first use, so that a metric on plain arrays loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.baselines import (
        always,
        cheapest_model,
        oracle,
        random_at_cost,
        strongest_model,
    )
    from langchain_smartroute.evaluation.cascades import by_agreement, by_confidence
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
    from langchain_smartroute.evaluation.outcomes import OutcomeTable
    from langchain_smartroute.evaluation.quality_metrics import (
        aiq,
        apgr,
        arena_score,
        call_curve,
        cost_at_quality,
        cpt,
        performance_gap_recovered,
        quality_at_cost,
    )
    from langchain_smartroute.evaluation.reading import read_outcomes
    from langchain_smartroute.evaluation.replays import Replay, Routes, replay
    from langchain_smartroute.evaluation.routed import (
        by_callable,
        by_policy,
        by_threshold,
        features_of,
    )
    from langchain_smartroute.evaluation.splits import (
        split_by_prompt,
        split_by_source,
        split_by_time,
    )

_HOMES = {
    "Interval": "metrics",
    "LabelledAnswer": "learned",
    "OutcomeTable": "outcomes",
    "Replay": "replays",
    "Routes": "replays",
    "accuracy": "metrics",
    "aiq": "quality_metrics",
    "always": "baselines",
    "apgr": "quality_metrics",
    "arena_score": "quality_metrics",
    "bootstrap_interval": "metrics",
    "by_agreement": "cascades",
    "by_callable": "routed",
    "by_confidence": "cascades",
    "by_policy": "routed",
    "by_threshold": "routed",
    "calibration_error": "metrics",
    "call_curve": "quality_metrics",
    "cheapest_model": "baselines",
    "confusion": "metrics",
    "cost_at_quality": "quality_metrics",
    "cpt": "quality_metrics",
    "features_of": "routed",
    "fit_learned_check": "learned",
    "macro_f1": "metrics",
    "oracle": "baselines",
    "performance_gap_recovered": "quality_metrics",
    "quality_at_cost": "quality_metrics",
    "random_at_cost": "baselines",
    "rank_correlation": "metrics",
    "read_outcomes": "reading",
    "replay": "replays",
    "risk_coverage": "metrics",
    "split_by_prompt": "splits",
    "split_by_source": "splits",
    "split_by_time": "splits",
    "strongest_model": "baselines",
}

__all__ = [
    "Interval",
    "LabelledAnswer",
    "OutcomeTable",
    "Replay",
    "Routes",
    "accuracy",
    "aiq",
    "always",
    "apgr",
    "arena_score",
    "bootstrap_interval",
    "by_agreement",
    "by_callable",
    "by_confidence",
    "by_policy",
    "by_threshold",
    "calibration_error",
    "call_curve",
    "cheapest_model",
    "confusion",
    "cost_at_quality",
    "cpt",
    "features_of",
    "fit_learned_check",
    "macro_f1",
    "oracle",
    "performance_gap_recovered",
    "quality_at_cost",
    "random_at_cost",
    "rank_correlation",
    "read_outcomes",
    "replay",
    "risk_coverage",
    "split_by_prompt",
    "split_by_source",
    "split_by_time",
    "strongest_model",
]


def __getattr__(name: str) -> Any:
    """Import a name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
