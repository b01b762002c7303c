"""Several processes on one Redis, PostgreSQL or SQLite learn from each other's feedback."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from worker_process import WorkerProcess

from langchain_smartroute import QualityPredictor, StorageError
from langchain_smartroute.engine import SharedLessons
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.state import Get, MemoryState, Put, Swap, open_state

LEARNER = Path(__file__).with_name("learners.py")
EACH = 8


@pytest.fixture(params=["redis", "postgresql", "sqlite"])
def state(request):
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "redis": "redis_url"}
    return request.getfixturevalue(names[request.param])


@pytest.fixture
def store(state):
    opened = open_state(state)
    yield opened
    opened.close()


@pytest.fixture
def start(state):
    started = []
    with SandboxServer() as server:

        def begin():
            started.append(WorkerProcess(LEARNER, state, server.base_url))
            return started[-1]

        yield begin
        for learner in started:
            learner.process.kill()
            learner.process.communicate()


def test_many_workers_learn_as_one(start):
    """No score is lost or counted twice, and who starts later knows them too."""
    learners = [start() for _ in range(3)]
    for learner, value in zip(learners, (1.0, 0.0, 0.5), strict=True):
        learner.send("score", EACH, value)
    assert [learner.answer() for learner in learners] == [EACH] * 3
    everything = [3 * EACH, pytest.approx(1.5 * EACH)]
    for learner in (*learners, start()):
        learner("hear")
        assert learner("known") == everything
    assert len({learner("predicted") for learner in learners}) == 1


def learned(sharing, predictor, score=1.0):
    predictor.learn("small", task="code", difficulty="easy", score=score)
    sharing.learned("small", task="code", difficulty="easy", score=score)


def count(predictor):
    return sum(tally.scores for tally in predictor.tallies("small", "code").values())


def pair(state):
    predictors = QualityPredictor(), QualityPredictor()
    return predictors, [SharedLessons.of(predictor, state) for predictor in predictors]


def test_calls_alone_bring_what_others_have_learned(store):
    """`touch`, which every ended request does, reads in the background."""
    (one, other), (first, second) = pair(store)
    learned(first, one)
    first.tell()
    second.touch()
    deadline = time.monotonic() + 60
    while count(other) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert count(one) == count(other) == 1


def test_a_state_that_was_emptied_is_filled_again(store):
    """What each worker has told is brought again by that worker, once."""
    (one, other), (first, second) = pair(store)
    for _ in range(3):
        learned(first, one)
        learned(second, other, score=0.0)
    for sharing in (first, second, first):
        sharing.tell()
    key = first._key
    found = store.run(Get(key=key))
    assert store.run(Swap(key=key, expected=found, value=None, ttl_s=60))
    for sharing in (first, second, first):
        sharing.tell()
    assert count(one) == count(other) == 6
    assert json.loads(store.run(Get(key=key)))["rows"][0][3:] == [6, 3.0]


def test_scores_in_a_saved_file_are_not_counted_again(tmp_path):
    """A file that holds shared scores has a key of its own: they are not counted twice."""
    store = MemoryState()
    (one, _), (first, second) = pair(store)
    learned(first, one)
    first.tell()
    second.tell()
    one.save(tmp_path / "quality.json")
    again = QualityPredictor.load(tmp_path / "quality.json")
    SharedLessons.of(again, store).tell()
    assert count(again) == 1


def test_two_routers_with_one_predictor_count_once():
    store, predictor = MemoryState(), QualityPredictor()
    sharing = SharedLessons.of(predictor, store)
    assert SharedLessons.of(predictor, store) is sharing
    learned(sharing, predictor)
    sharing.tell()
    sharing.tell()
    assert count(predictor) == 1


class Flaky:
    """A store that can be away."""

    def __init__(self):
        self.store, self.is_away = MemoryState(), False

    def run(self, command):
        if self.is_away:
            raise StorageError("away")
        return self.store.run(command)


def test_scores_given_while_the_state_is_down_are_shared_later(caplog):
    store = Flaky()
    (one, other), (first, second) = pair(store)
    store.is_away = True
    for _ in range(2):
        learned(first, one)
        first.tell()
    assert count(one) == 2
    assert caplog.text.count("learned by this process alone") == 1
    store.is_away = False
    first.tell()
    second.tell()
    assert count(one) == count(other) == 2


def test_a_value_of_another_form_is_left_alone(caplog):
    store = MemoryState()
    (one, _), (first, _) = pair(store)
    key = first._key
    store.run(Put(key=key, value='{"scores": 1}', ttl_s=60))
    learned(first, one)
    first.tell()
    assert "unknown form" in caplog.text
    assert store.run(Get(key=key)) == '{"scores": 1}'
    assert count(one) == 1
