from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

import langchain_smartroute.cli as command


@pytest.fixture
def python():
    """Run lines of a program in a process of its own."""

    def run(*lines):
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", "\n".join(lines)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    return run


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


def test_exit_codes_and_streams_of_the_real_process(smartroute_process):
    good = smartroute_process("models", "--format", "json")
    ours = smartroute_process("models", "--catalog", "nowhere.toml")
    usage = smartroute_process("models", "--catalog")
    assert [good.returncode, ours.returncode, usage.returncode] == [0, 1, 2]
    assert [good.stderr, ours.stdout, usage.stdout] == ["", "", ""]
    assert ours.stderr.startswith("Error: ")
    assert "Traceback" not in ours.stderr + usage.stderr


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_one_line_names_the_command_that_installs_it(python, missing):
    done = python(
        f"import sys; sys.modules[{missing!r}] = None",
        "from langchain_smartroute.cli import main; main()",
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"smartroute needs the package '{missing}': pip install \"langchain-smartroute[cli]\"\n"
    )


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


@pytest.mark.parametrize("arguments", [["--version"], ["models"], ["explain", "hi"]])
def test_no_verb_loads_openai_before_a_model_is_called(python, arguments):
    done = python(
        "import sys",
        "from langchain_smartroute.cli.app import app",
        f"app({arguments!r}, standalone_mode=False)",
        "loaded = {'openai', 'langchain_openai'} & sys.modules.keys()",
        "sys.exit(f'loaded {loaded}' if loaded else 0)",
    )
    assert done.returncode == 0, done.stderr


def test_a_verb_does_not_wait_for_what_another_one_imports(python):
    done = python(
        "import sys",
        "from langchain_smartroute.cli.app import app",
        "app(['models'], standalone_mode=False)",
        "sys.exit('langchain_smartroute.bench' in sys.modules)",
    )
    assert done.returncode == 0, done.stderr
