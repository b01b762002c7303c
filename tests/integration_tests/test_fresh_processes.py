"""What a process of its own loads, and when: imports are paid by every worker and every command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from langchain_smartroute import Catalog
from langchain_smartroute.sandbox import SandboxModel, SandboxServer

HEAVY = ("openai", "langchain_openai", "langchain", "rich", "typer", "hypothesis")


def said_by(code, *arguments, warnings="error"):
    """What a program prints in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", warnings, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def loaded_after(code):
    """The heavy packages that a fresh interpreter has loaded after some code."""
    report = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    return said_by(f"{code}\n{report}")


# ---- the package ------------------------------------------------------------------------


def test_importing_the_package_loads_no_client_and_no_terminal_library():
    assert loaded_after("import langchain_smartroute") == "[]"


def test_neither_building_a_router_nor_a_decision_loads_a_client():
    code = (
        "from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable\n"
        "router = SmartRouterRunnable.from_catalog(base_url='http://127.0.0.1:9/v1')\n"
        "router.explain('Write a Python function')\n"
        "CostCallbackHandler()\n"
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


def test_a_policy_without_a_fit_does_without_numpy():
    code = (
        "import sys; from langchain_smartroute import *;"
        "p = QualityPolicy(); f = RequestFeatures(task='math', text='2+2');"
        "p.predictor.learn('gpt-4o', task='math', difficulty='easy', score=1.0);"
        "p.decide(f, RouteOptions(), decision_id='1'); print('numpy' in sys.modules)"
    )
    assert said_by(code, warnings="default") == "False"


def test_numpy_is_loaded_by_the_first_request_and_not_before():
    code = (
        "import sys\n"
        "from langchain_smartroute.classify import LinearClassifier, UserRequest\n"
        "before = 'numpy' in sys.modules\n"
        "LinearClassifier().classify(UserRequest(text='hi'))\n"
        "print(before, 'numpy' in sys.modules, 'scipy' in sys.modules)"
    )
    assert said_by(code).split() == ["False", "True", "False"]


def test_without_genai_prices_its_leaf_says_how_to_get_it():
    code = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from langchain_smartroute.errors import ConfigurationError\n"
        "try:\n    import langchain_smartroute.catalog.genai\n"
        "except ConfigurationError as error:\n    print(error)"
    )
    found = said_by(code, warnings="default")
    assert 'pip install "langchain-smartroute[prices]"' in found


# ---- the command ------------------------------------------------------------------------


def ended_with(*lines):
    """How a program ends in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_one_line_names_the_command_that_installs_it(missing):
    done = ended_with(
        f"import sys; sys.modules[{missing!r}] = None",
        "from langchain_smartroute.cli import main; main()",
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"smartroute needs the package '{missing}': pip install \"langchain-smartroute[cli]\"\n"
    )


@pytest.mark.parametrize("arguments", [["--version"], ["models"], ["explain", "hi"]])
def test_no_verb_loads_openai_before_a_model_is_called(arguments):
    done = ended_with(
        "import sys",
        "from langchain_smartroute.cli.app import app",
        f"app({arguments!r}, standalone_mode=False)",
        "loaded = {'openai', 'langchain_openai'} & sys.modules.keys()",
        "sys.exit(f'loaded {loaded}' if loaded else 0)",
    )
    assert done.returncode == 0, done.stderr


def test_a_verb_does_not_wait_for_what_another_one_imports():
    done = ended_with(
        "import sys",
        "from langchain_smartroute.cli.app import app",
        "app(['models'], standalone_mode=False)",
        "sys.exit('langchain_smartroute.bench' in sys.modules)",
    )
    assert done.returncode == 0, done.stderr


# ---- the first call ---------------------------------------------------------------------

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
def test_the_first_model_of_a_process_is_built_before_the_clock_starts(way):
    """The first stream of a process failed: it imported openai in the event loop, in its own time.

    With `first_token_timeout_s=2` it was told after 3.4 s that its model was silent.
    """
    models = [SandboxModel(name=spec.model) for spec in Catalog.load("default").models.values()]
    with SandboxServer(models=models) as server:
        found = said_by(COLD, server.base_url, way, warnings="default")
    assert found == "['accepted'] {False}"


AT_ONCE = """
import sys, threading
from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.runnable import making

making.assemble
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
    """The class is built with the first router; pydantic 2.11.0 does not keep threads apart there.

    Most of the threads were told that a router "has no attribute 'catalog'".
    """
    assert said_by(AT_ONCE) == "[]"
