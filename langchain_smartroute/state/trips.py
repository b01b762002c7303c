"""Trips to Redis: a few at a time, each with all who came while the others were under way.

With many threads (or tasks) in one process, a trip for each command costs more in
locks, system calls and switches between threads than the command itself. So the first
few go by themselves, at once; whoever finds all of them under way waits, and the trip
that begins next takes all who wait along, in one pipeline. Alone, a command goes as it
always did.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha1
from typing import Any

import redis
import redis.asyncio as aredis
from redis.exceptions import NoScriptError

__all__ = ["AsyncTrips", "Errand", "Trips"]

_AT_ONCE = 4
_SEATS = 100


@dataclass(slots=True, eq=False)
class Errand:
    """A script to run, and what came of it.

    Attributes:
        script: The script.
        arguments: Its key and its arguments.
        answer: What Redis answered.
        error: Why there is no answer.
        called: Opened when there is an answer, or it is this errand's turn to make a trip.
        group: Whom to take along on that trip.
        arrives: The same for a task: done when there is an answer.
    """

    script: str
    arguments: Sequence[str | int]
    answer: Any = None
    error: redis.RedisError | None = None
    called: threading.Lock = field(default_factory=threading.Lock)
    group: list[Errand] | None = None
    arrives: asyncio.Future[None] | None = None

    def result(self) -> Any:
        """The answer.

        Raises:
            redis.RedisError: If there is none.
        """
        if self.error is not None:
            raise self.error
        return self.answer


class _Stop:
    """Where errands wait for a trip."""

    def __init__(self, at_once: int) -> None:
        self.lock = threading.Lock()
        self._at_once = at_once
        self._under_way = 0
        self._waiting: deque[Errand] = deque()

    def may_go(self, errand: Errand) -> bool:
        """Whether it may go at once; if not, it waits."""
        if self._under_way < self._at_once:
            self._under_way += 1
            return True
        self._waiting.append(errand)
        return False

    def following(self) -> list[Errand]:
        """A trip is over: who goes on the next one; nobody: its place is free."""
        group: list[Errand] = []
        while self._waiting and len(group) < _SEATS:
            errand = self._waiting.popleft()
            if errand.arrives is None or not errand.arrives.done():
                group.append(errand)
        if not group:
            self._under_way -= 1
        return group

    def left(self, errand: Errand) -> bool:
        """Give a wait up; whether it was waiting."""
        try:
            self._waiting.remove(errand)
        except ValueError:
            return False
        return True


class Trips:
    """Carries errands of threads to Redis.

    Args:
        client: Whose connections are used.
        at_once: The most trips under way.
    """

    def __init__(self, client: redis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._stop = _Stop(at_once)

    def run(self, errand: Errand) -> Any:
        """Run a script; gives its answer.

        Raises:
            redis.RedisError: If there is none.
        """
        stop = self._stop
        with stop.lock:
            if stop.may_go(errand):
                errand.group = [errand]
            else:
                errand.called.acquire()
        if errand.group is None:
            self._wait(errand)
        if errand.group is not None:
            self._go(errand, errand.group)
        return errand.result()

    def _wait(self, errand: Errand) -> None:
        try:
            errand.called.acquire()
        except BaseException:
            # Interrupted: nobody is to wait for it.
            with self._stop.lock:
                if not self._stop.left(errand) and errand.group is not None:
                    rest = [one for one in errand.group if one is not errand]
                    self._appoint(rest or self._stop.following())
            raise

    def _go(self, errand: Errand, group: list[Errand]) -> None:
        try:
            self._carry(group)
        finally:
            errand.group = None
            with self._stop.lock:
                self._appoint(self._stop.following())
            for other in group:
                if other is not errand:
                    other.called.release()

    def _appoint(self, group: list[Errand]) -> None:
        """Let the first of a group make its trip."""
        if group:
            group[0].group = group
            group[0].called.release()

    def _carry(self, group: list[Errand]) -> None:
        with _answered(group):
            missing = _kept(group, self._sent(group))
            for script in {errand.script for errand in missing}:
                self._client.script_load(script)
            if missing:
                _kept(missing, self._sent(missing))

    def _sent(self, group: Sequence[Errand]) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipeline:
            for errand in group:
                pipeline.evalsha(_sha(errand.script), 1, *_words(errand))
            return pipeline.execute(raise_on_error=False)


class AsyncTrips:
    """Carries errands of the tasks of one event loop to Redis.

    Args:
        client: Whose connections are used.
        at_once: The most trips under way.
    """

    def __init__(self, client: aredis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._stop = _Stop(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, errand: Errand) -> Any:
        """Run a script; gives its answer.

        Raises:
            redis.RedisError: If there is none.
        """
        if self._stop.may_go(errand):
            await self._go([errand])
        else:
            errand.arrives = asyncio.get_running_loop().create_future()
            await errand.arrives
        return errand.result()

    async def _go(self, group: list[Errand]) -> None:
        try:
            await self._carry(group)
        finally:
            for errand in group:
                if errand.arrives is not None and not errand.arrives.done():
                    errand.arrives.set_result(None)
            following = self._stop.following()
            if following:
                # A task of its own: whoever is cancelled takes nobody else along.
                task = asyncio.get_running_loop().create_task(self._go(following))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry(self, group: list[Errand]) -> None:
        with _answered(group):
            missing = _kept(group, await self._sent(group))
            for script in {errand.script for errand in missing}:
                await self._client.script_load(script)
            if missing:
                _kept(missing, await self._sent(missing))

    async def _sent(self, group: Sequence[Errand]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for errand in group:
                pipeline.evalsha(_sha(errand.script), 1, *_words(errand))
            return await pipeline.execute(raise_on_error=False)


@cache
def _sha(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


def _words(errand: Errand) -> Iterator[bytes]:
    """What a script is given; encoded one by one, so that none spoils another's trip."""
    return (str(argument).encode("utf-8", "backslashreplace") for argument in errand.arguments)


def _kept(group: Sequence[Errand], answers: Sequence[Any]) -> list[Errand]:
    """Give each errand its answer; gives those whose script Redis does not have."""
    missing: list[Errand] = []
    for errand, answer in zip(group, answers, strict=True):
        if isinstance(answer, NoScriptError):
            missing.append(errand)
        errand.error = answer if isinstance(answer, redis.RedisError) else None
        errand.answer = answer
    return missing


@contextmanager
def _answered(group: Sequence[Errand]) -> Iterator[None]:
    """Leave no errand of a group without an answer or an error."""
    try:
        yield
    except redis.RedisError as error:
        for errand in group:
            errand.error = error
    except BaseException:
        for errand in group:
            errand.error = redis.ConnectionError("broken off on the way")
        raise
