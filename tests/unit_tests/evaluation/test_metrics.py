"""Figures: each against a hand-made case or a law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import f1_score

from langchain_smartroute.evaluation import (
    Interval,
    accuracy,
    bootstrap_interval,
    calibration_error,
    confusion,
    macro_f1,
    rank_correlation,
    risk_coverage,
)

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def arrays(pairs):
    return tuple(np.array(side, np.intp) for side in zip(*pairs, strict=True))


@settings(deadline=None)  # the peers load slowly on a busy machine
@given(LABELS)
def test_macro_f1_is_scikit_learns_over_the_classes_that_there_are(pairs):
    labels, predicted = arrays(pairs)
    expected = f1_score(labels, predicted, labels=np.unique(labels), average="macro")
    assert macro_f1(labels, predicted, classes=4) == pytest.approx(float(expected))


@settings(deadline=None)  # the peers load slowly on a busy machine
@given(LABELS)
def test_the_confusions_diagonal_is_the_accuracy(pairs):
    labels, predicted = arrays(pairs)
    counts = confusion(labels, predicted, classes=4)
    assert counts.sum() == len(pairs)
    assert np.trace(counts) / len(pairs) == pytest.approx(accuracy(labels, predicted))


@settings(deadline=None)  # the peers load slowly on a busy machine
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=30))
def test_rank_correlation_is_spearmans(pairs):
    left, right = zip(*pairs, strict=True)
    if len(set(left)) == 1 or len(set(right)) == 1:
        assert rank_correlation(left, right) == 0
    else:
        assert rank_correlation(left, right) == pytest.approx(spearmanr(left, right).statistic)


def test_nothing_has_no_accuracy_no_error_and_no_f1():
    none = np.array([], np.intp)
    assert accuracy(none, none) == 0
    assert macro_f1(none, none, classes=3) == 0
    assert calibration_error(np.array([]), np.array([], bool)) == 0


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    confidences = np.array([0.9] * 10 + [0.5] * 10)
    right = np.array([True] * 9 + [False] + [True] * 10)
    assert calibration_error(confidences, right) == pytest.approx(0.25)


def test_risk_rises_from_the_surest_to_all():
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.5]), np.array([False, True, True]))
    assert coverage.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3])


def test_an_interval_holds_its_figure_and_is_the_same_for_the_same_seed():
    values = np.arange(50) % 2

    def mean(at):
        return float(values[at].mean())

    found = bootstrap_interval(mean, 50, seed=1)
    assert found.low < found.value == 0.5 < found.high
    assert bootstrap_interval(mean, 50, seed=1) == found


def test_an_interval_is_shown_in_three_places():
    assert str(Interval(0.5, 0.25, 1.0)) == ".500 (.250–1.000)"
