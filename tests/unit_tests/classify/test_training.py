"""Training: the same prompts give the same bytes, and bad data is said to be bad."""

from __future__ import annotations

import dataclasses
import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_smartroute.classify import LinearClassifier, UserRequest
from langchain_smartroute.classify.training import Example, TrainingSettings, read_examples
from langchain_smartroute.classify.training.calibration import calibrate, temperature_of
from langchain_smartroute.classify.training.examples import capped, data_hash, family_of
from langchain_smartroute.classify.training.fit import fit_softmax, softmax
from langchain_smartroute.classify.training.licenses import license_of
from langchain_smartroute.classify.training.matrix import feature_matrix
from langchain_smartroute.classify.training.train import train
from langchain_smartroute.classify.training.weighting import importance
from langchain_smartroute.errors import ConfigurationError

WEIGHTS = TrainingSettings().block_weights


def test_the_same_examples_give_the_same_bytes(small_examples, small_settings):
    first = train(small_examples, settings=small_settings).to_bytes()
    assert train(small_examples, settings=small_settings).to_bytes() == first


def test_what_is_trained_classifies(small_examples, small_settings, tmp_path):
    path = tmp_path / "own.weights"
    path.write_bytes(train(small_examples, settings=small_settings).to_bytes())
    said = LinearClassifier(path).classify(UserRequest(text="tell me a story about a red bear"))
    assert said.task == "creative"
    assert set(said.scores) == {"code", "creative", "translation"}


def test_tasks_of_ones_own_come_after_the_packages(small_examples, small_settings):
    mine = [
        dataclasses.replace(e, text=f"refund my order: {e.text}", task="refund")
        for e in small_examples[:6]
    ]
    artefact = train([*small_examples, *mine], settings=small_settings)
    assert artefact.tasks == ("code", "translation", "creative", "refund")


def test_difficulty_is_trained_from_a_hundred_rated_prompts_on(small_examples, small_settings):
    assert train(small_examples, settings=small_settings).levels == ()
    many = [
        dataclasses.replace(e, text=f"{e.text} {word}")
        for e in small_examples
        for word in ("now", "please", "again")
    ]
    assert train(many, settings=small_settings).levels == ("easy", "medium", "hard")


def test_rows_that_may_not_be_shipped_are_left_out(small_examples, small_settings):
    barred = dataclasses.replace(small_examples[0], text="secret", shippable=False)
    with_it = train([*small_examples, barred], settings=small_settings)
    without = train(small_examples, settings=small_settings)
    assert with_it.weights == without.weights
    assert with_it.card["data"]["prompts_given"] == len(small_examples) + 1


def test_too_little_to_learn_from_is_an_error(small_examples, small_settings):
    with pytest.raises(ConfigurationError, match="1 tasks"):
        train(small_examples[:12], settings=small_settings)
    rare = dataclasses.replace(small_examples[0], task="rare")
    with pytest.raises(ConfigurationError, match="too few of rare"):
        train([*small_examples, rare], settings=small_settings)


def _written(path, rows, opened=open):
    with opened(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_files_gzipped_files_and_folders_are_read(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    _written(folder / "mine.jsonl", [{"text": "a", "task": "code", "difficulty": "hard"}])
    pool = [{"text": "b", "task": "math", "source": "gsm8k-x", "shippable": False}]
    _written(tmp_path / "pool.jsonl.gz", pool, gzip.open)
    own, other = read_examples([folder, tmp_path / "pool.jsonl.gz"])
    assert (own.source, own.own, own.difficulty) == ("mine", True, "hard")
    assert (other.family, other.own, other.shippable) == ("gsm", False, False)


def test_a_text_that_occurs_twice_counts_once(tmp_path):
    _written(tmp_path / "a.jsonl", [{"text": "a", "task": "code"}, {"text": "a", "task": "math"}])
    assert [e.task for e in read_examples([tmp_path])] == ["code"]


def test_every_fault_of_the_data_is_listed(tmp_path):
    rows = [
        {"text": "", "task": "code"},
        {"task": "code"},
        {"text": "a", "task": "code", "difficulty": "extreme"},
        {"text": "a", "task": 3},
        [1],
    ]
    _written(tmp_path / "bad.jsonl", rows)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.jsonl.gz").write_bytes(b"no gzip")
    paths = [tmp_path / n for n in ("bad.jsonl", "empty", "broken.jsonl.gz", "nowhere.jsonl")]
    with pytest.raises(ConfigurationError) as raised:
        read_examples(paths)
    assert len(raised.value.faults) == len(rows) + 3


def test_no_data_is_an_error(tmp_path):
    (tmp_path / "none.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no labelled prompt"):
        read_examples([tmp_path / "none.jsonl"])


def test_public_sources_are_capped_and_own_prompts_are_not():
    public = [Example(text=str(n), task="code", source="pool") for n in range(9)]
    own = [Example(text=f"own {n}", task="code", source="me", own=True) for n in range(9)]
    kept = capped([*public, *own], most=4, seed=1)
    assert sum(e.own for e in kept) == 9
    assert len(kept) == 13
    assert kept == capped([*public, *own], most=4, seed=1)


@pytest.mark.parametrize(
    ("source", "family"),
    [
        ("llmrouter-gsm8k", "gsm"),
        ("gsm8k-train", "gsm"),
        ("mconala", "conala"),
        ("t0-imdb", "t0"),
        ("llmrouter-mbpp", "llmrouter"),
        ("en_a", "en_a"),
    ],
)
def test_one_origin_is_one_family_whatever_way_it_came(source, family):
    assert family_of(source) == family


def test_the_hash_of_the_data_sees_labels_and_order(small_examples):
    first, second = small_examples[0], small_examples[1]
    relabelled = dataclasses.replace(first, task="math")
    hashes = {data_hash(e) for e in ([first, second], [second, first], [relabelled, second])}
    assert len(hashes) == 3


def test_sources_are_weighted_by_a_power_of_their_size_and_tasks_are_balanced():
    examples = [Example(text=str(n), task="code", source="big") for n in range(16)]
    examples += [Example(text="x", task="code", source="small")]
    weights = importance(examples, TrainingSettings(source_power=0.5))
    assert weights[:16].sum() / weights[16] == pytest.approx(4)
    mixed = [*examples, Example(text="y", task="math", source="small")]
    even = importance(mixed, TrainingSettings(task_power=1.0))
    assert even[:17].sum() == pytest.approx(even[17])


def test_licences_are_known_by_source():
    assert license_of("t0-imdb", own=False).startswith("Apache")
    assert license_of("me", own=True).startswith("MIT")
    assert not license_of("who knows", own=False)


def test_the_matrix_counts_a_features_weight_over_all_blocks():
    matrix = feature_matrix(["banana banana"], block_weights=WEIGHTS)
    assert matrix.shape == (1, 2**16)
    assert (matrix.data > 0).all()


@settings(deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8))
def test_the_own_exponential_agrees_with_numpys(scores):
    row = np.array([scores])
    expected = np.exp(row - row.max())
    assert softmax(row) == pytest.approx(expected / expected.sum(), abs=1e-12)


def test_the_fit_has_zero_gradient(small_examples):
    features = feature_matrix([e.text for e in small_examples], block_weights=WEIGHTS)
    targets = np.array([["code", "creative", "translation"].index(e.task) for e in small_examples])
    fitted = fit_softmax(
        features,
        targets,
        classes=3,
        importance=np.ones(len(targets)),
        strength=1.0,
        iterations=60,
    )
    errors = softmax(features @ fitted.weights + fitted.bias) - np.eye(3)[targets]
    assert np.abs(features.T @ errors + fitted.weights).max() < 1e-3


def test_a_temperature_reduces_overconfidence():
    scores = np.array([[5.0, 0.0]] * 4)
    assert temperature_of(scores, np.array([0, 0, 0, 1])) > 1
    assert temperature_of(scores, np.array([0, 0, 0, 0])) < 1


def test_every_range_of_lengths_has_a_temperature_of_its_own():
    """Long texts that are as sure as short ones, but less often right, are cooled more."""
    draws = np.random.default_rng(1)
    targets = draws.integers(0, 2, 400)
    lengths = np.where(np.arange(400) < 200, 20, 5000)
    said = np.where((lengths > 100) & (draws.random(400) < 0.4), 1 - targets, targets)
    scores = np.eye(2)[said]
    found = calibrate(scores, targets, lengths)
    assert len(found.temperatures) == len(found.lengths) + 1
    assert found.temperatures[0] < 1 < found.temperatures[-1]
    sure = found.probabilities(scores, lengths).max(axis=1)
    assert sure[:200].mean() > 0.95
    assert sure[200:].mean() == pytest.approx((said == targets)[200:].mean(), abs=0.05)


def test_what_is_trained_scores_with_the_temperature_of_the_texts_length(
    small_examples, small_settings, tmp_path
):
    artefact = dataclasses.replace(
        train(small_examples, settings=small_settings), lengths=(30,), temperatures=(1.0, 100.0)
    )
    (tmp_path / "own.weights").write_bytes(artefact.to_bytes())
    classifier = LinearClassifier(tmp_path / "own.weights")
    short, long = "tell me a story about a bear", "tell me a story about a bear, please do"
    sure, unsure = (classifier.classify(UserRequest(text=text)) for text in (short, long))
    assert sure.task == unsure.task == "creative"
    assert sure.scores["creative"] > 0.5
    assert unsure.scores["creative"] == pytest.approx(1 / 3, abs=0.02)
