"""Scripts run on Redis in few round trips: those that wait are sent together, in one pipeline.

With many threads (or tasks) in one process, a round trip for each command costs more in
locks, system calls and switches between threads than the command itself. So the first few
are sent at once, each by itself; a command that finds all of those under way waits, and the
next round trip sends all that wait. A command that is alone goes as it always did.
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

from langchain_smartroute.types import new_lock

__all__ = ["AsyncPipelines", "Pipelines", "ScriptJob"]

_AT_ONCE = 4
_MOST_IN_A_BATCH = 100


@dataclass(slots=True, eq=False)
class ScriptJob:
    """A script to run, and its result.

    Attributes:
        script: The script.
        arguments: Its key and its arguments.
        answer: What Redis answered.
        error: Why there is no answer.
        turn: Released when the job has its answer, or is to send a batch; for threads.
        batch: The jobs that it is to send, itself among them; `None`: it is not to.
        future: Done when the job has its answer; for tasks.
    """

    script: str
    arguments: Sequence[str | int]
    answer: Any = None
    error: redis.RedisError | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)
    batch: list[ScriptJob] | None = None
    future: asyncio.Future[None] | None = None

    def result(self) -> Any:
        """The answer.

        Raises:
            redis.RedisError: If there is none.
        """
        if self.error is not None:
            raise self.error
        return self.answer


class _Queue:
    """The jobs that wait for a round trip, and how many round trips are under way."""

    def __init__(self, at_once: int) -> None:
        self.lock = new_lock()
        self._at_once = at_once
        self._under_way = 0
        self._waiting: deque[ScriptJob] = deque()

    def admit(self, job: ScriptJob) -> bool:
        """Whether a job may be sent at once; if not, it now waits."""
        if self._under_way < self._at_once:
            self._under_way += 1
            return True
        self._waiting.append(job)
        return False

    def next_batch(self) -> list[ScriptJob]:
        """A round trip has ended: the jobs to send next; none: its place is free."""
        batch: list[ScriptJob] = []
        while self._waiting and len(batch) < _MOST_IN_A_BATCH:
            job = self._waiting.popleft()
            if job.future is None or not job.future.done():
                batch.append(job)
        if not batch:
            self._under_way -= 1
        return batch

    def withdraw(self, job: ScriptJob) -> bool:
        """Take a job out of those that wait; gives whether it was among them."""
        try:
            self._waiting.remove(job)
        except ValueError:
            return False
        return True


class Pipelines:
    """Runs the jobs of threads.

    Args:
        client: Its connections are used.
        at_once: The most round trips at a time.
    """

    def __init__(self, client: redis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._queue = _Queue(at_once)

    def run(self, job: ScriptJob) -> Any:
        """Run a script; gives its answer.

        Raises:
            redis.RedisError: If there is none.
        """
        queue = self._queue
        with queue.lock:
            if queue.admit(job):
                job.batch = [job]
            else:
                job.turn.acquire()
        if job.batch is None:
            self._wait(job)
        if job.batch is not None:
            self._run_batch(job, job.batch)
        return job.result()

    def _wait(self, job: ScriptJob) -> None:
        try:
            job.turn.acquire()
        except BaseException:
            # Interrupted: no other job may wait for this one.
            with self._queue.lock:
                if not self._queue.withdraw(job) and job.batch is not None:
                    rest = [one for one in job.batch if one is not job]
                    self._start(rest or self._queue.next_batch())
            raise

    def _run_batch(self, job: ScriptJob, batch: list[ScriptJob]) -> None:
        try:
            self._execute(batch)
        finally:
            job.batch = None
            with self._queue.lock:
                self._start(self._queue.next_batch())
            for other in batch:
                if other is not job:
                    other.turn.release()

    def _start(self, batch: list[ScriptJob]) -> None:
        """Have the first job of a batch send it."""
        if batch:
            batch[0].batch = batch
            batch[0].turn.release()

    def _execute(self, batch: list[ScriptJob]) -> None:
        with _answered(batch):
            missing = _deliver(batch, self._sent(batch))
            for script in {job.script for job in missing}:
                self._client.script_load(script)
            if missing:
                _deliver(missing, self._sent(missing))

    def _sent(self, batch: Sequence[ScriptJob]) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipeline:
            for job in batch:
                pipeline.evalsha(_sha(job.script), 1, *_encoded(job))
            return pipeline.execute(raise_on_error=False)


class AsyncPipelines:
    """Runs the jobs of the tasks of one event loop.

    Args:
        client: Its connections are used.
        at_once: The most round trips at a time.
    """

    def __init__(self, client: aredis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._queue = _Queue(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, job: ScriptJob) -> Any:
        """Run a script; gives its answer.

        Raises:
            redis.RedisError: If there is none.
        """
        if self._queue.admit(job):
            await self._run_batch([job])
        else:
            job.future = asyncio.get_running_loop().create_future()
            await job.future
        return job.result()

    async def _run_batch(self, batch: list[ScriptJob]) -> None:
        try:
            await self._execute(batch)
        finally:
            for job in batch:
                if job.future is not None and not job.future.done():
                    job.future.set_result(None)
            next_batch = self._queue.next_batch()
            if next_batch:
                # A task of its own: a job that is cancelled cancels no other.
                task = asyncio.get_running_loop().create_task(self._run_batch(next_batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _execute(self, batch: list[ScriptJob]) -> None:
        with _answered(batch):
            missing = _deliver(batch, await self._sent(batch))
            for script in {job.script for job in missing}:
                await self._client.script_load(script)
            if missing:
                _deliver(missing, await self._sent(missing))

    async def _sent(self, batch: Sequence[ScriptJob]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for job in batch:
                pipeline.evalsha(_sha(job.script), 1, *_encoded(job))
            return await pipeline.execute(raise_on_error=False)


@cache
def _sha(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


def _encoded(job: ScriptJob) -> Iterator[bytes]:
    """A script's arguments; encoded one by one, so that none spoils the batch of another."""
    return (str(argument).encode("utf-8", "backslashreplace") for argument in job.arguments)


def _deliver(batch: Sequence[ScriptJob], answers: Sequence[Any]) -> list[ScriptJob]:
    """Give each job its answer; returns those whose script Redis does not have."""
    missing: list[ScriptJob] = []
    for job, answer in zip(batch, answers, strict=True):
        if isinstance(answer, NoScriptError):
            missing.append(job)
        job.error = answer if isinstance(answer, redis.RedisError) else None
        job.answer = answer
    return missing


@contextmanager
def _answered(batch: Sequence[ScriptJob]) -> Iterator[None]:
    """Leave no job of a batch without an answer or an error."""
    try:
        yield
    except redis.RedisError as error:
        for job in batch:
            job.error = error
    except BaseException:
        for job in batch:
            job.error = redis.ConnectionError("broken off on the way")
        raise
