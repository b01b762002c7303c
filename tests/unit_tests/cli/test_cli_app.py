from __future__ import annotations

import re
import sys
from importlib.metadata import entry_points, version
from itertools import pairwise

import pytest

import langchain_smartroute.cli as command


def test_the_console_script_is_the_main_function():
    (script,) = entry_points(group="console_scripts", name="smartroute")
    assert script.load() is command.main


def test_version_is_that_of_the_package(smartroute):
    shown = smartroute("--version")
    assert shown.exit_code == 0
    assert shown.stdout == f"smartroute {version('langchain-smartroute')}\n"


def test_help_lists_every_verb(smartroute):
    shown = smartroute("--help")
    assert shown.exit_code == 0
    for verb in ("bench", "demo", "evaluate", "explain", "models", "report", "sandbox", "train"):
        assert verb in shown.stdout


@pytest.mark.parametrize("verb", [("calibrate",), ("bench", "soak"), ("evaluate", "quality")])
def test_help_breaks_lines_at_the_terminals_width_alone(smartroute, verb):
    """It also broke them where the source does: every second line held two words."""
    shown = smartroute(*verb, "--help", columns=60)
    said, _, _ = shown.stdout.partition("╭")
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", said.strip())]
    assert len(blocks) >= 3, said
    for lines in blocks:
        for line, after in pairwise(lines):
            assert len(line.strip()) + 1 + len(after.split()[0]) > 55, (line, after)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("explain",),
        ("explain", "hi", "--tier", "golden"),
        ("models", "--format", "xml"),
        ("demo", "--requests", "0"),
        ("demo", "--api-key-env", "MY_KEY"),
        ("sandbox", "--port", "70000"),
        ("sandbox", "--host", "0.0.0.0"),  # noqa: S104 - it is rejected
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint(smartroute, arguments):
    shown = smartroute(*arguments)
    assert shown.exit_code == 2
    assert "Usage" in shown.output
    assert "Traceback" not in shown.output


@pytest.mark.parametrize("verb", [("demo",), ("models",), ("sandbox",), ("explain", "hi")])
def test_an_error_of_ours_is_plain_text_on_stderr_also_with_json(smartroute, verb):
    shown = smartroute(*verb, "--catalog", "nowhere.toml", "--format", "json")
    assert shown.exit_code == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("Error: catalog = 'nowhere.toml': ")
    assert "openrouter" in shown.stderr


def test_every_fault_of_a_catalog_is_shown_at_once(smartroute, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(
        '[models.a]\nwindow = 1\ncontext_window = -5\n[routes]\ncode = "a"\n', encoding="utf-8"
    )
    shown = smartroute("models", "--catalog", path)
    assert shown.exit_code == 1
    assert "models.a.window" in shown.stderr
    assert "models.a.context_window" in shown.stderr


def test_a_missing_extra_ends_the_command_with_1(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "langchain_smartroute.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    assert "langchain-smartroute[cli]" in capsys.readouterr().err


def test_the_main_function_runs_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["smartroute", "--version"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("smartroute ")


def test_an_import_that_fails_for_another_reason_is_not_taken_for_a_missing_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "langchain_smartroute.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "langchain_smartroute.cli.demo", None)
    monkeypatch.setattr(sys, "argv", ["smartroute", "demo"])
    with pytest.raises(ImportError, match="demo"):
        command.main()
