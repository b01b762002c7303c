"""Models are built on first use, share their clients and never retry by themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_core.tools import tool

from langchain_smartroute.sandbox import Fault

CODE = "Write a Python function to merge sort an array"


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def test_models_are_built_when_they_are_first_called_and_kept(sandbox, router):
    candidates = router._engine.candidates
    assert not any(candidate.is_built for candidate in candidates.values())
    router.explain(CODE)
    router.bind_tools([weather])
    assert not any(candidate.is_built for candidate in candidates.values())
    router.invoke("Hello")
    built = {alias for alias, candidate in candidates.items() if candidate.is_built}
    assert built == {"deepseek-chat"}
    model = candidates["deepseek-chat"].model
    router.invoke("Hello")
    assert candidates["deepseek-chat"].model is model
    assert router.with_route(tier="quality")._engine.candidates is candidates


def test_models_share_their_http_clients(router):
    first, second = (router._engine.candidates[a].model for a in ("deepseek-chat", "gpt-4o"))
    assert first.root_client._client is second.root_client._client
    assert first.root_async_client._client is second.root_async_client._client


def test_models_never_retry_by_themselves(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    router.invoke("Hello")
    models = [request.model for request in sandbox.requests]
    assert models.count("deepseek-chat") == 1


def test_neither_importing_nor_building_a_router_loads_openai():
    code = (
        "import sys\n"
        "from langchain_smartroute import SmartRouterRunnable, CostCallbackHandler\n"
        "r = SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:9/v1')\n"
        "r.explain('Hello'); CostCallbackHandler()\n"
        "print([m for m in ('openai', 'langchain_openai', 'langchain') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


COLD = """
import asyncio, sys, threading, time
from langchain_smartroute import SmartRouterRunnable

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("openai", "langchain_openai"):
            time.sleep(1.5)
            where.add(threading.current_thread() is threading.main_thread())

where = set()
sys.meta_path.insert(0, Watch())
router = SmartRouterRunnable.from_catalog(base_url=sys.argv[1], first_token_timeout_s=2)

async def call():
    chunks = [chunk async for chunk in router.astream("Hello")]
    return chunks[-1]

last = asyncio.run(call()) if sys.argv[2] == "async" else list(router.stream("Hello"))[-1]
attempts = last.response_metadata["smartroute"]["attempts"]
print([attempt["outcome"] for attempt in attempts], where)
"""


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_first_model_of_a_process_is_built_before_the_clock_starts(sandbox, way):
    """The first stream of a process failed: it imported openai in the event loop, in its own time.

    With `first_token_timeout_s=2` it was told after 3.4 s that its model was silent.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", COLD, sandbox.base_url, way],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['accepted'] {False}"


AT_ONCE = """
import sys, threading
from langchain_smartroute import SmartRouterRunnable

sys.setswitchinterval(1e-6)
failed, together = [], threading.Barrier(8)

def make():
    together.wait()
    try:
        SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:9/v1")
    except Exception as error:
        failed.append(error)

threads = [threading.Thread(target=make) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(failed)
"""


def test_threads_may_make_the_first_routers_at_once():
    """What a router is made of is imported with the first one, here by eight threads at once."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
