"""Feedback on answers, counted per model and task."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import pytest

from langchain_smartroute import (
    ConfigurationError,
    InvalidRequestError,
    SmartRouterRunnable,
    StorageError,
)
from langchain_smartroute.engine import feedback as feedback_module
from langchain_smartroute.testing import ScriptedChatModel

GERMAN = "Translate to German: good morning"


def asked(router, text=GERMAN):
    return router.invoke(text).response_metadata["smartroute"]["decision_id"]


@pytest.fixture
def learning(sandbox):
    return SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, policy="quality")


def test_bad_scores_send_later_requests_elsewhere(learning):
    before = learning.explain(GERMAN)
    for _ in range(30):
        learning.feedback(asked(learning), score=False, model=before.model)
    after = learning.explain(GERMAN)
    assert after.predicted[before.model] < 0.3 < before.predicted[before.model]
    assert after.model != before.model
    assert learning.explain("Solve 2x + 3 = 9").task == "math"
    assert learning.predictor.tallies(before.model, "math") == {}


async def test_a_score_is_counted_however_the_answer_was_asked_for(learning):
    streamed = list(learning.stream(GERMAN))[-1].response_metadata["smartroute"]
    learning.feedback(streamed["decision_id"], 1)
    answered = (await learning.ainvoke(GERMAN)).response_metadata["smartroute"]
    await learning.afeedback(answered["decision_id"], 0.5)
    chunks = [chunk async for chunk in learning.astream(GERMAN)]
    await learning.afeedback(chunks[-1].response_metadata["smartroute"]["decision_id"], True)
    (tally,) = learning.predictor.tallies(answered["model"], "translation").values()
    assert tuple(tally) == (3, 2.5)


def test_the_score_goes_to_whose_answer_was_returned():
    router = SmartRouterRunnable.from_models(
        {
            "broken": ScriptedChatModel(model_name="gpt-4o", script=[ConnectionError("gone")]),
            "sound": ScriptedChatModel(model_name="gpt-4o-mini", script=["Guten Morgen"]),
        }
    )
    router.feedback(asked(router), 0.25)
    assert router.predictor.tallies("broken", "translation") == {}
    (tally,) = router.predictor.tallies("sound", "translation").values()
    assert tuple(tally) == (1, 0.25)


def test_with_the_table_scores_are_collected_and_change_nothing(router, tmp_path):
    before = router.explain(GERMAN)
    for _ in range(20):
        router.feedback(asked(router), 0)
    assert router.explain(GERMAN).model == before.model
    router.predictor.save(tmp_path / "quality.json")
    other = SmartRouterRunnable.from_config(
        {**router.to_config(), "policy": {"quality": str(tmp_path / "quality.json")}}
    )
    assert other.explain(GERMAN).predicted[before.model] < 0.3


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), "good", None])
def test_what_is_no_score_is_refused(learning, score):
    decision_id = asked(learning)
    with pytest.raises(InvalidRequestError, match="from 0"):
        learning.feedback(decision_id, score)


def test_an_unknown_decision_or_model_is_an_error_that_says_so(learning):
    with pytest.raises(InvalidRequestError, match="none of the last 10,000 requests"):
        learning.feedback("no such id", 1)
    with pytest.raises(InvalidRequestError, match="'gpt-9' is not in the catalog"):
        learning.feedback(asked(learning), 1, model="gpt-9")
    explained = learning.explain(GERMAN).id
    with pytest.raises(InvalidRequestError, match="that this router has ended"):
        learning.feedback(explained, 1)


def test_an_answer_that_nobody_gave_can_be_scored_by_name_alone(tmp_path):
    broken = ScriptedChatModel(model_name="gpt-4o", script=[ConnectionError("gone")])
    ids = []
    router = SmartRouterRunnable.from_models(
        {"broken": broken}, on_decision=lambda record: ids.append(record.id)
    )
    with pytest.raises(ConnectionError):
        router.invoke(GERMAN)
    with pytest.raises(InvalidRequestError, match="say whose answer is scored"):
        router.feedback(ids[0], 0)
    router.feedback(ids[0], 0, model="broken")
    (tally,) = router.predictor.tallies("broken", "translation").values()
    assert tuple(tally) == (1, 0.0)


def test_scores_are_told_to_a_callable_or_a_file(sandbox, tmp_path):
    path, told = tmp_path / "scores.jsonl", []
    for sink in (str(path), told.append):
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, on_feedback=sink)
        decision_id = asked(router)
        router.feedback(decision_id, 0.5)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    (record,) = told
    assert record.decision_id == decision_id
    written = json.loads(line)
    assert {**written, "decision_id": decision_id, "at": record.at.isoformat()} == {
        **asdict(record),
        "at": record.at.isoformat(),
    }
    assert (record.model, record.task, record.score) == ("glm-5.1", "translation", 0.5)


def test_where_scores_go_is_written_and_read_again(sandbox, tmp_path):
    made = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, on_feedback="scores.jsonl")
    assert made.to_config()["on_feedback"] == "scores.jsonl"
    with pytest.raises(ConfigurationError, match="on_feedback = 3"):
        SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, on_feedback=3)
    lost = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url, on_feedback=tmp_path / "no folder" / "scores.jsonl"
    )
    with pytest.raises(StorageError, match="was counted all the same"):
        lost.feedback(asked(lost), 1)
    assert repr(lost.predictor).endswith("1 scores learned)")


def test_what_is_remembered_is_bounded(learning, monkeypatch):
    monkeypatch.setattr(feedback_module, "_KEPT", 2)
    first, *later = [asked(learning) for _ in range(3)]
    for decision_id in later:
        learning.feedback(decision_id, 1)
    with pytest.raises(InvalidRequestError, match="none of the last 2"):
        learning.feedback(first, 1)


def test_no_score_is_lost_between_threads(learning):
    ids = [asked(learning) for _ in range(8)]

    def score(number):
        learning.feedback(ids[number % 8], 0.5)
        learning.explain(GERMAN)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(score, range(400)))
    tallies = learning.predictor.tallies(learning.explain(GERMAN).model, "translation")
    counted = [
        sum(t.scores for t in learning.predictor.tallies(alias, "translation").values())
        for alias in learning.explain(GERMAN).predicted
    ]
    assert sum(counted) == 400
    assert tallies is not None
