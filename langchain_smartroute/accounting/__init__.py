"""Accounting of cost: records, statistics, savings, spend limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.accounting.callback import CostCallbackHandler
    from langchain_smartroute.accounting.decisions import (
        CandidateRecord,
        DecisionRecord,
        JsonlDecisions,
        as_decision_sink,
    )
    from langchain_smartroute.accounting.identity import tags_of
    from langchain_smartroute.accounting.ledger import Ledger, MemoryLedger
    from langchain_smartroute.accounting.limiting import LimitedRequest, Limits
    from langchain_smartroute.accounting.limits import OnBackendError, OnLimitReached, SpendLimit
    from langchain_smartroute.accounting.record import LOST, CallRecord, came_before
    from langchain_smartroute.accounting.routercosts import RouterCosts
    from langchain_smartroute.accounting.scores import OnFeedback, ScoreRecord, as_score_sink
    from langchain_smartroute.accounting.spending import Spending
    from langchain_smartroute.accounting.standing import LimitStatus
    from langchain_smartroute.accounting.summary import CostStats
    from langchain_smartroute.accounting.tracking import track_costs
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "callback": "CostCallbackHandler",
            "decisions": "CandidateRecord DecisionRecord JsonlDecisions as_decision_sink",
            "identity": "tags_of",
            "ledger": "Ledger MemoryLedger",
            "limiting": "LimitedRequest Limits",
            "limits": "OnBackendError OnLimitReached SpendLimit",
            "record": "LOST CallRecord came_before",
            "routercosts": "RouterCosts",
            "scores": "OnFeedback ScoreRecord as_score_sink",
            "spending": "Spending",
            "standing": "LimitStatus",
            "summary": "CostStats",
            "tracking": "track_costs",
        },
    )

__all__ = [
    "LOST",
    "CallRecord",
    "CandidateRecord",
    "CostCallbackHandler",
    "CostStats",
    "DecisionRecord",
    "JsonlDecisions",
    "Ledger",
    "LimitStatus",
    "LimitedRequest",
    "Limits",
    "MemoryLedger",
    "OnBackendError",
    "OnFeedback",
    "OnLimitReached",
    "RouterCosts",
    "ScoreRecord",
    "SpendLimit",
    "Spending",
    "as_decision_sink",
    "as_score_sink",
    "came_before",
    "tags_of",
    "track_costs",
]
