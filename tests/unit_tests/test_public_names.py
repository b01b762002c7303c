"""What the package exports."""

from __future__ import annotations

from importlib.metadata import version

import pytest

import langchain_smartroute

PUBLIC = [
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


def test_the_public_names_are_these():
    assert langchain_smartroute.__all__ == PUBLIC


def test_the_public_names_are_sorted():
    assert langchain_smartroute.__all__ == sorted(langchain_smartroute.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_resolves_to_what_it_says(name):
    found = getattr(langchain_smartroute, name)
    assert found.__name__ == name
    assert found.__module__.startswith("langchain_smartroute.")
    assert found.__doc__


def test_dir_lists_the_public_names():
    assert set(PUBLIC) <= set(dir(langchain_smartroute))


def test_the_version_is_the_installed_ones():
    assert langchain_smartroute.__version__ == version("langchain-smartroute")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'SmartRouter'"):
        _ = langchain_smartroute.SmartRouter


def test_a_star_import_gives_the_public_names():
    names: dict[str, object] = {}
    exec("from langchain_smartroute import *", names)  # noqa: S102 - a star import needs a module
    assert set(PUBLIC) <= set(names)


def test_the_package_tells_type_checkers_that_it_is_typed():
    from importlib.resources import files

    assert files("langchain_smartroute").joinpath("py.typed").is_file()
