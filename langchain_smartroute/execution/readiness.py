"""What happens before an attempt's clock starts: the pause before it, and building its model.

The first model of a process imports `openai`, which takes more than a second. That is
no time of the model's, and no work for an event loop. It is none of those beside either
whose second opinions are asked for when the attempt begins.
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
    """Wait until a candidate may be called, and see that its model is built.

    Args:
        link: The candidate.
        pause_s: Seconds to wait before.
        beside: The candidates that are asked at the same time.
    """
    pause(pause_s)
    for one in (link, *beside):
        build = one.unbuilt()
        if build is not None:
            # An error comes again in the attempt, where it is accounted for.
            started(build).wait(None)


async def abe_ready(link: Link, pause_s: float = 0.0, beside: Sequence[Link] = ()) -> None:
    """The same; the event loop goes on."""
    await apause(pause_s)
    for one in (link, *beside):
        build = one.unbuilt()
        if build is not None:
            await asyncio.to_thread(Task(build, None).run)
