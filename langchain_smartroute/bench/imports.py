"""What the imports that users write cost, and the first router: CPU beyond LangChain's chat models.

Each is made in fresh interpreters, one of each in turn, after LangChain's chat models are
loaded, which every program with a chat model loads. All modules are compiled before, as an
installer does it: they are run once with a directory of their own for what is compiled, so that
it makes no difference what there is in the package's, or whether Python may write there.
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
    """What is imported → milliseconds of CPU beyond LangChain's own chat models.

    Args:
        times: How often each is imported; the figures are medians.
    """
    rounds = [{what: _import_ms(what, _compiled()) for what in _IMPORTED} for _ in range(times)]
    return {what: median(found[what] for found in rounds) for what in _IMPORTED}


@cache
def _compiled() -> str:
    """A directory with all that is imported, compiled; it is gone with this process."""
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
