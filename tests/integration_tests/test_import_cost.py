"""What the imports that users write load; time is not measured here, but what takes it is.

`smartroute bench overhead` measures the time.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pydantic import BaseModel

from langchain_smartroute import SmartRouterRunnable

CHAT_MODELS = "langchain_core.language_models.chat_models"
EACH = """
import json, os, sys, {beneath}
for number, code in enumerate({codes!r}):
    if not os.fork():
        before = set(sys.modules)
        exec(code, {{}})
        print(json.dumps([number, sorted(set(sys.modules) - before)]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""
MOST_OF_OURS = {
    "SmartRouterRunnable": 34,
    "CostCallbackHandler": 32,
    "MemoryLedger": 10,
    "SpendLimit": 10,
    "Catalog": 14,
    "ModelSpec": 12,
    "Price": 8,
    "CircuitBreaker": 12,
    "CandidateHealth": 8,
    "Rule": 10,
    "RouteOptions": 8,
    "QualityPolicy": 28,
    "LinearClassifier": 12,
    "StuckSigns": 18,
    "RoutingDecision": 6,
    "SmartRouteError": 4,
}
"""The everyday names → the most modules of this package that importing one may load."""


def loaded_by(*codes, beneath=CHAT_MODELS):
    """What each of some codes loads beyond another import, in one fresh interpreter's children."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", EACH.format(codes=codes, beneath=beneath)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [modules for _, modules in sorted(map(json.loads, done.stdout.splitlines()))]


def ours(modules):
    return [name for name in modules if name.split(".")[0] == "langchain_smartroute"]


@pytest.fixture(scope="module")
def loaded_by_name():
    codes = (f"from langchain_smartroute import {name}" for name in MOST_OF_OURS)
    return dict(zip(MOST_OF_OURS, loaded_by(*codes), strict=True))


@pytest.mark.parametrize("name", MOST_OF_OURS)
def test_an_everyday_name_loads_little_of_ours_and_nothing_of_others(loaded_by_name, name):
    """The router's class took .26 s: it loaded 192 of our modules, and twelve of tenacity's."""
    loaded = loaded_by_name[name]
    assert len(ours(loaded)) <= MOST_OF_OURS[name], ours(loaded)
    others = {module.split(".")[0] for module in loaded} - {"langchain_smartroute"}
    # Not even from the standard library: only what langchain_core itself loads on use.
    assert others <= {"langchain_core", "pydantic", "tomllib"}, others


def test_the_whole_of_a_program_that_routes_loads_no_client_and_no_extra():
    (loaded,) = loaded_by(
        "from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, SpendLimit\n"
        "SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:9/v1')\n"
        "CostCallbackHandler()"
    )
    packages = {module.split(".")[0] for module in loaded}
    assert not packages & {
        *("openai", "langchain_openai", "langchain", "httpx", "aiohttp", "numpy"),
        *("sqlalchemy", "redis", "typer", "rich", "opentelemetry", "genai_prices"),
    }
    rooms = {module.split(".")[1] for module in ours(loaded) if "." in module}
    assert not rooms & {"cli", "bench", "evaluation", "report", "sandbox", "testing", "middleware"}


def test_importing_the_package_loads_how_it_shows_names_and_nothing_else():
    (loaded,) = loaded_by("import langchain_smartroute", beneath="__future__, importlib.metadata")
    assert ours(loaded) == ["langchain_smartroute", "langchain_smartroute.faces"]
    assert len(loaded) == 2


def test_the_router_stands_on_few_pydantic_classes():
    """Pydantic reads the hints of all classes below for each; nine of them took a third of it."""
    built = [
        kind
        for kind in SmartRouterRunnable.__mro__
        if issubclass(kind, BaseModel) and kind.__module__.startswith("langchain_smartroute.")
    ]
    assert len(built) == 3


def test_the_signature_of_the_router_is_whole_before_one_is_made():
    """Where pydantic builds a class with its first object, it had the chat model's of LangChain."""
    code = (
        "import inspect; from langchain_smartroute import SmartRouterRunnable\n"
        "print(*inspect.signature(SmartRouterRunnable).parameters)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - our own
    assert set(told.split()) == set(SmartRouterRunnable.model_fields)


def test_what_a_router_is_made_of_comes_with_the_first_one():
    importing = "from langchain_smartroute import SmartRouterRunnable\n"
    making = "SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:9/v1')"
    before, after = loaded_by(importing, importing + making)
    made_of = {f"langchain_smartroute.{room}.{room}" for room in ("engine", "catalog")}
    assert not made_of & set(before)
    assert made_of <= set(after)
