"""What pages state of time, memory and faults is what `examples/figures.json` says was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from langchain_smartroute.bench.figure_pages import BEGIN, as_markdown
from langchain_smartroute.bench.figures import Figures
from langchain_smartroute.bench.goals import GOALS
from langchain_smartroute.bench.quoted import quoted_figures

ROOT = Path(__file__).parents[2]
FIGURES = Figures.read(ROOT / "examples" / "figures.json")
PAGES = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_number_that_a_page_quotes_was_measured(page):
    by_key = FIGURES.by_key()
    for quoted in quoted_figures(page.read_text(encoding="utf-8")):
        assert quoted.key in by_key, quoted.text
        assert quoted.agrees(by_key[quoted.key]), (quoted.text, by_key[quoted.key])


def test_the_readme_and_the_results_quote_some():
    for name in ("README.md", "examples/results.md"):
        assert len(list(quoted_figures((ROOT / name).read_text(encoding="utf-8")))) >= 5


def test_the_benchmarks_page_holds_the_tables_of_these_figures():
    text = (ROOT / "examples" / "benchmarks.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n\n{as_markdown(FIGURES)}" in text


def test_they_were_not_made_in_passing_and_nothing_failed():
    assert FIGURES.made["quick"] is False
    assert FIGURES.made["failed"] == []


def test_every_goal_is_held_against_a_figure():
    by_key = FIGURES.by_key()
    assert [goal.key for goal in GOALS if goal.key not in by_key] == []
