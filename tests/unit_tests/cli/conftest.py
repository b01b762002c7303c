"""The command as a user runs it, in this process."""

from __future__ import annotations

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
