"""Fork safety: locks that are free in a forked process, and hooks after a fork.

A lock that another thread holds during a fork stays locked in the child for ever, as that
thread does not exist there. This happens in servers that fork workers after creating a router
with background threads.
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
"""Seconds that a fork waits for operations that must not be interrupted by it."""

_locks: Final[WeakSet[Any]] = WeakSet()
_against_forks: Final[WeakSet[Any]] = WeakSet()
_taken: Final[dict[int, list[Any]]] = {}


def new_lock() -> threading.Lock:
    """A lock that is released in a forked process, at no additional cost per use.

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
    """A lock for operations during which the process must not fork; a fork waits for it.

    Needed for SQLite, as a child inherits its parent's file locks and never releases them.
    """
    lock = new_lock()
    _against_forks.add(lock)
    return lock


def in_forked_process(begin: Callable[[], object]) -> None:
    """Call a function in each forked process before anything else, on systems with `fork`."""
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
        # As the standard library does with its own locks.
        lock._at_fork_reinit()  # noqa: SLF001 - as said


in_forked_process(_free_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take_all, after_in_parent=_give_back)
