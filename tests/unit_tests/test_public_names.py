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
HEAVY = ("openai", "langchain_openai", "langchain", "rich", "typer", "hypothesis")


def loaded_after(code):
    """The heavy packages that a fresh interpreter has loaded after some code."""
    report = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", f"{code}\n{report}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


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


def test_importing_the_package_loads_no_client_and_no_terminal_library():
    assert loaded_after("import langchain_smartroute") == "[]"


def test_making_a_router_and_a_decision_loads_no_client():
    code = (
        "from langchain_smartroute import SmartRouterRunnable\n"
        "router = SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:9/v1')\n"
        "router.explain('Write a Python function')\n"
    )
    assert loaded_after(code) == "[]"


def test_the_sandbox_needs_the_standard_library_alone():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import langchain_smartroute.sandbox\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "known = set(sys.stdlib_module_names) | {'langchain_smartroute'}\n"
        "assert new <= known, new - known"
    )
    assert loaded_after(code) == "[]"


def test_the_package_tells_type_checkers_that_it_is_typed():
    from importlib.resources import files

    assert files("langchain_smartroute").joinpath("py.typed").is_file()
