"""Runs scripts on Redis in few round trips: waiting ones are sent together in one pipeline.

With many threads (or tasks) in one process, a round trip for each command costs more in locks,
system calls and thread switches than the command itself. So only a few round trips are made
concurrently. Further commands wait, and the next round trip sends all of them. A single command
is sent directly.
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
        arguments: Its key and arguments.
        answer: The result from Redis.
        error: The error instead of a result.
        turn: For threads: released when the job has its result, or has to send a batch.
        batch: The jobs that it has to send, including itself; `None`: none.
        future: For tasks: done when the job has its result.
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
            redis.RedisError: If Redis fails.
        """
        if self.error is not None:
            raise self.error
        return self.answer


class _Queue:
    """The waiting jobs, and the number of current round trips."""

    def __init__(self, at_once: int) -> None:
        self.lock = new_lock()
        self._at_once = at_once
        self._under_way = 0
        self._waiting: deque[ScriptJob] = deque()

    def admit(self, job: ScriptJob) -> bool:
        """Whether a job may be sent at once; otherwise it is added to the waiting jobs."""
        if self._under_way < self._at_once:
            self._under_way += 1
            return True
        self._waiting.append(job)
        return False

    @property
    def is_idle(self) -> bool:
        """Whether no round trip is under way."""
        return not self._under_way

    def next_batch(self) -> list[ScriptJob]:
        """End a round trip; returns the jobs to send next, if any are waiting."""
        batch: list[ScriptJob] = []
        while self._waiting and len(batch) < _MOST_IN_A_BATCH:
            job = self._waiting.popleft()
            if job.future is None or not job.future.done():
                batch.append(job)
        if not batch:
            self._under_way -= 1
        return batch

    def withdraw(self, job: ScriptJob) -> bool:
        """Remove a job from the waiting ones; returns whether it was waiting."""
        try:
            self._waiting.remove(job)
        except ValueError:
            return False
        return True


class Pipelines:
    """Runs jobs of threads.

    Args:
        client: The Redis client.
        at_once: Maximum number of concurrent round trips.
    """

    def __init__(self, client: redis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._queue = _Queue(at_once)

    def run(self, job: ScriptJob) -> Any:
        """Run a script and return its result.

        Raises:
            redis.RedisError: If Redis fails.
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
            # Interrupted: pass the turn on, so that no other job waits for this one.
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
        """Make the first job of a batch send it."""
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
    """Runs jobs of the tasks of one event loop.

    Args:
        client: The Redis client.
        at_once: Maximum number of concurrent round trips.
    """

    def __init__(self, client: aredis.Redis, *, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._queue = _Queue(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def aclose(self) -> None:
        """Close the client, after the round trips that are under way."""
        await self._idle.wait()
        await self._client.aclose()

    async def run(self, job: ScriptJob) -> Any:
        """Run a script and return its result.

        Raises:
            redis.RedisError: If Redis fails.
        """
        if self._queue.admit(job):
            self._idle.clear()
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
                # A separate task, so that cancelling one job does not cancel the others.
                task = asyncio.get_running_loop().create_task(self._run_batch(next_batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif self._queue.is_idle:
                self._idle.set()

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
    """A script's encoded arguments; encoded per job, so that an error fails only that job."""
    return (str(argument).encode("utf-8", "backslashreplace") for argument in job.arguments)


def _deliver(batch: Sequence[ScriptJob], answers: Sequence[Any]) -> list[ScriptJob]:
    """Store each job's result; returns the jobs whose script is not loaded in Redis."""
    missing: list[ScriptJob] = []
    for job, answer in zip(batch, answers, strict=True):
        if isinstance(answer, NoScriptError):
            missing.append(job)
        job.error = answer if isinstance(answer, redis.RedisError) else None
        job.answer = answer
    return missing


@contextmanager
def _answered(batch: Sequence[ScriptJob]) -> Iterator[None]:
    """Ensure that every job of a batch gets a result or an error."""
    try:
        yield
    except redis.RedisError as error:
        for job in batch:
            job.error = error
    except BaseException:
        for job in batch:
            job.error = redis.ConnectionError("broken off on the way")
        raise
