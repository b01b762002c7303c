"""What a run carries into a tracer, and how handlers learn what became of it."""

from langchain_smartroute.tracing.carried import (
    PURPOSE_KEY,
    TAG,
    answer_info,
    attempt_metadata,
    classifying,
    decision_metadata,
    decision_tags,
    end_metadata,
    end_tags,
    is_attempt_run,
    is_request_run,
    tags_with,
    with_handler,
)
from langchain_smartroute.tracing.told import (
    AttemptSurrounder,
    SettlementListener,
    annotate,
    quietly,
    settle,
    surrounders,
)

__all__ = [
    "PURPOSE_KEY",
    "TAG",
    "AttemptSurrounder",
    "SettlementListener",
    "annotate",
    "answer_info",
    "attempt_metadata",
    "classifying",
    "decision_metadata",
    "decision_tags",
    "end_metadata",
    "end_tags",
    "is_attempt_run",
    "is_request_run",
    "quietly",
    "settle",
    "surrounders",
    "tags_with",
    "with_handler",
]
