"""The router for LangChain: each request to the cheapest model that answers it well.

Public names are imported on first use, so that importing the package loads
neither `langchain_openai` nor `openai`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_smartroute.accounting import (
        CallRecord,
        CostCallbackHandler,
        CostStats,
        DecisionRecord,
        JsonlDecisions,
        Ledger,
        MemoryLedger,
        ScoreRecord,
        SpendLimit,
        track_costs,
    )
    from langchain_smartroute.accounting.sql import SqlLedger
    from langchain_smartroute.catalog import Catalog, ModelSpec, Price, PriceBook, PriceVariant
    from langchain_smartroute.classify import (
        Classifier,
        ClassifierChain,
        EmbeddingClassifier,
        JudgeClassifier,
        LinearClassifier,
        PatternClassifier,
        StuckSigns,
    )
    from langchain_smartroute.errors import (
        AnswerTooLongError,
        AttemptTimeoutError,
        ChainExhaustedError,
        ConfigurationError,
        ForeignRedirectError,
        InvalidRequestError,
        NoFeasibleModelError,
        PriceNotFoundError,
        SmartRouteError,
        SpendLimitExceededError,
        StorageError,
        StreamInterruptedError,
    )
    from langchain_smartroute.execution.breaker import CircuitBreaker
    from langchain_smartroute.execution.checks import (
        AgreementCheck,
        Check,
        JudgeCheck,
        LearnedCheck,
        LogprobCheck,
        SchemaCheck,
        default_checks,
    )
    from langchain_smartroute.execution.circuit import CandidateHealth
    from langchain_smartroute.middleware import SmartRouterMiddleware
    from langchain_smartroute.routing import (
        Policy,
        QualityPolicy,
        QualityPredictor,
        RouteOptions,
        Rule,
        TablePolicy,
    )
    from langchain_smartroute.runnable import SmartRouterRunnable
    from langchain_smartroute.types import (
        Attempt,
        Classification,
        RequestFeatures,
        RoutingDecision,
        Usage,
    )

_HOMES = {
    "AgreementCheck": "execution.checks",
    "AnswerTooLongError": "errors",
    "Attempt": "types",
    "AttemptTimeoutError": "errors",
    "CallRecord": "accounting",
    "CandidateHealth": "execution.circuit",
    "Catalog": "catalog",
    "ChainExhaustedError": "errors",
    "Check": "execution.checks",
    "CircuitBreaker": "execution.breaker",
    "Classification": "types",
    "Classifier": "classify",
    "ClassifierChain": "classify",
    "ConfigurationError": "errors",
    "CostCallbackHandler": "accounting",
    "CostStats": "accounting",
    "DecisionRecord": "accounting",
    "EmbeddingClassifier": "classify",
    "ForeignRedirectError": "errors",
    "InvalidRequestError": "errors",
    "JsonlDecisions": "accounting",
    "JudgeCheck": "execution.checks",
    "JudgeClassifier": "classify",
    "LearnedCheck": "execution.checks",
    "Ledger": "accounting",
    "LinearClassifier": "classify",
    "LogprobCheck": "execution.checks",
    "MemoryLedger": "accounting",
    "ModelSpec": "catalog",
    "NoFeasibleModelError": "errors",
    "PatternClassifier": "classify",
    "Policy": "routing",
    "Price": "catalog",
    "PriceBook": "catalog",
    "PriceNotFoundError": "errors",
    "PriceVariant": "catalog",
    "QualityPolicy": "routing",
    "QualityPredictor": "routing",
    "RequestFeatures": "types",
    "RouteOptions": "routing",
    "RoutingDecision": "types",
    "Rule": "routing",
    "SchemaCheck": "execution.checks",
    "ScoreRecord": "accounting",
    "SmartRouteError": "errors",
    "SmartRouterMiddleware": "middleware",
    "SmartRouterRunnable": "runnable",
    "SpendLimit": "accounting",
    "SpendLimitExceededError": "errors",
    "SqlLedger": "accounting.sql",
    "StorageError": "errors",
    "StreamInterruptedError": "errors",
    "StuckSigns": "classify",
    "TablePolicy": "routing",
    "Usage": "types",
    "default_checks": "execution.checks",
    "track_costs": "accounting",
}

__all__ = [
    "AgreementCheck",
    "AnswerTooLongError",
    "Attempt",
    "AttemptTimeoutError",
    "CallRecord",
    "CandidateHealth",
    "Catalog",
    "ChainExhaustedError",
    "Check",
    "CircuitBreaker",
    "Classification",
    "Classifier",
    "ClassifierChain",
    "ConfigurationError",
    "CostCallbackHandler",
    "CostStats",
    "DecisionRecord",
    "EmbeddingClassifier",
    "ForeignRedirectError",
    "InvalidRequestError",
    "JsonlDecisions",
    "JudgeCheck",
    "JudgeClassifier",
    "LearnedCheck",
    "Ledger",
    "LinearClassifier",
    "LogprobCheck",
    "MemoryLedger",
    "ModelSpec",
    "NoFeasibleModelError",
    "PatternClassifier",
    "Policy",
    "Price",
    "PriceBook",
    "PriceNotFoundError",
    "PriceVariant",
    "QualityPolicy",
    "QualityPredictor",
    "RequestFeatures",
    "RouteOptions",
    "RoutingDecision",
    "Rule",
    "SchemaCheck",
    "ScoreRecord",
    "SmartRouteError",
    "SmartRouterMiddleware",
    "SmartRouterRunnable",
    "SpendLimit",
    "SpendLimitExceededError",
    "SqlLedger",
    "StorageError",
    "StreamInterruptedError",
    "StuckSigns",
    "TablePolicy",
    "Usage",
    "default_checks",
    "track_costs",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name == "__version__":
        return version("langchain-smartroute")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
