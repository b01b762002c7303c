"""The benchmark of calls a second: small, but with every contestant."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from langchain_smartroute.bench import callers, throughput
from langchain_smartroute.bench.callers import CALLERS, callers_at
from langchain_smartroute.bench.throughput import run_throughput
from langchain_smartroute.cli.app import app
from langchain_smartroute.cli.bench_throughput import throughput_markdown


@pytest.fixture(autouse=True)
def few_calls(monkeypatch):
    monkeypatch.setattr(throughput, "calls_of", lambda concurrency, **_: 4)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_every_contestant_is_measured_in_every_round(streamed):
    turns = []
    report = run_throughput(
        concurrencies=[2], rounds=2, streamed=streamed, on_round=lambda: turns.append(1)
    )
    assert [row.contestant for row in report.rows] == list(CALLERS)
    assert len(turns) == 3 * len(report.rows)
    for row in report.rows:
        assert len(row.rounds) == len(row.to_stock) == len(row.cpu_to_same_client) == 2
        assert row.per_s > 0
        assert row.cpu_ms > 0
    stock = next(row for row in report.rows if row.contestant == throughput.STOCK)
    assert stock.to_stock == stock.cpu_to_stock == (1.0, 1.0)


def test_wrappers_of_the_stock_model_are_left_out_at_high_concurrency():
    few, many = callers_at(64), callers_at(512)
    assert few == list(CALLERS)
    assert set(few) - set(many) == {
        "with_fallbacks",
        "RunnableBranch, 1 branch",
        "RunnableBranch, 8 branches",
    }


def test_a_contestant_that_does_not_answer_has_no_speed(monkeypatch):
    monkeypatch.setattr(callers, "TEXT", "something else")
    with pytest.raises(RuntimeError, match="the whole answer"):
        run_throughput(concurrencies=[1], rounds=1)


def test_the_command_prints_a_table_and_writes_json(tmp_path):
    file = tmp_path / "throughput.json"
    command = ["bench", "throughput", "--at-a-time", "1", "--rounds", "1"]
    shown = CliRunner().invoke(app, [*command, "--json", str(file)])
    assert shown.exit_code == 0, shown.output
    assert "router, aiohttp" in shown.output
    written = json.loads(file.read_text(encoding="utf-8"))
    assert len(written["rows"]) == len(CALLERS)


def test_the_report_is_also_a_page_of_markdown():
    row = throughput.Row(
        contestant="router",
        concurrency=64,
        calls=4,
        rounds=(throughput.Measured(per_s=100.0, cpu_ms=2.0),) * 2,
        to_stock=(1.5, 1.7),
        to_same_client=(1.0, 1.0),
        cpu_to_stock=(1.2, 1.2),
        cpu_to_same_client=(),
    )
    page = throughput_markdown(throughput.ThroughputReport(streamed=False, rows=(row,)))
    assert page.startswith("| contestant | calls at a time |")
    assert "\n| router | 64 | 100 | 1.60 (1.50–1.70) | 1.00" in page
    assert page.count("\n|") == 2
