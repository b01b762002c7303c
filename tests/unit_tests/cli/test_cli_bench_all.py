from __future__ import annotations

import json

import pytest

from langchain_smartroute.bench.figure_pages import BEGIN, END
from langchain_smartroute.bench.figures import Figure, Figures

ONE = Figure(table="A decision", row="40 messages", column="CPU, µs", samples=(200.0, 230.0))
MADE = {
    "date": "2026-11-27",
    "quick": False,
    "failed": [],
    "seconds": 600,
    "load_average": {"before": 0.1, "after": 1.0},
    "machine": {"processor": "a", "cores": 2, "system": "b", "python": "c"},
    "versions": {"openai": "3"},
}


def found(*, quick=False, figure=ONE):
    return Figures(made={**MADE, "quick": quick}, notes={}, figures=(figure,))


@pytest.fixture
def written(tmp_path):
    def write(figures):
        path = tmp_path / "figures.json"
        path.write_text(json.dumps(figures.as_dict()), encoding="utf-8")
        return path

    return write


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"# Mine\n\n{BEGIN}\nold\n{END}\n\nAfter.\n", encoding="utf-8")
    return path


def test_all_writes_json_and_markdown(smartroute, monkeypatch, tmp_path):
    asked = []

    def measured(**settings):
        settings["on_step"]("decision")
        asked.append(settings)
        return found()

    monkeypatch.setattr("langchain_smartroute.cli.bench_all.run_everything", measured)
    shown = smartroute("bench", "all", "--quick", "--seed", "3", "--out", tmp_path / "new" / "dir")
    assert shown.exit_code == 0, shown.output
    assert (asked[0]["quick"], asked[0]["seed"]) == (True, 3)
    told = json.loads((tmp_path / "new" / "dir" / "figures.json").read_text(encoding="utf-8"))
    assert told["figures"][0]["value"] == 215.0
    table = (tmp_path / "new" / "dir" / "figures.md").read_text(encoding="utf-8")
    assert "| 40 messages | 215 (200 to 230) |" in table


def test_all_exits_with_1_where_a_part_failed_and_still_writes(smartroute, monkeypatch, tmp_path):
    broken = Figures(made={**MADE, "failed": ["plain: it broke"]}, figures=(ONE,))
    monkeypatch.setattr("langchain_smartroute.cli.bench_all.run_everything", lambda **_: broken)
    shown = smartroute("bench", "all", "--out", tmp_path)
    assert shown.exit_code == 1
    assert "failed: plain: it broke" in shown.stdout
    assert (tmp_path / "figures.md").exists()


def test_several_runs_are_made_one(smartroute, tmp_path):
    paths = [tmp_path / "1.json", tmp_path / "2.json"]
    for path, samples in zip(paths, [(200.0,), (230.0, 260.0)], strict=True):
        one = Figure(table=ONE.table, row=ONE.row, column=ONE.column, samples=samples)
        run = Figures(made={**MADE, "rounds": 1}, figures=(one,))
        path.write_text(json.dumps(run.as_dict()), encoding="utf-8")
    shown = smartroute("bench", "pool", *paths, "--out", tmp_path / "new")
    assert shown.exit_code == 0, shown.output
    told = Figures.read(tmp_path / "new" / "figures.json")
    assert told.figures[0].samples == (200.0, 230.0, 260.0)
    table = (tmp_path / "new" / "figures.md").read_text(encoding="utf-8")
    assert "| 40 messages | 230 (200 to 260) |" in table


def test_a_single_run_cannot_be_pooled(smartroute, written, tmp_path):
    shown = smartroute("bench", "pool", written(found()), "--out", tmp_path / "new")
    assert shown.exit_code == 1
    assert "give the figures of several" in " ".join(shown.stderr.split())
    assert not (tmp_path / "new").exists()


def test_a_program_that_is_not_there_is_wrong_usage(smartroute, tmp_path):
    shown = smartroute("bench", "all", "--out", tmp_path, "--with", tmp_path / "none.py")
    assert shown.exit_code == 2


def test_a_page_is_written_from_figures_and_then_agrees_with_them(smartroute, written, page):
    assert smartroute("bench", "page", written(found()), page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Mine\n")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in text
    shown = smartroute("bench", "check", written(found()), page)
    assert shown.exit_code == 0
    assert "1 of 1 figures agree" in " ".join(shown.stdout.split())
    again = smartroute("bench", "page", written(found()), page)
    assert again.exit_code == 0
    assert page.read_text(encoding="utf-8") == text


def test_a_figure_that_has_left_its_range_fails_the_check(smartroute, written, page):
    smartroute("bench", "page", written(found()), page)
    slower = Figure(table=ONE.table, row=ONE.row, column=ONE.column, samples=(231.0, 300.0))
    shown = smartroute("bench", "check", written(found(figure=slower)), page)
    assert shown.exit_code == 1
    flat = " ".join(shown.stdout.split())
    assert "states 215 (200 to 230), measured 266 (231 to 300)" in flat
    assert "0 of 1 figures agree" in flat


def test_a_figure_that_nobody_measures_fails_the_check(smartroute, written, page):
    smartroute("bench", "page", written(found()), page)
    other = Figure(table=ONE.table, row="1 message", column=ONE.column, samples=(215.0,))
    shown = smartroute("bench", "check", written(found(figure=other)), page)
    assert shown.exit_code == 1
    assert "not measured" in shown.stdout


@pytest.mark.parametrize("verb", ["check", "page"])
def test_figures_of_a_quick_run_are_refused(smartroute, written, page, verb):
    shown = smartroute("bench", verb, written(found(quick=True)), page)
    assert shown.exit_code == 1
    assert "say nothing" in " ".join(shown.stderr.split())


def test_a_listed_phrase_that_is_not_in_the_text_is_an_error(smartroute, written, page):
    page.write_text("<!-- quoted figures\nof [5] ms = a / b / c\n-->", encoding="utf-8")
    shown = smartroute("bench", "check", written(found()), page)
    assert shown.exit_code == 1
    assert "is not in the text" in " ".join(shown.stderr.split())
    page.write_text("<!-- quoted figures\nof 5 ms = a / b / c\n-->", encoding="utf-8")
    shown = smartroute("bench", "page", written(found()), page)
    assert shown.exit_code == 1
    assert "not of the form" in " ".join(shown.stderr.split())
