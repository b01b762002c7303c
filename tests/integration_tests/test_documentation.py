"""The README's code runs, and its first example is short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parents[2]
README = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT)).parse(ROOT / "README.md")
EXAMPLES = list(README.examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line-{example.line}")
def test_every_python_block_of_the_readme_runs(example, monkeypatch, capsys):
    """In order, in one namespace, as a reader would paste them."""
    for name in ("SMARTROUTE_API_KEY", "SMARTROUTE_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    example.evaluate()
    assert "error" not in capsys.readouterr().err.lower()


def test_the_first_example_has_at_most_fifteen_lines():
    first = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert first is not None
    assert len(first.group(1).splitlines()) <= 15


def test_the_readme_holds_the_two_set_up_commands():
    commands = re.findall(r"^pip install -e .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == [
        'pip install -e ".[cli]" && smartroute demo',
        'pip install -e ".[test]" && pytest',
    ]
