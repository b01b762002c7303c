"""Reports and pictures of evaluations: figures with intervals, escaped prompts, drift."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from known_outcomes import CHEAP, STRONG, price_at, rows_by_chance

from langchain_smartroute.evaluation import OutcomeTable, by_callable, replay
from langchain_smartroute.evaluation.bootstrap import resampled_means, spreads
from langchain_smartroute.evaluation.calibrate import compared
from langchain_smartroute.evaluation.drift import drift_notes, moments
from langchain_smartroute.evaluation.policy_plots import draw_evaluation
from langchain_smartroute.evaluation.policy_report import Evaluation, evaluation_document
from langchain_smartroute.report import as_html, as_text


def evaluation(table, **given):
    found = replay(table, by_callable(table, lambda text: STRONG if "7" in text else CHEAP))
    replays = compared(table, found, strongest=STRONG, cheapest=CHEAP)
    return Evaluation(table=table, replays=replays, parts=table.datasets, **given)


def test_every_router_is_beside_all_baselines_with_intervals(by_chance):
    found = evaluation(by_chance).overall().routers
    names = [each.name for each in found]
    assert names[1:] == ["always strongest", "always cheapest", "random at equal cost", "oracle"]
    for each in found:
        assert each.count == 600
        assert each.quality.low <= each.quality.value <= each.quality.high
    router, strongest, cheapest, random, oracle = found
    assert random.usd_per_thousand.value == pytest.approx(router.usd_per_thousand.value)
    assert oracle.quality.value >= max(router.quality.value, strongest.quality.value)
    assert strongest.gain == (0, 0, 0)
    assert cheapest.saved.value > router.saved.value > 0


def test_intervals_are_paired_and_repeatable():
    draws = np.random.default_rng(1)
    theirs = draws.random(400)
    columns = {"ours": theirs + 0.1, "theirs": theirs}
    figures = {"gain": lambda m: m["ours"] - m["theirs"], "alone": lambda m: m["ours"]}
    found = spreads(columns, figures, seed=3)
    assert found["gain"].high - found["gain"].low < 1e-9
    assert found["alone"].high - found["alone"].low > 0.02
    assert found == spreads(columns, figures, seed=3)


def test_intervals_cover_as_often_as_they_say():
    """Of 200 samples with mean .3 about 95 % of the intervals hold it."""
    draws = np.random.default_rng(8)
    held = 0
    for number in range(200):
        values = (draws.random((150, 1)) < 0.3).astype(float)
        drawn = resampled_means(values, seed=number, resamples=300)[1:, 0]
        low, high = np.percentile(drawn, (2.5, 97.5))
        held += low <= 0.3 <= high
    assert 180 <= held <= 198


def test_a_page_escapes_prompts_and_shows_them_only_when_asked_to():
    rows = [{**row, "prompt": f"<script>{row['prompt']}</script>"} for row in rows_by_chance(60)]
    table = OutcomeTable.from_records(rows)
    table = table.priced({CHEAP: price_at("1", "1"), STRONG: price_at("5", "5")})
    found = evaluation(table)
    page = as_html(evaluation_document(found, title="T", prompts=True))
    assert "&lt;script&gt;prompt" in page
    assert "<script>" not in page
    assert "&lt;script" not in as_html(evaluation_document(found, title="T", prompts=False))
    assert "script" not in repr(found)


def test_a_document_tells_parts_calls_and_the_worst(by_chance):
    document = evaluation_document(evaluation(by_chance), title="T", prompts=True)
    told = as_text(document)
    for words in ("set 0", "set 1", "always cheapest", "Worst regressions", "a prompt"):
        assert words in told
    json.dumps(document.figures)
    assert document.figures["routers"]["oracle"]["n"] == 600


def test_predicted_quality_adds_calibration_tables_and_plots(by_chance, tmp_path):
    expected = np.where(by_chance.score[:, 0] > 0, 0.8, 0.4)
    found = evaluation(by_chance, expected=expected, curve=((0.0001, 0.7), (0.002, 0.9)))
    page = as_html(evaluation_document(found, title="T", prompts=False))
    assert "Reliability" in page
    assert page.count("<circle") >= 5
    drawn = {path.name for path in draw_evaluation(found, tmp_path / "new")}
    assert drawn == {"parts.png", "cost_quality.png", "reliability.png", "risk_coverage.png"}
    for name in drawn:
        assert (tmp_path / "new" / name).read_bytes().startswith(b"\x89PNG")


def test_a_chart_of_points_names_both_of_its_axes(by_chance):
    """The name of the vertical axis was given to the chart, which did not write it."""
    page = as_html(evaluation_document(evaluation(by_chance), title="T", prompts=False))
    assert re.search(r'<text class="tick" x="[^>]*>US dollars for a thousand requests</text>', page)
    assert re.search(r'<text class="tick" transform="[^>]*>quality</text>', page)


def test_without_prices_costs_are_unknown_and_nothing_is_made_up():
    table = OutcomeTable.from_records(rows_by_chance(50))
    told = as_text(evaluation_document(evaluation(table), title="T", prompts=False))
    assert "random at equal cost" not in told
    assert "nan" not in told


def test_the_same_traffic_has_not_drifted_and_other_traffic_has():
    def known(seed, gap, share):
        rows = list(rows_by_chance(800, seed=seed, gap=gap))
        for number, row in enumerate(rows):
            row["dataset"] = "a" if number % 10 < share else "b"
        table = OutcomeTable.from_records(rows)
        return table.priced({CHEAP: price_at("1", "1"), STRONG: price_at("5", "5")})

    before, alike, other = known(1, 0.2, 6), known(2, 0.2, 6), known(3, 0.6, 2)
    noted = {"data": json.loads(json.dumps(moments(before, evaluation(before).replays)))}
    assert drift_notes(None, alike, evaluation(alike).replays) == ()
    calm, _ = drift_notes(noted, alike, evaluation(alike).replays)
    assert calm.startswith("No drift")
    moved = " ".join(drift_notes(noted, other, evaluation(other).replays))
    for words in ("mean quality is", "are of 'a', were", "Calibrate again"):
        assert words in moved


def test_rounding_is_no_drift():
    """All calls cost the same: "mean strongest cost in USD is 0.00318, was 0.00318"."""

    def alike(prompts):
        rows = [
            {"prompt": f"{n}", "model": model, "score": 1, "prompt_tokens": 60}
            for n in range(prompts)
            for model in (CHEAP, STRONG)
        ]
        table = OutcomeTable.from_records({**row, "completion_tokens": 200} for row in rows)
        return table.priced({CHEAP: price_at("0.1", "0.4"), STRONG: price_at("3", "15")})

    noted = {"data": moments(alike(120), evaluation(alike(120)).replays)}
    for prompts in (100, 130, 333, 500):
        told = drift_notes(noted, alike(prompts), evaluation(alike(prompts)).replays)
        assert not [note for note in told if note.startswith("Drift: mean")]
