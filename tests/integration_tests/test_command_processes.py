"""`smartroute` in processes of its own: streams, exit codes, signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from langchain_smartroute import Catalog, SmartRouterRunnable

VARIABLES = (
    "SMARTROUTE_API_KEY",
    "SMARTROUTE_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
)
COMMAND = (sys.executable, "-c", "from langchain_smartroute.cli import main; main()")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def smartroute(*arguments):
    """Run the command and wait for its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False
    )


@pytest.fixture
def start_smartroute():
    """Start the command and leave it running."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_exit_codes_and_streams_of_the_real_process():
    good = smartroute("models", "--format", "json")
    ours = smartroute("models", "--catalog", "nowhere.toml")
    usage = smartroute("models", "--catalog")
    assert [good.returncode, ours.returncode, usage.returncode] == [0, 1, 2]
    assert [good.stderr, ours.stdout, usage.stdout] == ["", "", ""]
    assert ours.stderr.startswith("Error: ")
    assert "Traceback" not in ours.stderr + usage.stderr


def test_the_whole_demo_runs_in_a_process_of_its_own_within_twenty_seconds():
    started = time.monotonic()
    shown = smartroute("demo")
    assert time.monotonic() - started < 20
    assert shown.returncode == 0
    assert shown.stderr == ""
    for text in ("glm-4v", "requests             45", "saved", "Simulated"):
        assert text in shown.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_catalog_until_it_is_told_to_stop_and_exits_with_0(start_smartroute, number):
    process = start_smartroute("sandbox", "--port", "0", "--format", "json")
    announced = json.loads(process.stdout.readline())
    assert announced["simulated"] is True
    assert announced["models"] == [s.model for s in Catalog.load("default").models.values()]
    router = SmartRouterRunnable.from_catalog(base_url=announced["base_url"])
    assert router.invoke("Translate to German: good morning").text == "Guten Morgen"
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert (out, err) == ("", "")
