"""A machine's pace changes between runs: one's spread missed a third of the next one's figures."""

from __future__ import annotations

import pytest

from langchain_smartroute.bench.figure_pages import as_markdown
from langchain_smartroute.bench.figures import Figure, Figures
from langchain_smartroute.bench.pooled import pooled
from langchain_smartroute.bench.sections import SECTIONS
from langchain_smartroute.errors import ConfigurationError

MADE = {
    "date": "2026-11-27",
    "quick": False,
    "rounds": 2,
    "failed": [],
    "seconds": 600,
    "seed": 0,
    "load_average": {"before": 0.1, "after": 1.0},
    "million_additions_ms": {"before": 40.0, "after": 44.0},
    "machine": {"processor": "a", "cores": 2, "system": "b", "python": "c"},
    "versions": {"openai": "3"},
}
TABLE, SECTION_NOTE = next(iter(next(iter(SECTIONS.values())).tables.items()))


def run(*samples, **made):
    figure = Figure(table=TABLE, row="router", column="µs", samples=samples)
    return Figures(
        made={**MADE, **made}, notes={TABLE: SECTION_NOTE.format(rounds=2)}, figures=(figure,)
    )


def test_the_samples_of_all_runs_are_one_figure():
    found = pooled([run(1.0, 2.0), run(7.0, 9.0, date="2026-11-28"), run(3.0, 4.0)])
    (figure,) = found.figures
    assert figure.samples == (1.0, 2.0, 7.0, 9.0, 3.0, 4.0)
    assert (figure.value, figure.low, figure.high) == (3.5, 1.0, 9.0)
    assert found.notes == {TABLE: SECTION_NOTE.format(rounds=6)}
    assert found.made["date"] == "2026-11-27 and 2026-11-28"
    assert (found.made["rounds"], found.made["seconds"]) == (6, 1800)
    assert [one["date"] for one in found.made["runs"]] == ["2026-11-27", "2026-11-28", "2026-11-27"]


def test_a_page_says_of_how_many_runs_and_at_which_pace():
    slow = {"before": 128.0, "after": 99.5}
    text = as_markdown(pooled([run(1.0), run(2.0, seconds=960, million_additions_ms=slow)]))
    assert text.startswith("Made on 2026-11-27 in 2 runs of 10 to 16 minutes on 2 cores (a, b, c;")
    assert "load average 0.1 before, 1.0 after; a million additions took 40.0 to 128.0 ms" in text


@pytest.mark.parametrize(
    ("runs", "complaint"),
    [
        ([run(1.0)], "give the figures of several"),
        ([], "give the figures of several"),
        ([run(1.0), run(2.0, quick=True)], "run 2 was made with --quick"),
        ([run(1.0, failed=["plain: it broke"]), run(2.0)], r"run 1 lacks .*plain: it broke"),
        ([pooled([run(1.0), run(2.0)]), run(3.0)], "run 1 is pooled already"),
        ([run(1.0), run(2.0), run(1.0)], "run 3 was given before"),
        ([run(1.0), run(2.0, versions={"openai": "4"})], "differ in their versions"),
        ([run(1.0), run(2.0, machine={"processor": "z"})], "differ in their machine"),
    ],
    ids=["one", "none", "quick", "failed", "pooled", "twice", "versions", "machine"],
)
def test_runs_that_do_not_fit_are_refused(runs, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        pooled(runs)
