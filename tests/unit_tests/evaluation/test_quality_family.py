"""The family of the quality policy: the same choices as the policy's own, fitted on few prompts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_outcomes import CHEAP, STRONG, price_at, rows_by_chance

from langchain_smartroute import QualityPolicy, RequestFeatures, RouteOptions
from langchain_smartroute.classify import LinearClassifier
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation import OutcomeTable, strongest_model
from langchain_smartroute.evaluation.calibrate import calibrate
from langchain_smartroute.evaluation.calibration_report import calibration_document
from langchain_smartroute.evaluation.families import Prepared
from langchain_smartroute.evaluation.predicted import fitted_predictor, pool_catalog, predictions
from langchain_smartroute.evaluation.quality_family import QualityFamilies, expected_cost_usd
from langchain_smartroute.evaluation.routed import features_of
from langchain_smartroute.evaluation.simulation import simulate
from langchain_smartroute.evaluation.sweep import chosen_columns
from langchain_smartroute.report import as_text
from langchain_smartroute.routing.predictor import QualityPredictor

TASKS = ("math", "code", "general")
LEVELS = ("simple", "complex")
WORDS = ("lemma", "proof", "colour", "sum", "tree", "river", "stone", "cloud")
PRICES = {CHEAP: price_at("0.15", "0.60"), STRONG: price_at("3", "15")}


def requests(draws, count):
    return [
        RequestFeatures(
            task=str(draws.choice(TASKS)),
            difficulty=str(draws.choice(LEVELS)),
            text=f"{' '.join(draws.choice(WORDS, 5).tolist())} {number}",
            input_tokens=int(draws.integers(1, 4_000)),
        )
        for number in range(count)
    ]


def priced_pool(draws, models):
    """Prices of which some are equal, as those of real pools are."""
    rates = [str(rate) for rate in (0.1, 0.1, 0.5, 2.5, 15)]
    prices = {m: price_at(*draws.choice(rates, 2).tolist()) for m in models}
    return pool_catalog(models, prices, default=models[0])


def fitted(draws, models, *, rounded):
    """A predictor of scores by chance, in which words, tasks and difficulties count."""
    predictor = QualityPredictor()
    known = requests(draws, 60)
    if rounded:
        for model in models:
            for task in TASKS:
                score = float(draws.choice((0.5, 0.75, 1.0)))
                predictor.learn(model, task=task, difficulty="simple", score=score, count=8)
        return predictor
    scores = [
        float(draws.random() < (0.9 if "lemma" in one.text else 0.3 + 0.5 * (place / len(models))))
        for one in known
        for place in range(len(models))
    ]
    return QualityPredictor.fit(
        [one.text for one in known for _ in models],
        [model for _ in known for model in models],
        scores,
        tasks=[one.task for one in known for _ in models],
        difficulties=[one.difficulty for one in known for _ in models],
    )


@given(seed=st.integers(0, 10_000), count=st.integers(2, 5), rounded=st.booleans())
def test_a_sweep_chooses_as_the_policy_decides(seed, count, rounded):
    draws = np.random.default_rng(seed)
    models = [f"model-{number}" for number in range(count)]
    catalog, predictor = priced_pool(draws, models), fitted(draws, models, rounded=rounded)
    asked = requests(draws, 15)
    expected = predictions(predictor, catalog, asked)
    amounts = (0.0, *draws.choice(np.linspace(0, 0.6, 13), 3).tolist(), 1.0)
    policies = [QualityPolicy(catalog=catalog, predictor=predictor, give_up=a) for a in amounts]
    roster = policies[0].roster
    found = chosen_columns(expected, expected_cost_usd(roster, asked), amounts)
    for policy, columns in zip(policies, found, strict=True):
        decided = [policy.decide(one, RouteOptions(), decision_id="1").model for one in asked]
        assert [models[column] for column in columns.tolist()] == decided


@given(seed=st.integers(0, 10_000))
def test_all_predictions_at_once_are_those_of_one_at_a_time(seed):
    draws = np.random.default_rng(seed)
    models = ["a", "b", "c"]
    catalog = priced_pool(draws, models)
    policy = QualityPolicy(catalog=catalog, predictor=fitted(draws, models, rounded=False))
    asked = requests(draws, 10)
    found = predictions(policy.predictor, catalog, asked).quality
    singly = [list(policy.outlook.predict(one).by_alias.values()) for one in asked]
    assert found == pytest.approx(np.array(singly), abs=1e-12)


@pytest.fixture
def wordy():
    """Outcomes in which the strong model is needed where a prompt speaks of proofs."""
    draws = np.random.default_rng(4)
    rows = []
    for number in range(300):
        words = " ".join(draws.choice(WORDS, 4).tolist())
        for model, share in ((CHEAP, 0.3 if "proof" in words else 0.9), (STRONG, 0.93)):
            score = float(draws.random() < share)
            row = {"prompt": f"{words} {number}", "model": model, "score": score}
            rows.append(row | {"prompt_tokens": 100, "completion_tokens": 200})
    return OutcomeTable.from_records(rows).priced(PRICES)


def families(table, *, saved=Path("unwritten.json"), fitted_on=None):
    parts = (table,) if fitted_on is None else (table, fitted_on)
    features = {
        prompt: known
        for part in parts
        for prompt, known in zip(
            part.prompts, features_of(part, classifier=LinearClassifier()), strict=True
        )
    }
    return QualityFamilies(table, PRICES, features=features, saved=saved, fitted_on=fitted_on)


def test_what_is_left_out_is_predicted_as_by_a_fit_without_it(wordy):
    """Leave-one-out at once, beside six fits without the prompt."""
    features = features_of(wordy, classifier=LinearClassifier())
    left_out = fitted_predictor(wordy, features).left_out
    catalog = pool_catalog(wordy.models, PRICES, default=STRONG)
    everything = np.arange(len(wordy))
    apart = []
    for row in range(0, len(wordy), 50):
        others = np.delete(everything, row)
        predictor = fitted_predictor(wordy.rows(others), [features[i] for i in others]).predictor
        expected = predictions(predictor, catalog, [features[row]]).quality[0]
        apart.append(np.abs(expected - left_out[row]).max())
    # Without the prompt another strength may be chosen, so not all are the same to the digit.
    assert np.median(apart) < 0.01
    assert max(apart) < 0.1


def test_a_prompt_s_own_score_does_not_speak_for_it(wordy):
    """Words that occur once fit their own prompt's score, and say nothing about another's."""
    features = features_of(wordy, classifier=LinearClassifier())
    predictor, left_out, _ = fitted_predictor(wordy, features)
    catalog = pool_catalog(wordy.models, PRICES, default=STRONG)
    seen = predictions(predictor, catalog, features).quality
    gap = wordy.score[:, wordy.column(STRONG)] - wordy.score[:, wordy.column(CHEAP)]

    def follows(quality):
        found = quality[:, wordy.column(STRONG)] - quality[:, wordy.column(CHEAP)]
        return float(np.corrcoef(found, gap)[0, 1])

    assert follows(seen) > follows(left_out) + 0.02 > 0.3


def test_few_prompts_serve_the_fit_and_the_tests(wordy):
    found = simulate(
        lambda _seed: Prepared(table=wordy, build=families(wordy).build, refitted=True),
        keep=0.9,
        confidence=0.9,
        seed=5,
        splits=25,
    )
    assert (found.prompts, found.fits, found.learned) == (150, 25, 0)
    assert found.held >= 0.85
    assert found.saved > found.possible / 2 > 0.2


def test_nothing_is_promised_for_words_that_say_nothing():
    """Scores by chance: who fits on the prompts that it tests on finds words that seem to help."""
    table = OutcomeTable.from_records(rows_by_chance(200)).priced(PRICES)
    ready = Prepared(table=table, build=families(table).build, refitted=True)
    found = simulate(lambda _seed: ready, keep=0.95, confidence=0.9, seed=5, splits=30)
    assert found.held >= 0.85


def test_the_router_gets_the_predictor_that_was_calibrated_with(wordy, tmp_path):
    path = tmp_path / "router.quality.json"
    made = families(wordy, saved=path)
    here = np.arange(0, len(wordy), 2)
    there = np.arange(1, len(wordy), 2)
    family = made.build(strongest_model(wordy), here)
    made.save()
    assert json.loads(path.read_text())
    features = features_of(wordy.rows(there), classifier=LinearClassifier())
    catalog = pool_catalog(wordy.models, PRICES, default=STRONG)
    for setting, replay in list(zip(family.settings, family.replays, strict=True))[1::6]:
        policy = QualityPolicy(
            catalog=catalog,
            predictor=QualityPredictor.load(path),
            give_up=setting.told["policy"]["give_up"],
        )
        decided = [policy.decide(f, RouteOptions(), decision_id="1").model for f in features]
        assert [model == STRONG for model in decided] == replay.answered.get(
            STRONG, np.zeros(len(wordy))
        )[there].astype(bool).tolist()


def test_too_few_prompts_for_a_fit_in_folds_are_refused(wordy):
    with pytest.raises(ConfigurationError, match="to fit on in 5 folds: 9; give more"):
        families(wordy).build(STRONG, np.arange(9))


def test_a_report_says_that_the_confidence_is_approximate(wordy):
    here, there = np.arange(200), np.arange(200, 300)
    family = families(wordy).build(STRONG, here)
    found = calibrate(wordy, family, rows=(here, there), keep=0.9, confidence=0.9, seed=5)
    assert "so the confidence is approximate" in as_text(calibration_document(found))


def test_a_fit_on_prompts_of_its_own_is_made_once(wordy):
    learned, rest = wordy.rows(np.arange(150)), wordy.rows(np.arange(150, 300))
    made = families(rest, fitted_on=learned)
    first, second = (made.build(STRONG, np.arange(n, n + 50)) for n in (0, 100))
    assert first.settings == second.settings
    assert (first.quality == second.quality).all()
