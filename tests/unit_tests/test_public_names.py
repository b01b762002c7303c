"""What the package exports, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
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


EXTRAS = ("langchain", "sqlalchemy", "aiohttp", "redis", "genai_prices", "opentelemetry", "typer")
STAR = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from langchain_smartroute import *
import langchain_smartroute
print(*sorted(set(langchain_smartroute.__all__) - set(globals())))
print(*sorted(set(dir(langchain_smartroute)) - set(globals()) - {"__version__"}))
"""


@pytest.mark.parametrize(
    ("missing", "left_out"),
    [
        (["langchain"], "SmartRouterMiddleware"),
        (["sqlalchemy"], "SqlLedger"),
        (EXTRAS, "SmartRouterMiddleware SqlLedger"),
        ([], ""),
    ],
    ids=["agents", "sql", "all", "none"],
)
def test_a_star_import_leaves_out_what_is_not_installed(missing, left_out):
    """It was the error that the extra of the one missing name is not installed."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", STAR, *missing],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stderr, done.stdout) == ("", f"\n{left_out}\n")


@pytest.mark.parametrize(
    ("missing", "name"), [("langchain", "SmartRouterMiddleware"), ("sqlalchemy", "SqlLedger")]
)
def test_a_name_whose_extra_is_missing_says_what_to_install(missing, name):
    code = f"import sys; sys.modules['{missing}'] = None; from langchain_smartroute import {name}"
    done = subprocess.run(  # noqa: S603 - as above
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert 'pip install "langchain-smartroute[' in done.stderr


def test_the_package_tells_type_checkers_that_it_is_typed():
    from importlib.resources import files

    assert files("langchain_smartroute").joinpath("py.typed").is_file()
