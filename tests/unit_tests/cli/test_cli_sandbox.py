from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest

from langchain_smartroute.sandbox import SandboxServer


@pytest.fixture
def stop_when_it_listens():
    """Send SIGTERM to this very process, some time after the command has taken it over."""
    before = signal.getsignal(signal.SIGTERM)

    def stop():
        deadline = time.monotonic() + 10
        while signal.getsignal(signal.SIGTERM) is before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.7)
        if signal.getsignal(signal.SIGTERM) is not before:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=stop)
    thread.start()
    yield
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("stop_when_it_listens")
def test_it_says_where_it_is_and_how_to_use_it(smartroute):
    shown = smartroute("sandbox", "--port", "0", "--catalog", "openrouter", columns=60)
    assert shown.exit_code == 0
    flat = " ".join(shown.stdout.split())
    assert "Simulated models at http://127.0.0.1:" in flat
    assert "export SMARTROUTE_BASE_URL=http://127.0.0.1:" in flat
    assert "deepseek/deepseek-chat" in flat


@pytest.mark.usefixtures("stop_when_it_listens")
def test_json_is_one_line_for_a_script_to_read(smartroute):
    shown = smartroute("sandbox", "--port", "0", "--format", "json")
    assert shown.stdout.count("\n") == 1
    assert json.loads(shown.stdout)["base_url"].startswith("http://127.0.0.1:")


def test_a_taken_port_is_an_error_that_says_what_to_do(smartroute):
    with SandboxServer() as server:
        port = server.base_url.removesuffix("/v1").rpartition(":")[2]
        shown = smartroute("sandbox", "--port", port)
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"Error: port {port} of 127.0.0.1 cannot be used (")
    assert "--port" in shown.stderr
