"""The quality policy beside the best single model: points one by one, and all of a set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from known_outcomes import CHEAP, STRONG, price_at

from langchain_smartroute.evaluation import OutcomeTable
from langchain_smartroute.evaluation.metrics import Interval
from langchain_smartroute.evaluation.singles import quality_points

PRICES = {CHEAP: price_at("0.15", "0.60"), STRONG: price_at("3", "15")}


WORDS = {"hard": ("lemma", "proof", "theorem"), "easy": ("colour", "sum", "word")}


def rows(prompts):
    """What is hard is mostly wrong where the small model answers it."""
    draws = np.random.default_rng(4)
    for number in range(prompts):
        kind = ("hard", "easy")[number % 2]
        prompt = f"{' '.join(draws.choice(WORDS[kind], 6).tolist())} {number}"
        for model, share in ((CHEAP, {"hard": 0.4, "easy": 0.8}[kind]), (STRONG, 0.85)):
            score = float(draws.random() < share)
            row = {"prompt": prompt, "model": model, "score": score, "dataset": "a set"}
            yield row | {"prompt_tokens": 100, "completion_tokens": 200}


@pytest.fixture
def found():
    table = OutcomeTable.from_records(rows(600))
    (only,) = quality_points(table, prices=PRICES, seed=5)
    return only


def test_a_band_of_all_points_is_wider_than_the_interval_of_one(found):
    """One in forty points of many lay below by chance alone; a set is right or wrong as one."""
    assert len(found.points) > 8
    assert 2.0 < found.band < 4.0
    assert found.surely_below == ()


def test_what_lies_beyond_the_band_lies_beyond_its_own_interval_as_well(found):
    worse = Interval(value=-0.04, low=-0.08, high=-0.001)
    made = [
        replace(found.points[0], gain=worse, errors=-found.band - 0.1),
        replace(found.points[0], gain=worse, errors=-found.band + 0.1),
        replace(found.points[0], gain=worse._replace(high=0.001), errors=-found.band - 0.1),
    ]
    one = replace(found, points=tuple(made))
    assert [point.below for point in one.points] == [True, True, False]
    assert one.surely_below == (made[0],)


def test_standard_errors_are_those_of_the_paired_gain(found):
    apart = [point for point in found.points if point.gain.high > point.gain.low]
    assert len(apart) > 3
    for point in apart:
        width = point.gain.high - point.gain.low
        assert point.errors == pytest.approx(point.gain.value / (width / 3.92), rel=0.25)
