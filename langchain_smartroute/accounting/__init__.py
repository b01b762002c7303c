"""What it cost: records, statistics, savings."""

from langchain_smartroute.accounting.callback import CostCallbackHandler, RouterCosts
from langchain_smartroute.accounting.decisions import (
    CandidateRecord,
    DecisionRecord,
    JsonlDecisions,
    as_decision_sink,
)
from langchain_smartroute.accounting.ledger import Ledger, MemoryLedger
from langchain_smartroute.accounting.limiting import LimitedRequest, Limits, OnLimitReached
from langchain_smartroute.accounting.limits import SpendLimit
from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.accounting.scores import OnFeedback, ScoreRecord, as_score_sink
from langchain_smartroute.accounting.spending import OnBackendError, Spending
from langchain_smartroute.accounting.summary import CostStats
from langchain_smartroute.accounting.tracking import track_costs

__all__ = [
    "CallRecord",
    "CandidateRecord",
    "CostCallbackHandler",
    "CostStats",
    "DecisionRecord",
    "JsonlDecisions",
    "Ledger",
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
    "track_costs",
]
