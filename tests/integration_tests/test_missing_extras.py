"""Names of extras that are not installed, in processes without them."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
