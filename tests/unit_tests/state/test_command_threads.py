"""The threads in which a database executes the commands of event loops."""

from __future__ import annotations

import asyncio
import threading

from langchain_smartroute.state.threads import CommandThreads


def test_a_loop_that_ends_waits_for_reservations_and_for_nothing_else():
    """A settlement in the next loop overtook the reservation, which stayed for fifteen minutes."""
    threads, ended = CommandThreads(), []
    for reserves in (True, False):
        begun, go = threading.Event(), threading.Event()

        def call(begun=begun, go=go):
            begun.set()
            go.wait(0.2 if len(ended) == 0 else 30)
            ended.append(go.is_set())

        async def left(call=call, begun=begun, reserves=reserves):
            task = asyncio.create_task(threads.run(call, to_its_end=reserves))
            await asyncio.to_thread(begun.wait, 30)
            return task

        asyncio.run(left())
        assert ended == [False]
        go.set()
    threads.close()
