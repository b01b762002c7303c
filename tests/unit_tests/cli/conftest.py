"""The command as a user runs it, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from langchain_smartroute.cli.app import app

VARIABLES = (
    "SMARTROUTE_API_KEY",
    "SMARTROUTE_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
)
COMMAND = (sys.executable, "-c", "from langchain_smartroute.cli import main; main()")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def smartroute():
    """Run the command in this process; `columns` is the width of its terminal."""

    def run(*arguments, columns=100, text=None):
        env = {"COLUMNS": str(columns)}
        return CliRunner().invoke(app, [str(a) for a in arguments], input=text, env=env)

    return run


@pytest.fixture
def smartroute_process():
    """Run the command in a process of its own."""

    def run(*arguments, columns=100, timeout=20):
        return subprocess.run(  # noqa: S603 - our own command
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "COLUMNS": str(columns)},
        )

    return run


@pytest.fixture
def start_smartroute():
    """Start the command in a process of its own and leave it running."""
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


@pytest.fixture
def catalog_file(tmp_path):
    """A catalog of one model without a price, with an endpoint and key of its own."""
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        name = "mine"
        [models.lone]
        model = "vendor/lone"
        base_url = "https://vendor.example/v1"
        api_key_env = "VENDOR_API_KEY"
        inputs = ["text", "image"]
        [routes]
        code = { default = "lone", hard = "lone" }
        """,
        encoding="utf-8",
    )
    return path
