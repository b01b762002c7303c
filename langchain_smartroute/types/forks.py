"""What a forked process needs anew: locks that a thread of its parent held when it was forked.

That thread does not live in the child, which would wait for it for ever. Servers that fork
their workers after a router was made, and what shares its circuits in the background, meet so.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakSet

__all__ = ["in_forked_process", "new_lock", "new_lock_against_forks"]

_PATIENCE_S: Final = 10.0
"""How long a process waits for what may not be under way while it is forked."""

_locks: Final[WeakSet[Any]] = WeakSet()
_against_forks: Final[WeakSet[Any]] = WeakSet()
_taken: Final[dict[int, list[Any]]] = {}


def new_lock() -> threading.Lock:
    """A lock that nobody holds in a forked process. It costs no more to take than another.

    Example:
        >>> from langchain_smartroute.types import new_lock
        >>> with new_lock() as held:
        ...     held
        True
    """
    lock = threading.Lock()
    _locks.add(lock)
    return lock


def new_lock_against_forks() -> threading.Lock:
    """A lock for what may not be under way while the process is forked, which waits for it.

    SQLite is so: a child takes over what its parent had locked, and never lets it go.
    """
    lock = new_lock()
    _against_forks.add(lock)
    return lock


def in_forked_process(begin: Callable[[], object]) -> None:
    """Have something done in each forked process before anything else; some systems know none."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin)


def _take_all() -> None:
    until = time.monotonic() + _PATIENCE_S
    _taken[threading.get_ident()] = [
        lock
        for lock in sorted(_against_forks, key=id)
        if lock.acquire(timeout=max(0.0, until - time.monotonic()))
    ]


def _give_back() -> None:
    for lock in _taken.pop(threading.get_ident(), ()):
        lock.release()


def _free_all() -> None:
    _taken.clear()
    for lock in list(_locks):
        # What the standard library does with its own locks.
        lock._at_fork_reinit()  # noqa: SLF001 - as said


in_forked_process(_free_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take_all, after_in_parent=_give_back)
