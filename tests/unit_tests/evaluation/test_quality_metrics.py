"""The field's figures, each against its definition or against published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation import (
    aiq,
    apgr,
    arena_score,
    call_curve,
    cost_at_quality,
    cpt,
    performance_gap_recovered,
    quality_at_cost,
)
from langchain_smartroute.evaluation.quality_metrics import Curve, non_decreasing_hull

WEAK = "mistralai/Mixtral-8x7B-Instruct-v0.1"
STRONG = "gpt-4-1106-preview"

ZEROEVAL = {  # result_dirs/{gsm,crux}.summary.json of WildEval/ZeroEval, read on 2026-11-27
    "claude-3-5-sonnet-20241022": (96.66, 83.88),
    "gpt-4o-2024-08-06": (96.21, 87.00),
    "gpt-4o-mini-2024-07-18": (94.24, 75.88),
    "deepseek-v2.5-0908": (92.49, 70.00),
    "Meta-Llama-3.1-70B-Instruct": (94.16, 64.25),
    "gemini-1.5-pro": (93.40, 68.00),
    "claude-3-haiku-20240307": (88.78, 54.75),
    "gemma-2-2b-it": (51.63, 21.50),
}


def test_the_gap_is_recovered_from_none_to_all():
    assert performance_gap_recovered(0.5, weak=0.5, strong=0.9) == 0
    assert performance_gap_recovered(0.7, weak=0.5, strong=0.9) == pytest.approx(0.5)
    assert performance_gap_recovered(0.9, weak=0.5, strong=0.9) == pytest.approx(1)
    with pytest.raises(ConfigurationError, match="no gap to recover"):
        performance_gap_recovered(0.5, weak=0.5, strong=0.5)


def test_a_perfect_and_a_contrary_router_by_hand():
    weak, strong = np.array([0.0, 1, 0, 1]), np.array([1.0, 1, 1, 1])
    knows = call_curve(np.array([0.9, 0.1, 0.8, 0.2]), weak=weak, strong=strong, steps=4)
    assert knows.spent.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert knows.quality.tolist() == [0.5, 0.75, 1, 1, 1]
    assert apgr(knows, weak=0.5, strong=1) == pytest.approx(0.75)
    assert cpt(knows, 0.5, weak=0.5, strong=1) == pytest.approx(0.25)
    assert cpt(knows, 0.8, weak=0.5, strong=1) == pytest.approx(0.4)
    contrary = call_curve(np.array([0.1, 0.9, 0.2, 0.8]), weak=weak, strong=strong, steps=4)
    assert apgr(contrary, weak=0.5, strong=1) == pytest.approx(0.25)


@pytest.mark.parametrize("dataset", ["mmlu", "gsm8k"])
def test_routellms_random_baseline_is_reproduced(public, dataset):
    """RouteLLM, tables 2 and 3: APGR .500, CPT(50 %) 50.1 and 50.0, CPT(80 %) 79.9 and 80.1."""
    table = public("routellm").of_dataset([dataset])
    weak, strong = (table.score[:, table.column(name)] for name in (WEAK, STRONG))
    ends = {"weak": float(weak.mean()), "strong": float(strong.mean())}
    draws = np.random.default_rng(5)
    found = [call_curve(draws.random(len(table)), weak=weak, strong=strong) for _ in range(200)]
    assert np.mean([apgr(curve, **ends) for curve in found]) == pytest.approx(0.5, abs=0.01)
    halves = [cpt(curve, 0.5, **ends) for curve in found]
    most = [cpt(curve, 0.8, **ends) for curve in found]
    assert np.mean(halves) == pytest.approx(0.5, abs=0.01)
    assert np.mean(most) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("dataset", ["mmlu", "gsm8k"])
def test_apgr_is_what_routellms_own_steps_give(public, dataset):
    """Its `evaluate.py` step by step: quantiles, areas of router, weak and strong."""
    table = public("routellm").of_dataset([dataset])
    weak, strong = (table.score[:, table.column(name)] for name in (WEAK, STRONG))
    scores = np.array([len(prompt) for prompt in table.prompts], float)
    shares, reached = [], []
    for threshold in np.quantile(scores, np.linspace(0, 1, 11)):
        sent = scores >= threshold if threshold < scores.max() else scores > threshold
        shares.append(100 * sent.mean())
        reached.append(100 * np.where(sent, strong, weak).mean())
    order = np.argsort(shares)
    along, heights = np.array(shares)[order] / 100, np.array(reached)[order]

    def area(values):
        return float(((values[1:] + values[:-1]) / 2 * np.diff(along)).sum())

    low = area(np.full(11, 100 * weak.mean()))
    high = area(np.full(11, 100 * strong.mean()))
    theirs = (area(heights) - low) / (high - low)
    ours = apgr(
        call_curve(scores, weak=weak, strong=strong),
        weak=float(weak.mean()),
        strong=float(strong.mean()),
    )
    assert ours == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize(("model", "published"), ZEROEVAL.items())
def test_zeroevals_accuracies_are_reproduced(public, model, published):
    table = public("zeroeval")
    for dataset, expected in zip(("zeroeval_gsm", "zeroeval_crux"), published, strict=True):
        part = table.of_dataset([dataset]).only([model])
        assert 100 * part.score.mean() == pytest.approx(expected, abs=0.3)


def test_the_hull_never_falls_and_lies_above_every_point():
    curve = Curve(np.array([1.0, 2, 3, 4]), np.array([0.2, 0.5, 0.4, 0.6]))
    hull = non_decreasing_hull(curve)
    assert hull.spent.tolist() == [1, 2, 4]
    assert hull.quality.tolist() == [0.2, 0.5, 0.6]


POINTS = st.lists(st.tuples(st.floats(0.01, 10), st.floats(0, 1)), min_size=1, max_size=20)


@given(POINTS)
def test_mixing_never_does_worse_than_a_setting(points):
    curve = Curve(*(np.array(side) for side in zip(*points, strict=True)))
    for cost, quality in points:
        assert quality_at_cost(curve, cost) >= quality - 1e-9


def test_area_under_two_points_by_hand():
    curve = Curve(np.array([0.0, 1.0]), np.array([0.2, 0.6]))
    assert aiq(curve, low=0, high=1) == pytest.approx(0.4)
    assert aiq(curve, low=0, high=2) == pytest.approx((0.4 + 0.6) / 2)
    with pytest.raises(ConfigurationError, match="are no range"):
        aiq(curve, low=1, high=1)


def test_equal_cost_and_equal_quality_are_each_others_inverse():
    curve = Curve(np.array([1.0, 3.0]), np.array([0.5, 0.9]))
    assert cost_at_quality(curve, 0.7) == pytest.approx(2)
    assert quality_at_cost(curve, 2) == pytest.approx(0.7)
    assert cost_at_quality(curve, 0.95) is None
    assert cost_at_quality(curve, 0.3) == 1
    assert quality_at_cost(curve, 0.5) is None


def test_the_arena_score_is_routerarenas():
    """Its `compute_arena_score`, with the defaults of 2026-11-27 written out again."""
    for accuracy, cost in ((0.5, 10), (0.6632, 1.01), (0.9, 0.02)):
        cheap = (math.log2(200) - math.log2(cost)) / (math.log2(200) - math.log2(0.0044))
        expected = (1 + 0.1) * accuracy * cheap / (0.1 * accuracy + cheap)
        assert arena_score(accuracy, cost) == pytest.approx(expected)
    with pytest.raises(ConfigurationError, match="no arena score"):
        arena_score(0.5, 0)
    with pytest.raises(ConfigurationError, match="no arena score"):
        arena_score(0.5, 300)
