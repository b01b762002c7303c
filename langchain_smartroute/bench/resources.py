"""Resources of this process: memory, file descriptors, threads, tasks.

Read from `/proc` and `/dev/fd`; a value is `None` on systems without them.
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
    """Resources of this process at a moment.

    Attributes:
        threads: Names of its threads.
        descriptors: Number of open file descriptors; `None`: not available on this system.
    """

    threads: tuple[str, ...]
    descriptors: int | None

    @classmethod
    def now(cls) -> Held:
        """The current resources, after garbage collection."""
        gc.collect()
        names = sorted(thread.name for thread in threading.enumerate())
        try:
            # One of them belongs to the listing itself.
            descriptors = len(os.listdir(_DESCRIPTORS)) - 1  # noqa: PTH208 - no path is needed
        except OSError:
            descriptors = None
        return cls(threads=tuple(names), descriptors=descriptors)


def memory_bytes() -> int | None:
    """Resident memory of this process, after garbage collection."""
    gc.collect()
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def other_tasks() -> list[str]:
    """Names of the event loop's tasks, except the current one."""
    own = asyncio.current_task()
    return sorted(task.get_name() for task in asyncio.all_tasks() if task is not own)
