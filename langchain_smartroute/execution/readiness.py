"""Steps before an attempt's clock starts: the pause, and building the model.

The first model of a process imports `openai`, which takes more than a second. That must not
count as the model's time, nor block the event loop. The same holds for candidates of second
opinions, which are called when the attempt starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from langchain_smartroute.execution.surroundings import apause, pause
from langchain_smartroute.execution.waiting import Task, started

if TYPE_CHECKING:
    from langchain_smartroute.execution.link import Link

__all__ = ["abe_ready", "be_ready"]


def be_ready(link: Link, pause_s: float = 0.0, beside: Sequence[Link] = ()) -> None:
    """Wait for the pause, and build a candidate's model.

    Args:
        link: The candidate.
        pause_s: Seconds to wait.
        beside: The candidates that are called at the same time.
    """
    pause(pause_s)
    for one in (link, *beside):
        build = one.unbuilt()
        if build is not None:
            # An error is raised again in the attempt, where it is accounted for.
            started(build).wait(None)


async def abe_ready(link: Link, pause_s: float = 0.0, beside: Sequence[Link] = ()) -> None:
    """The asynchronous form of `be_ready`."""
    await apause(pause_s)
    for one in (link, *beside):
        build = one.unbuilt()
        if build is not None:
            await asyncio.to_thread(Task(build, None).run)
