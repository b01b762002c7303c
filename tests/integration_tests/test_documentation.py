"""What the README and the pages beside the examples show is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import pytest
import typer
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from langchain_smartroute.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*.md"))]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
SETTINGS = ("SMARTROUTE_API_KEY", "SMARTROUTE_BASE_URL", "OPENAI_API_KEY")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PRINTED = re.compile(r"\s*^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BASH = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`(smartroute\s[^`]+)`(?!`)")
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")


def blocks():
    """Each Python block; those of one page share a namespace and run in order."""
    for page in PAGES:
        parsed = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT)).parse(page)
        for example in parsed.examples():
            yield pytest.param(example, id=f"{page.name}-line-{example.line}")


def sessions():
    """Each console block: commands after `$ `, and below each what it prints."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in CONSOLE.finditer(text):
            line = text[: found.start()].count("\n") + 1
            yield pytest.param(found.group(1), id=f"{page.name}-line-{line}")


@pytest.mark.parametrize("example", list(blocks()))
def test_every_python_block_runs(example, monkeypatch, capsys):
    """As a reader would paste it, without a key."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    example.evaluate()
    said = capsys.readouterr()
    assert "error" not in said.err.lower()
    shown = shown_below(example)
    if shown is not None:
        assert prints(shown, said.out), said.out


def shown_below(example):
    """The expected output of a block: the text block directly below it, if any."""
    below = PRINTED.match(example.document.text, example.region.end)
    return None if below is None else below.group(1)


def prints(shown, printed):
    """Whether it is what a page shows: `…` stands for what may differ, spaces may be others."""
    wanted = shown.replace("…", "...")
    return OutputChecker().check_output(wanted, printed, ELLIPSIS | NORMALIZE_WHITESPACE)


def test_what_blocks_print_is_found_and_compared():
    shown = [text for (example,) in (p.values for p in blocks()) if (text := shown_below(example))]
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(shown) == pages.count("\n```text\n") >= 3
    assert prints("a … c", "a b c\n")
    assert not prints("a … c", "a b d\n")


@pytest.mark.parametrize("session", list(sessions()))
def test_every_command_prints_what_the_page_shows(session, tmp_path):
    """`…` stands for what may differ; spaces may be others. The folder is new and empty."""
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    env |= {"COLUMNS": "100", "NO_COLOR": "1"}
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        done = subprocess.run(  # noqa: S602 - a reader types it into a shell as well
            command,
            shell=True,
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert prints(shown, done.stdout), f"$ {command}\n{done.stdout}\n{done.stderr}"


def commands():
    """Each `smartroute` command that a page names, in a block or within a sentence."""
    for page in [*PAGES, CONTRIBUTING]:
        text = page.read_text(encoding="utf-8")
        lines = [
            line
            for block in (*BASH.findall(text), *CONSOLE.findall(text))
            for line in block.replace("\\\n", " ").splitlines()
        ]
        found = [part for line in lines for part in re.findall(r"\bsmartroute .*", line)]
        for command in (*found, *INLINE.findall(text)):
            if not command.startswith("smartroute …"):
                yield pytest.param(command, id=f"{page.name}-{' '.join(command.split())[:60]}")


def words_of(command):
    """The verbs and options of a command, up to where the shell's own words begin."""
    for word in shlex.split(command, comments=True):
        if word in ("&&", "|", ">"):
            return
        yield word


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_that_is_named_has_these_verbs_and_options(command):
    _, *words = words_of(command)
    found = typer.main.get_command(app)
    context = typer.Context(found)
    while hasattr(found, "get_command") and words and not words[0].startswith("-"):
        verb = words.pop(0)
        below = found.get_command(context, verb)
        assert below is not None, f"smartroute has no {verb}"
        found = below
    known = {name for option in found.params for name in (*option.opts, *option.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given - {"--help"} <= known


def anchors(page):
    """How headings of a page are linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", [*PAGES, CONTRIBUTING], ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        there = (page.parent / target) if target else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor[1:] in anchors(there), f"{page.name}: {target}{anchor}"


def test_the_first_example_has_at_most_fifteen_lines():
    first = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert first is not None
    assert len(first.group(1).splitlines()) <= 15


def test_the_readme_holds_the_two_set_up_commands():
    commands = re.findall(r"^pip install -e .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == [
        'pip install -e ".[cli]" && smartroute demo',
        'pip install -e ".[test]" && pytest -n 3 --dist loadfile',
    ]


def test_contributing_is_one_page_and_the_files_that_it_names_are_there():
    text = CONTRIBUTING.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    named = re.findall(r"`([\w./*]+(?:/[\w*]+|\.(?:py|md|jsonl|weights|lock)))`", text)
    assert "state/commands.py" in named
    homes = (ROOT, ROOT / "langchain_smartroute")
    assert [name for name in named if not any(list(home.glob(name)) for home in homes)] == []
