"""What this process holds: memory, file descriptors, threads, tasks.

Read from `/proc` and `/dev/fd`; where there is no such thing, a figure is `None`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Held", "memory_bytes", "other_tasks"]

_STATM = Path("/proc/self/statm")
_DESCRIPTORS = Path("/dev/fd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What this process holds at a moment.

    Attributes:
        threads: Names of its threads.
        descriptors: How many file descriptors are open; `None`: not known here.
    """

    threads: tuple[str, ...]
    descriptors: int | None

    @classmethod
    def now(cls) -> Held:
        """At this moment, after what nobody refers to any more is gone."""
        gc.collect()
        names = sorted(thread.name for thread in threading.enumerate())
        try:
            # One of them is that of the listing itself.
            descriptors = len(os.listdir(_DESCRIPTORS)) - 1  # noqa: PTH208 - no path is needed
        except OSError:
            descriptors = None
        return cls(threads=tuple(names), descriptors=descriptors)


def memory_bytes() -> int | None:
    """The resident memory of this process, after what nobody refers to any more is gone."""
    gc.collect()
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def other_tasks() -> list[str]:
    """Names of the event loop's tasks but for the one that asks."""
    own = asyncio.current_task()
    return sorted(task.get_name() for task in asyncio.all_tasks() if task is not own)
