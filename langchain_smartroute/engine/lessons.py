"""Shares feedback scores between workers' predictors by shared state.

All scores since the predictor's file are stored under one key, as counts and sums by model,
task and difficulty. A worker adds its own by compare and swap, so that none is lost or counted
twice, and reads the others'. Each predictor file has its own key, so that scores saved in a
file are not counted again.

A score is shared when it is given, by one read and one swap. Others' scores are read in the
background while calls are made, at most once per `_EVERY_S`, so no decision waits for them.
While the state is unavailable, a worker learns by itself and shares its scores later.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from uuid import uuid4

from langchain_smartroute.errors import StorageError
from langchain_smartroute.routing import QualityPredictor
from langchain_smartroute.routing.evidence import Tally
from langchain_smartroute.state import Get, SharedState, Swap
from langchain_smartroute.types import new_lock, renewed_in_forks

__all__ = ["SharedLessons"]

_log = logging.getLogger(__name__)

_EVERY_S = 5.0
_FORGOTTEN_S = 400 * 86_400.0
"""Seconds without a score after which the stored scores expire."""

_TRIES = 50
_MOST_PAUSE_S = 0.05

_Place = tuple[str, str, str]
"""Alias, task, difficulty."""

_Sums = dict[_Place, Tally]


class SharedLessons:
    """Synchronises one predictor with those of other workers.

    Args:
        predictor: The predictor, as loaded or fitted; its present scores are not shared.
        state: The shared state.
    """

    def __init__(self, predictor: QualityPredictor, state: SharedState) -> None:
        self._predictor = predictor
        self._state = state
        self._key = f"lessons|{predictor.digest()[:32]}"
        self._lock = new_lock()
        self._news = new_lock()
        self._pending: _Sums = {}
        self._shared: _Sums = {}
        self._begun: str | None = None
        self._read_at = float("-inf")
        self._is_alone = False
        self._reset()
        renewed_in_forks(self, SharedLessons._reset)

    def _reset(self) -> None:
        """Start without a thread, which in a forked process belongs to the parent."""
        self._reader: threading.Thread | None = None

    @classmethod
    def of(cls, predictor: QualityPredictor, state: SharedState) -> SharedLessons:
        """The single object that shares a predictor, for any number of routers."""
        if predictor.sharing is None:
            predictor.sharing = cls(predictor, state)
        lessons: SharedLessons = predictor.sharing
        return lessons

    def learned(self, alias: str, *, task: str, difficulty: str, score: float) -> None:
        """Add a score of this process, which `tell` will share."""
        with self._news:
            _add(self._pending, {(alias, task, difficulty): Tally(1, score)})

    def touch(self) -> None:
        """Read others' scores in the background, if the last time was long enough ago."""
        now = time.monotonic()
        if now - self._read_at < _EVERY_S:
            return
        if self._reader is not None and self._reader.is_alive():
            return
        self._read_at = now
        self._reader = threading.Thread(target=self.tell, name="smartroute-lessons", daemon=True)
        self._reader.start()

    def tell(self) -> None:
        """Share pending scores, and read others' scores."""
        with self._lock:
            try:
                sums = self._exchange()
            except StorageError as error:
                if not self._is_alone:
                    _log.warning("feedback is learned by this process alone for now: %s", error)
                self._is_alone = True
                return
            if self._is_alone:
                self._is_alone = False
                _log.info("feedback is shared again")
            self._read_at = time.monotonic()
            self._predictor.hear(_by_difficulty(_difference(sums, self._shared)))

    def _exchange(self) -> _Sums:
        """The scores in the state after adding this process's."""
        for number in range(_TRIES):
            stored = self._state.run(Get(key=self._key))
            begun, sums = _decoded(stored)
            with self._news:
                news = dict(self._pending)
            additions = dict(news)
            if begun != self._begun:
                # The state was cleared: each worker adds its own scores again.
                _add(additions, self._shared)
            if not additions:
                self._begun = begun
                return sums
            _add(sums, additions)
            begun = begun or uuid4().hex
            value = _encoded(begun, sums)
            swap = Swap(key=self._key, expected=stored, value=value, ttl_s=_FORGOTTEN_S)
            if self._state.run(swap):
                with self._news:
                    self._pending = _difference(self._pending, news)
                _add(self._shared, news)
                self._begun = begun
                return sums
            # Another worker was faster: wait a different time in each process.
            time.sleep(min(_MOST_PAUSE_S, 0.001 * number * (1 + os.getpid() % 7)))
        raise StorageError(f"{_TRIES} tries to add scores, and other workers were always quicker")


def _add(sums: _Sums, additions: Mapping[_Place, Tally]) -> None:
    for place, tally in additions.items():
        sums[place] = sums.get(place, Tally()).plus(*tally)


def _difference(sums: Mapping[_Place, Tally], subtrahend: Mapping[_Place, Tally]) -> _Sums:
    difference: _Sums = {}
    for place, tally in sums.items():
        subtracted = subtrahend.get(place, Tally())
        if tally.scores > subtracted.scores:
            # Rounding may make a sum slightly negative.
            difference[place] = Tally(
                tally.scores - subtracted.scores, max(0.0, tally.total - subtracted.total)
            )
    return difference


def _by_difficulty(sums: Mapping[_Place, Tally]) -> dict[tuple[str, str], dict[str, Tally]]:
    tallies: dict[tuple[str, str], dict[str, Tally]] = {}
    for (alias, task, difficulty), tally in sums.items():
        tallies.setdefault((alias, task), {})[difficulty] = tally
    return tallies


def _encoded(begun: str, sums: Mapping[_Place, Tally]) -> str:
    rows = [[*place, *tally] for place, tally in sorted(sums.items())]
    return json.dumps({"begun": begun, "rows": rows})


def _decoded(content: str | None) -> tuple[str | None, _Sums]:
    """The epoch of the sums, which may be lost and started again, and the sums."""
    if content is None:
        return None, {}
    try:
        document = json.loads(content)
        rows = ((a, t, d, int(n), float(total)) for a, t, d, n, total in document["rows"])
        return str(document["begun"]), {(a, t, d): Tally(n, total) for a, t, d, n, total in rows}
    except (ValueError, TypeError, KeyError) as error:
        raise StorageError(
            "what was learned lies in the shared state in an unknown form; workers of one"
            " release can share it"
        ) from error
