"""The router for LangChain: each request to the cheapest model that answers it well.

Public names are imported on first use, so that importing the package loads
neither `langchain_openai` nor `openai`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_smartroute.accounting import CostCallbackHandler, CostStats, track_costs
    from langchain_smartroute.catalog import Catalog, ModelSpec, Price
    from langchain_smartroute.classify import (
        Classifier,
        ClassifierChain,
        EmbeddingClassifier,
        JudgeClassifier,
        LinearClassifier,
        PatternClassifier,
    )
    from langchain_smartroute.errors import (
        ChainExhaustedError,
        ConfigurationError,
        InvalidRequestError,
        NoFeasibleModelError,
        PriceNotFoundError,
        SmartRouteError,
        SpendLimitExceededError,
        StreamInterruptedError,
    )
    from langchain_smartroute.execution.checks import Check, SchemaCheck, default_checks
    from langchain_smartroute.routing import Rule
    from langchain_smartroute.runnable import SmartRouterRunnable
    from langchain_smartroute.types import (
        Attempt,
        CallRecord,
        Classification,
        RequestFeatures,
        RoutingDecision,
        Usage,
    )

_HOMES = {
    "Attempt": "types",
    "CallRecord": "types",
    "Catalog": "catalog",
    "ChainExhaustedError": "errors",
    "Check": "execution.checks",
    "Classification": "types",
    "Classifier": "classify",
    "ClassifierChain": "classify",
    "ConfigurationError": "errors",
    "CostCallbackHandler": "accounting",
    "CostStats": "accounting",
    "EmbeddingClassifier": "classify",
    "InvalidRequestError": "errors",
    "JudgeClassifier": "classify",
    "LinearClassifier": "classify",
    "ModelSpec": "catalog",
    "NoFeasibleModelError": "errors",
    "PatternClassifier": "classify",
    "Price": "catalog",
    "PriceNotFoundError": "errors",
    "RequestFeatures": "types",
    "RoutingDecision": "types",
    "Rule": "routing",
    "SchemaCheck": "execution.checks",
    "SmartRouteError": "errors",
    "SmartRouterRunnable": "runnable",
    "SpendLimitExceededError": "errors",
    "StreamInterruptedError": "errors",
    "Usage": "types",
    "default_checks": "execution.checks",
    "track_costs": "accounting",
}

__all__ = [
    "Attempt",
    "CallRecord",
    "Catalog",
    "ChainExhaustedError",
    "Check",
    "Classification",
    "Classifier",
    "ClassifierChain",
    "ConfigurationError",
    "CostCallbackHandler",
    "CostStats",
    "EmbeddingClassifier",
    "InvalidRequestError",
    "JudgeClassifier",
    "LinearClassifier",
    "ModelSpec",
    "NoFeasibleModelError",
    "PatternClassifier",
    "Price",
    "PriceNotFoundError",
    "RequestFeatures",
    "RoutingDecision",
    "Rule",
    "SchemaCheck",
    "SmartRouteError",
    "SmartRouterRunnable",
    "SpendLimitExceededError",
    "StreamInterruptedError",
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
