"""Fork safety: locks that are free in a forked process, and hooks after a fork.

A lock that another thread holds during a fork stays locked in the child for ever, as that
thread does not exist there. This happens in servers that fork workers after creating a router
with background threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary, WeakSet

__all__ = [
    "before_forking",
    "in_forked_process",
    "new_lock",
    "new_lock_against_forks",
    "not_while_forking",
    "renewed_in_forks",
]

T = TypeVar("T")

_PATIENCE_S: Final = 10.0
"""Seconds that a fork waits for operations that must not be interrupted by it."""

_locks: Final[WeakSet[Any]] = WeakSet()
_against_forks: Final[WeakSet[Any]] = WeakSet()
_taken: Final[dict[int, list[Any]]] = {}
_before: Final[list[Callable[[], object]]] = []
_renewals: Final[WeakKeyDictionary[Any, Callable[[Any], object]]] = WeakKeyDictionary()


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


@contextmanager
def not_while_forking() -> Iterator[None]:
    """Context of an operation that a fork waits for; many threads may be in it at once.

    Example:
        >>> from langchain_smartroute.types import not_while_forking
        >>> with not_while_forking():
        ...     pass
    """
    with _entry:
        # A lock for this operation alone; during a fork `_entry` is held.
        held = new_lock_against_forks()
        held.acquire()
    try:
        yield
    finally:
        held.release()


def before_forking(do: Callable[[], object]) -> None:
    """Call a function before each fork, once all operations that a fork waits for have ended."""
    _before.append(do)


def in_forked_process(begin: Callable[[], object]) -> None:
    """Call a function in each forked process before anything else, on systems with `fork`."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin)


def renewed_in_forks(owner: T, renew: Callable[[T], object]) -> None:
    """Call `renew(owner)` in each forked process, as long as `owner` exists.

    Args:
        owner: An object with state that belongs to one process, such as a thread.
        renew: Resets that state, such as an unbound method of the owner's class.

    Example:
        >>> from langchain_smartroute.types import renewed_in_forks
        >>> class Worker:
        ...     def reset(self):
        ...         self.thread = None
        >>> renewed_in_forks(Worker(), Worker.reset)
    """
    _renewals[owner] = renew


def _take_all() -> None:
    until = time.monotonic() + _PATIENCE_S
    locks = _taken[threading.get_ident()] = []
    called: set[Any] = set()
    # With `_entry` held no operation starts; those that did during the wait are waited for.
    new = [_entry]
    while new:
        called.update(new)
        locks += [lock for lock in new if lock.acquire(timeout=max(0.0, until - time.monotonic()))]
        new = sorted(set(_against_forks) - called, key=id)
    for do in _before:
        do()


def _give_back() -> None:
    for lock in _taken.pop(threading.get_ident(), ()):
        lock.release()


def _free_all() -> None:
    _taken.clear()
    for lock in list(_locks):
        # As the standard library does with its own locks.
        lock._at_fork_reinit()  # noqa: SLF001 - as said


def _renew_all() -> None:
    for owner, renew in list(_renewals.items()):
        renew(owner)


_entry: Final = new_lock_against_forks()
in_forked_process(_free_all)
in_forked_process(_renew_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take_all, after_in_parent=_give_back)
