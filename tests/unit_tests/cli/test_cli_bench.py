from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from langchain_smartroute.bench import SHORT, FaultCard, FaultResult, SoakReport, SoakSettings
from langchain_smartroute.bench.contestants import CONTESTANTS
from langchain_smartroute.bench.fault_cases import fault_cases
from langchain_smartroute.bench.scaling import Scale

CASES = fault_cases(SHORT)


def made_up_card(*failing):
    """A card that passes all but some cells, given as (number, contestant)."""
    results = [
        FaultResult(
            contestant=contestant.name,
            number=case.number,
            verdict="fail" if (case.number, contestant.name) in failing else "pass",
            reason="it was lost" if (case.number, contestant.name) in failing else "",
            seconds=12.34,
            primary=50,
            fallback=15,
            error=None,
        )
        for case in CASES
        for contestant in CONTESTANTS
    ]
    return FaultCard(
        timings=SHORT, seconds=21.0, cases=CASES, contestants=CONTESTANTS, results=results
    )


REPORT = SoakReport(
    settings=SoakSettings(),
    seconds=100.0,
    endings={"complete": 19_000, "ChainExhaustedError": 1_000},
    attempts={"accepted": 19_000, "failed": 3_000},
    cost_usd=Decimal("1.25"),
    recorded_usd=Decimal("1.25"),
    unknown_costs=0,
    warm_bytes=100_000_000,
    peak_bytes=103_000_000,
    end_bytes=101_000_000,
    leaked={"tasks": 0, "threads": 0},
    failures=(),
)


@pytest.fixture
def bench(smartroute, monkeypatch):
    """Run `smartroute bench …` with made-up findings; the real ones take half a minute."""

    def run(*arguments, found, columns=100):
        name = {"faults": "run_fault_card", "soak": "run_soak"}[arguments[0]]
        asked = []

        def measured(settings, **_):
            asked.append(settings)
            return found

        monkeypatch.setattr(f"langchain_smartroute.cli.bench.{name}", measured)
        shown = smartroute("bench", *arguments, columns=columns)
        shown.asked = asked
        return shown

    return run


def test_help_lists_both_benchmarks(smartroute):
    shown = smartroute("bench", "--help")
    assert shown.exit_code == 0
    assert "faults" in shown.stdout
    assert "soak" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("faults", "--full=yes"),
        ("soak", "--requests", "0"),
        ("soak", "--concurrency", "0"),
        ("soak", "--faulty", "1.1"),
        ("soak", "--faulty", "-0.1"),
    ],
)
def test_wrong_usage_exits_with_2(smartroute, arguments):
    assert smartroute("bench", *arguments).exit_code == 2


def test_the_card_exits_with_0_unless_the_router_fails(bench):
    assert bench("faults", found=made_up_card()).exit_code == 0
    assert bench("faults", found=made_up_card((8, "careful"))).exit_code == 0
    failed = bench("faults", found=made_up_card((8, "buffer")))
    assert failed.exit_code == 1
    assert "The router failed: 8 buffer: it was lost" in " ".join(failed.stdout.split())


def test_the_timings_are_short_unless_the_full_ones_are_asked_for(bench):
    (short,) = bench("faults", found=made_up_card()).asked
    (full,) = bench("faults", "--full", found=made_up_card()).asked
    assert (short.name, full.name) == ("short", "full")
    assert full.patience_s > short.patience_s


@pytest.mark.parametrize("columns", [60, 100, 130, 200])
def test_the_card_fits_and_names_every_fault_and_contestant(bench, columns):
    shown = bench("faults", found=made_up_card((8, "careful")), columns=columns)
    assert max(len(line) for line in shown.stdout.splitlines()) <= columns
    flat = " ".join(shown.stdout.split())
    for case in CASES:
        assert f"{case.number} {case.name}" in flat
    for contestant in CONTESTANTS:
        assert contestant.name in flat
    assert flat.count("pass 12.3 50+15") == 16 * len(CONTESTANTS) - 1
    assert flat.count("FAIL 12.3 50+15") == 1
    assert "15 pass, 1 FAIL" in flat


def test_the_cards_figures_are_written_as_json(bench, tmp_path):
    file = tmp_path / "card.json"
    card = made_up_card((8, "careful"))
    assert bench("faults", "--json", file, found=card).exit_code == 0
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["score"]["careful"] == {"pass": 15, "interrupted": 0, "fail": 1}
    assert [fault["number"] for fault in written["faults"]] == [case.number for case in CASES]
    cell = written["faults"][7]["results"]["careful"]
    assert (cell["verdict"], cell["seconds"], cell["primary"]) == (
        card.result(written["faults"][7]["number"], "careful").verdict,
        12.34,
        50,
    )
    assert set(written["versions"]) >= {"langchain-core", "langchain-openai"}


def test_a_file_that_cannot_be_written_is_an_error_of_ours(bench, tmp_path):
    shown = bench("faults", "--json", tmp_path / "nowhere" / "card.json", found=made_up_card())
    assert shown.exit_code == 1
    assert "cannot be written" in shown.stderr


def test_the_soak_takes_its_settings_from_the_command_line(bench):
    shown = bench(
        *("soak", "--requests", "7", "--concurrency", "3", "--faulty", "0.5", "--seed", "9"),
        found=REPORT,
    )
    assert shown.asked == [SoakSettings(requests=7, concurrency=3, faulty=0.5, seed=9)]


@pytest.mark.parametrize("columns", [60, 100])
def test_the_soak_shows_its_figures_and_exits_with_0(bench, columns):
    shown = bench("soak", found=REPORT, columns=columns)
    assert shown.exit_code == 0
    assert max(len(line) for line in shown.stdout.splitlines()) <= columns
    flat = " ".join(shown.stdout.split())
    for text in ("20,000, 64 at a time", "200 requests a second", "ChainExhaustedError 1,000"):
        assert text in flat
    assert "100.0 MB after the warm-up, 101.0 MB at the end (+1.0%), 103.0 MB at most" in flat
    assert "Nothing was lost." in flat


def test_a_soak_that_lost_something_says_what_and_exits_with_1(bench, tmp_path):
    file = tmp_path / "soak.json"
    lost = replace(REPORT, failures=("2 tasks left over",), warm_bytes=None)
    shown = bench("soak", "--json", file, found=lost)
    assert shown.exit_code == 1
    assert "FAIL 2 tasks left over" in shown.stdout
    assert "unknown on this system" in shown.stdout
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["failures"] == ["2 tasks left over"]
    assert (written["cost_usd"], written["growth"]) == ("1.25", None)


@pytest.mark.parametrize("wanted", ["table", "json"])
def test_scaling_shows_what_each_one_more_costs(smartroute, monkeypatch, wanted):
    found = [
        Scale(what="models", size=8, cpu_us=100.0, each_us=None),
        Scale(what="models", size=80, cpu_us=172.0, each_us=1.0),
    ]
    monkeypatch.setattr("langchain_smartroute.cli.bench.bench_scaling", lambda: iter(found))
    shown = smartroute("bench", "scaling", "--format", wanted)
    assert shown.exit_code == 0
    if wanted == "json":
        assert [scale["each_us"] for scale in json.loads(shown.stdout)] == [None, 1.0]
    else:
        assert shown.stdout.splitlines()[-1].split() == ["models", "80", "172", "1.000", "µs"]
