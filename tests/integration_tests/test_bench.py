"""The benchmarks themselves, small: over real HTTP, with shorter timings than in CI's own step."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from langchain_smartroute.bench import SHORT, SoakSettings, exact_costs, run_fault_card, run_soak
from langchain_smartroute.bench.contestants import CONTESTANTS
from langchain_smartroute.bench.exact_costs import bench_exact_costs
from langchain_smartroute.bench.memory import bench_memory
from langchain_smartroute.bench.overhead import PLAIN, bench_decision, bench_overhead
from langchain_smartroute.bench.sections import main

BRIEF = replace(
    SHORT,
    name="brief",
    silence_s=10.0,
    first_token_delay_s=10.0,
    # Just below what it takes to wait a fault out, since tests run beside each other.
    prompt_s=9.5,
    first_token_within_s=9.5,
    stall_within_s=9.5,
    silent_within_s=9.5,
    outage_s=6.0,
    spacing_s=0.4,
    breaker_open_s=1.0,
    patience_s=20.0,
    first_token_timeout_s=3.0,
    idle_timeout_s=3.0,
    timeout_s=4.0,
)


def test_the_router_fails_no_fault_where_a_careful_user_of_with_fallbacks_does():
    chosen = [contestant for contestant in CONTESTANTS if contestant.name != "with_fallbacks"]
    done = []
    card = run_fault_card(BRIEF, contestants=chosen, on_result=lambda: done.append(1))
    assert len(done) == len(card.results) == 16 * len(chosen)
    assert card.failures == []
    assert card.score("buffer") == {"pass": 16, "interrupted": 0, "fail": 0}
    assert card.score("ainvoke") == {"pass": 16, "interrupted": 0, "fail": 0}
    assert card.score("first_token") == {"pass": 12, "interrupted": 4, "fail": 0}
    # A stream that was cut is one of those that LangChain's own class cannot save.
    assert card.result(8, "careful").verdict == "fail"


def test_a_small_soak_loses_nothing():
    done = []
    report = run_soak(
        SoakSettings(requests=150, concurrency=32, faulty=0.3, seed=3), on_progress=done.append
    )
    assert report.failures == ()
    assert sum(report.endings.values()) == done[-1] == 150
    assert report.attempts["failed"] > 10
    assert report.cost_usd == report.recorded_usd > 0


def test_the_overhead_is_told_for_each_contestant_in_each_way():
    found = bench_overhead(8, warm_up=4, seed=1)
    names = {added.name for added in found}
    assert {PLAIN, "router", "with_fallbacks", "RunnableBranch, 8 branches"} <= names
    assert len(found) == 4 * len(names)
    for added in found:
        assert added.n == 8
        assert added.low_us <= added.added_us <= added.high_us
        assert (added.chunk_us is not None) == added.way.endswith("stream")
    assert {a.added_us for a in found if a.name == PLAIN} == {0}
    # What it adds stays below what a branch for each model does.
    added_us = {(a.way, a.name): a.added_us for a in found}
    assert added_us["ainvoke", "router"] < added_us["ainvoke", "RunnableBranch, 8 branches"]


def test_a_decision_on_a_long_history_takes_less_than_a_few_milliseconds():
    decided = bench_decision(20)
    assert [name.startswith("explain()") for name in decided] == [False, False, True, True]
    assert max(decided.values()) < 5_000


def test_every_cost_is_told_to_the_last_digit():
    found = bench_exact_costs(3, seed=4)
    assert (found.answers, found.exact, found.sum_is_exact) == (12, 12, True)


def test_a_cost_that_is_off_by_the_last_digit_is_seen(monkeypatch):
    """The router's price of an output token is too high by a trillionth of a dollar."""
    owed = exact_costs._Counts.usd
    monkeypatch.setitem(exact_costs._USD_PER_MTOK, "output", "0.600001")

    def with_the_right_price(counts, number):
        exact_costs._USD_PER_MTOK["output"] = "0.6"
        return owed(counts, number)

    monkeypatch.setattr(exact_costs._Counts, "usd", with_the_right_price)
    found = bench_exact_costs(2, seed=4)
    assert Decimal("0.600001") != Decimal(exact_costs._USD_PER_MTOK["output"])
    assert (found.exact, found.sum_is_exact) == (0, False)


def test_memory_is_told_with_the_router_and_without_it():
    found = bench_memory(2)
    assert set(found) == {"ChatOpenAI", "router"}
    for first, _ in found.values():
        assert 20 < first < 2_000


@pytest.mark.parametrize("names", ["decision", "costs,scaling"])
def test_a_process_of_sections_tells_their_figures(names, capsys):
    main(names.split(","), seed=0, rounds=1, quick=True)
    tables = {json.loads(line)["table"] for line in capsys.readouterr().out.splitlines()}
    assert tables == ({"A decision"} if names == "decision" else {"Costs", "Scaling", "Growth"})
