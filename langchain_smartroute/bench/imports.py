"""CPU time of users' imports and of the first router, beyond importing LangChain.

Each is measured in fresh interpreters, in turn, after importing LangChain's chat models, which
every program with a chat model needs. All modules are compiled first, as by an installer, into
a separate cache directory, so that the result depends neither on existing `.pyc` files nor on
write permissions.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from functools import cache
from statistics import median
from tempfile import mkdtemp

__all__ = ["bench_import"]

_CLASS = "from langchain_smartroute import SmartRouterRunnable"
_IMPORTED = (
    "import langchain_smartroute",
    _CLASS,
    f"{_CLASS}, CostCallbackHandler, SpendLimit",
    f"{_CLASS}; SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:1/v1')",
)
_STARTING = "import time, langchain_core.language_models.chat_models; begun = time.process_time()"
_TELLING = "print(time.process_time() - begun)"


def bench_import(times: int = 5) -> dict[str, float]:
    """Import → milliseconds of CPU beyond LangChain's own chat models.

    Args:
        times: Number of imports of each; figures are medians.
    """
    rounds = [{what: _import_ms(what, _compiled()) for what in _IMPORTED} for _ in range(times)]
    return {what: median(found[what] for found in rounds) for what in _IMPORTED}


@cache
def _compiled() -> str:
    """A temporary directory with the compiled modules, removed when this process ends."""
    found = mkdtemp(prefix="smartroute-imports-")
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    for what in _IMPORTED:
        _import_ms(what, found)
    return found


def _import_ms(what: str, compiled: str) -> float:
    own = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    told = subprocess.check_output(  # noqa: S603 - our own
        [sys.executable, "-c", f"{_STARTING}; {what}; {_TELLING}"],
        text=True,
        env={**os.environ, **own},
    )
    return float(told) * 1_000
