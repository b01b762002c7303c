"""Memory of a process that makes calls, with and without the router."""

from __future__ import annotations

import subprocess
import sys

from langchain_smartroute.bench.served import instant_server

__all__ = ["bench_memory"]

_COMMON = """
import sys
from langchain_core.language_models import chat_models
url, calls, model = sys.argv[1], int(sys.argv[2]), None
def held():
    import gc, os
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
def told():
    model.invoke("What does a lighthouse do?")
    first = held()
    for number in range(calls):
        model.invoke(f"What does the number {number} stand for in old stories?")
    print(first, held())
"""
_PROGRAMS = {
    "ChatOpenAI": """
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="instant", base_url=url, api_key="none", max_retries=0)
told()
""",
    "router": """
from langchain_smartroute import SmartRouterRunnable
model = SmartRouterRunnable.from_catalog(base_url=url, api_key="none")
told()
""",
}


def bench_memory(calls: int) -> dict[str, tuple[float, float]]:
    """Contestant → MiB of its process after one call, and the growth by further calls.

    Each runs in its own process; memory is read from `/proc`, so on Linux only.

    Args:
        calls: Number of further calls.
    """
    found = {}
    with instant_server() as url:
        for name, program in _PROGRAMS.items():
            command = [sys.executable, "-c", _COMMON + program, url, str(calls)]
            told = subprocess.check_output(command, text=True)  # noqa: S603 - our own
            first, last = map(float, told.split())
            found[name] = (first, last - first)
    return found
