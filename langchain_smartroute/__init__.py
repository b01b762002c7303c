"""The router for LangChain: each request to the cheapest model that answers it well.

Public names are imported on first use; importing the package loads none of its rooms.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.accounting import (
        CallRecord,
        CostCallbackHandler,
        CostStats,
        DecisionRecord,
        JsonlDecisions,
        Ledger,
        LimitStatus,
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

    __version__: str
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
        "LimitStatus",
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
else:
    _find, _ = on_first_use(
        __name__,
        _homes := {
            "accounting": (
                "CallRecord CostCallbackHandler CostStats DecisionRecord JsonlDecisions "
                "Ledger LimitStatus MemoryLedger ScoreRecord SpendLimit track_costs"
            ),
            "accounting.sql": "SqlLedger",
            "catalog": "Catalog ModelSpec Price PriceBook PriceVariant",
            "classify": (
                "Classifier ClassifierChain EmbeddingClassifier JudgeClassifier "
                "LinearClassifier PatternClassifier StuckSigns"
            ),
            "errors": (
                "AnswerTooLongError AttemptTimeoutError ChainExhaustedError "
                "ConfigurationError ForeignRedirectError InvalidRequestError "
                "NoFeasibleModelError PriceNotFoundError SmartRouteError "
                "SpendLimitExceededError StorageError StreamInterruptedError"
            ),
            "execution.breaker": "CircuitBreaker",
            "execution.checks": (
                "AgreementCheck Check JudgeCheck LearnedCheck LogprobCheck SchemaCheck "
                "default_checks"
            ),
            "execution.circuit": "CandidateHealth",
            "middleware": "SmartRouterMiddleware",
            "routing": "Policy QualityPolicy QualityPredictor RouteOptions Rule TablePolicy",
            "runnable": "SmartRouterRunnable",
            "types": "Attempt Classification RequestFeatures RoutingDecision Usage",
        },
    )

    _names = sorted(" ".join(_homes.values()).split())
    _of_extras = ("SmartRouterMiddleware", "SqlLedger")

    def __getattr__(name: str) -> object:
        """Import a public name on first use (PEP 562)."""
        if name == "__all__":
            return [known for known in _names if known not in _of_extras or _is_installed(known)]
        return version("langchain-smartroute") if name == "__version__" else _find(name)

    def _is_installed(name: str) -> bool:
        """Whether the extra of a name is installed, as all names are imported by `import *`."""
        try:
            _find(name)
        except _find("ConfigurationError"):
            return False
        return True

    def __dir__() -> list[str]:
        """The public names."""
        return [*_names, "__version__"]
