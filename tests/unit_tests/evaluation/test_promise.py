"""Promises: valid tests, settings in order, and what is said where there is too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_outcomes import CHEAP, STRONG, price_at

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation import strongest_model
from langchain_smartroute.evaluation.calibrate import calibrate
from langchain_smartroute.evaluation.calibration_report import calibration_document
from langchain_smartroute.evaluation.families import (
    Prepared,
    confidence_family,
    threshold_family,
)
from langchain_smartroute.evaluation.promise import (
    betting_p_values,
    choose_setting,
    prompts_needed,
)
from langchain_smartroute.evaluation.simulation import simulate
from langchain_smartroute.evaluation.splits import split_by_prompt
from langchain_smartroute.report import as_text


def differences(rows, columns, *, mean, seed=0):
    """Paired differences as they are: mostly none, some lost, fewer won."""
    draws = np.random.default_rng(seed).random((rows, columns))
    lost = 0.15 - mean
    return np.where(draws < lost, -0.95, 0.0) + np.where(draws > 1 - 0.95 * 0.15, 1.0, 0.0)


def test_the_test_is_valid_at_its_level():
    """Under the hypothesis at most one in ten is rejected at .1, whatever the sample size."""
    for rows in (50, 400, 2_000):
        values = differences(rows, 2_000, mean=0.0)
        assert abs(values.mean()) < 0.005
        found = betting_p_values(values, low=-0.95, level=0.1)
        assert np.mean(found <= 0.1) <= 0.1 + 3 * np.sqrt(0.09 / 2_000)


def test_the_test_sees_what_is_there():
    values = differences(2_000, 200, mean=0.06)
    found = betting_p_values(values, low=-0.95, level=0.1)
    assert np.mean(found <= 0.1) > 0.95


def test_it_takes_about_two_standard_errors_to_pass():
    """What lay 2.2 standard errors above the promise was missed in 40 of 100 draws.

    Stakes that grow the capital fastest pass late on 400 prompts; to be seen to hold on as
    many again takes √2 · 1.28 = 1.8 standard errors, and no less will do.
    """
    for errors, least, most in ((2.2, 0.65, 0.80), (1.81, 0.45, 0.65), (0.9, 0.05, 0.25)):
        values = differences(400, 2_000, mean=errors * 0.5 / 20)
        values += errors * values.std() / 20 - values.mean()
        found = betting_p_values(values, low=-1.0, level=0.1)
        assert least < np.mean(found <= 0.1) < most


def test_one_value_that_is_seen_often_enough_passes_and_one_prompt_does_not():
    level = {"low": -0.95, "level": 0.1}
    assert betting_p_values(np.full((400, 1), 0.05), **level)[0] <= 0.1
    assert betting_p_values(np.full((1, 1), 0.05), **level)[0] > 0.1
    assert betting_p_values(np.full((400, 1), -0.05), **level)[0] == 1.0


def test_p_values_are_valid_at_other_levels_than_the_stakes_aim_at():
    values = differences(500, 2_000, mean=0.0, seed=4)
    found = betting_p_values(values, low=-0.95, level=0.1)
    for level in (0.01, 0.05, 0.3):
        assert np.mean(found <= level) <= level + 3 * np.sqrt(level * (1 - level) / 2_000)


def test_settings_are_taken_in_order_and_the_first_failure_ends_it():
    """The third setting is fine, but behind one that is not: it is not reached."""
    draws = np.random.default_rng(2)
    strong = (draws.random(3_000) < 0.9).astype(float)
    bad = strong * (draws.random(3_000) < 0.8)
    quality = np.stack([strong, strong, bad, strong], axis=1)
    found = choose_setting(quality, strong[:, None], keep=0.95, confidence=0.9, seed=1)
    assert found.setting == 1
    assert len(found.p_values) == 2
    assert found.slack[2] < 0 < found.slack[1]


def test_the_promise_is_against_whichever_model_is_the_strongest():
    """A model of the pool that is better than the one that the settings begin with counts."""
    draws = np.random.default_rng(3)
    better = (draws.random(3_000) < 0.9).astype(float)
    routed = better * (draws.random(3_000) < 0.9)
    quality = np.stack([routed, routed], axis=1)
    alone = choose_setting(quality, routed[:, None], keep=0.95, confidence=0.9, seed=1)
    among = choose_setting(
        quality, np.stack([routed, better], axis=1), keep=0.95, confidence=0.9, seed=1
    )
    assert (alone.setting, among.setting) == (1, 0)


@pytest.mark.parametrize(("keep", "confidence"), [(0, 0.9), (1, 0.9), (0.95, 1), (0.95, 0)])
def test_shares_outside_of_zero_and_one_are_refused(keep, confidence):
    ones = np.ones((3, 1))
    with pytest.raises(ConfigurationError, match="must lie between 0 and 1"):
        choose_setting(ones, ones, keep=keep, confidence=confidence, seed=1)


def test_the_number_of_prompts_needed_falls_with_the_quality_kept():
    strong = np.ones(1_000)
    little = np.where(np.arange(1_000) % 100 < 4, 0.0, 1.0)
    less = np.where(np.arange(1_000) % 100 < 1, 0.0, 1.0)
    needs = [
        prompts_needed(quality, strong, keep=0.95, confidence=0.9) for quality in (little, less)
    ]
    assert needs[0] > needs[1] > 0
    half = np.where(np.arange(1_000) % 2, 0.0, 1.0)
    assert prompts_needed(half, strong, keep=0.95, confidence=0.9) is None


@pytest.mark.parametrize("kept", [1.0, 0.97, 0.951])
def test_the_number_of_prompts_needed_is_one_with_which_the_test_can_pass(kept):
    """Where nothing was lost on three prompts, one prompt was said to be enough."""
    needed = prompts_needed(np.full(3, kept), np.ones(3), keep=0.95, confidence=0.9)
    values = np.full((needed, 1), kept - 0.95)
    assert betting_p_values(values, low=-0.95, level=0.1)[0] > 0.02
    assert betting_p_values(np.repeat(values, 3, axis=0), low=-0.95, level=0.1)[0] <= 0.1


def test_one_prompt_cannot_be_halved(by_chance):
    alone = Prepared(table=by_chance.rows(np.arange(1)), build=lambda *_: None)
    with pytest.raises(ConfigurationError, match="too few prompts to be halved: 1;"):
        simulate(lambda _seed: alone, keep=0.95, confidence=0.9, seed=5)


def scores_of(table, *, noise):
    gap = table.score[:, table.column(STRONG)] - table.score[:, table.column(CHEAP)]
    return gap + noise * np.random.default_rng(6).normal(size=len(table))


def test_the_promise_holds_on_nine_of_ten_splits(by_chance):
    """Judged on the other half, whose own chance comes on top; see the README for public data."""
    scores = scores_of(by_chance, noise=1.0)

    def build(strongest, _here):
        weak = CHEAP if strongest == STRONG else STRONG
        return threshold_family(by_chance, scores, weak=weak, strong=strongest)

    ready = Prepared(table=by_chance, build=build)
    found = simulate(lambda _seed: ready, keep=0.95, confidence=0.9, seed=5, splits=300)
    assert found.held >= 0.88
    assert found.saved >= found.possible / 2 > 0
    assert 0 < found.oracle < 1
    assert found.fits == 0


def test_what_is_fitted_on_other_prompts_is_fitted_on_others_again(by_chance):
    """A lucky draw of what was fitted on made the promise of one seed look better than it is."""
    drawn, halved = [], []

    def prepare(seed):
        fitted_on, rest = split_by_prompt(by_chance, (0.4, 0.6), seed=seed)
        drawn.append((seed, fitted_on.prompts))

        def build(strongest, here):
            halved.append(len(here))
            weak = CHEAP if strongest == STRONG else STRONG
            return threshold_family(rest, scores_of(rest, noise=1.0), weak=weak, strong=strongest)

        return Prepared(table=rest, build=build, learned=len(fitted_on))

    aims = {"keep": 0.95, "confidence": 0.9, "seed": 5}
    found = simulate(prepare, **aims, splits=30, fits=7)
    assert (found.splits, found.fits, found.learned, found.prompts) == (30, 7, 240, 180)
    assert drawn[0][0] == 5
    assert len(set(drawn)) == 7
    assert halved == [180] * len(halved)
    assert found == simulate(prepare, **aims, splits=30, fits=7)
    assert simulate(prepare, **aims, splits=3, fits=7).fits == 3


def test_a_calibration_reports_on_prompts_that_it_did_not_see(by_chance):
    scores = scores_of(by_chance, noise=0.3)
    here, there = np.arange(400), np.arange(400, 600)
    strongest = strongest_model(by_chance.rows(here))
    family = threshold_family(by_chance, scores, weak=CHEAP, strong=strongest)
    found = calibrate(by_chance, family, rows=(here, there), keep=0.95, confidence=0.9, seed=5)
    assert found.promised
    assert found.needed is None
    assert len(found.replays[0]) == found.counts["report"] == 200
    assert found.kept.low < found.kept.value < found.kept.high
    assert 0 < found.saved.value < 1
    assert "With 90% confidence" in as_text(calibration_document(found))


def test_too_few_outcomes_are_said_plainly_with_how_many_would_do(by_chance):
    scores = scores_of(by_chance, noise=0.3)
    here, there = np.arange(12), np.arange(12, 600)
    family = threshold_family(by_chance, scores, weak=CHEAP, strong=STRONG)
    found = calibrate(by_chance, family, rows=(here, there), keep=0.97, confidence=0.95, seed=5)
    assert not found.promised
    assert found.setting.label == f"always {STRONG}"
    told = as_text(calibration_document(found))
    assert "Too few outcomes for a promise: on 12 prompts" in told
    assert ("About" in told) == (found.needed is not None)


def test_a_setting_that_is_not_cheaper_is_no_promise(by_chance):
    """The safest settings of a family may choose the strongest model for every prompt."""
    nothing = np.zeros(len(by_chance))
    same = threshold_family(by_chance, nothing + 2, weak=CHEAP, strong=STRONG, reference=nothing)
    here, there = np.arange(400), np.arange(400, 600)
    family = replace(same, settings=same.settings[:2], replays=same.replays[:2])
    found = calibrate(by_chance, family, rows=(here, there), keep=0.95, confidence=0.9, seed=5)
    assert found.chosen.p_values[0] <= 0.1
    assert not found.promised
    assert found.setting.label == f"always {STRONG}"
    assert found.needed is None


def test_a_family_that_keeps_too_little_is_told_from_too_little_data(by_chance):
    nothing = np.zeros(len(by_chance))
    family = confidence_family(by_chance, nothing, first=CHEAP, strong=STRONG)
    here, there = np.arange(400), np.arange(400, 600)
    found = calibrate(by_chance, family, rows=(here, there), keep=0.99, confidence=0.9, seed=5)
    assert not found.promised
    assert found.needed is None
    assert "more outcomes would not help" in as_text(calibration_document(found))


def test_where_the_strongest_model_is_free_nothing_is_saved(by_chance):
    """The simulation ended in a division by zero, and a calibration told to collect more."""
    free = by_chance.priced({STRONG: price_at("0", "0")})
    scores = scores_of(free, noise=1.0)
    family = threshold_family(free, scores, weak=CHEAP, strong=STRONG)
    ready = Prepared(table=free, build=lambda *_: family)
    found = simulate(lambda _seed: ready, keep=0.5, confidence=0.9, seed=5, splits=3)
    assert (found.saved, found.possible, found.oracle, found.promised) == (0, 0, 0, 0)
    rows = np.arange(400), np.arange(400, 600)
    made = calibrate(free, family, rows=rows, keep=0.5, confidence=0.9, seed=5)
    assert not made.promised
    told = as_text(calibration_document(made))
    assert f"No setting of this family costs less than always {STRONG}." in told


def test_where_costs_are_unknown_no_number_of_prompts_is_made_up_for_the_strongest(by_chance):
    """The first setting, which no test is for, counted as one that more prompts would show."""
    unknown = replace(by_chance, cost_usd=np.full_like(by_chance.cost_usd, np.nan))
    nothing = np.zeros(len(by_chance))
    family = confidence_family(unknown, nothing, first=CHEAP, strong=STRONG)
    rows = np.arange(400), np.arange(400, 600)
    found = calibrate(unknown, family, rows=rows, keep=0.99, confidence=0.9, seed=5)
    assert not found.promised
    assert found.needed is None
