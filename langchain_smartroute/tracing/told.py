"""Notifies handlers of a request's outcome; their errors never fail a call."""

from __future__ import annotations

import inspect
import logging
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_smartroute.types import Attempt

__all__ = [
    "AttemptSurrounder",
    "SettlementListener",
    "annotate",
    "quietly",
    "refuse_async",
    "settle",
    "surrounders",
]

_log = logging.getLogger(__name__)


class SettlementListener(Protocol):
    """A callback handler that receives the outcomes of attempts."""

    def on_settled(self, decision_id: str, attempts: Sequence[Attempt]) -> None:
        """Receive the final attempts of a request.

        Args:
            decision_id: Id of their decision.
            attempts: All attempts, in order.
        """
        ...


class AttemptSurrounder(Protocol):
    """A callback handler that provides a context for each attempt, such as a current span."""

    def around_attempt(self, metadata: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """The context for a step of an attempt: its whole call, or the reading of one chunk.

        Args:
            metadata: The attempt's metadata.
        """
        ...


def surrounders(handlers: Iterable[Any]) -> list[AttemptSurrounder]:
    """The handlers that provide a context for each attempt."""
    return [handler for handler in handlers if hasattr(type(handler), "around_attempt")]


def annotate(
    handlers: Iterable[Any], run_id: Any, *, metadata: Mapping[str, Any], tags: Sequence[str]
) -> None:
    """Add to the metadata and tags of a run that is still open, in every tracer that has it.

    Args:
        handlers: Handlers of the run; only tracers store runs.
        run_id: LangChain's id of the run.
        metadata: Metadata to add.
        tags: Tags to add.
    """
    for handler in handlers:
        runs = getattr(handler, "run_map", None)
        if not isinstance(runs, dict):
            continue
        with quietly(f"{type(handler).__name__}.run_map"):
            run = runs.get(str(run_id))
            if run is not None:
                # A new object, as the old one may be shared with other runs.
                run.extra["metadata"] = {**(run.extra.get("metadata") or {}), **metadata}
                run.tags = [*(run.tags or []), *tags]


def settle(handlers: Iterable[Any], decision_id: str, attempts: Sequence[Attempt]) -> None:
    """Send the attempts of a request to every listening handler.

    An error of a handler is logged and ignored: accounting never fails a call.
    """
    listeners: dict[int, SettlementListener] = {
        id(handler): handler for handler in handlers if hasattr(handler, "on_settled")
    }
    for listener in listeners.values():
        with quietly(f"{type(listener).__name__}.on_settled"):
            listener.on_settled(decision_id, attempts)


class _Quiet:
    """Suppresses errors of hooks. A class, as a generator takes three times as long."""

    __slots__ = ("_warned", "_what")

    def __init__(self, what: str, said: set[str] | None) -> None:
        self._what = what
        self._warned = said

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        # A hook's error must not lose the answer; exits and interrupts are raised.
        if kind is None or not issubclass(kind, Exception):
            return False
        if self._warned is None or self._what not in self._warned:
            _log.warning("%s raised %s; the call goes on", self._what, kind.__name__)
        if self._warned is not None:
            self._warned.add(self._what)
        return True


def quietly(what: str, *, said: set[str] | None = None) -> AbstractContextManager[None, bool]:
    """Context that logs an error of a user's hook and continues.

    Args:
        what: Name of the hook, for the log.
        said: Set of logged hooks, so that each is logged only once.
    """
    return _Quiet(what, said)


def refuse_async(**hooks: Any) -> None:
    """Refuse hooks whose answers nobody would await.

    Args:
        **hooks: Name of a setting → the hook given for it, if it is one.

    Raises:
        ConfigurationError: Listing those that are asynchronous.
    """
    faults = [
        f"{name}: is asynchronous, and is called where nothing can wait for it; give a plain"
        " function, such as one that puts what it is told into a queue"
        for name, hook in hooks.items()
        if inspect.iscoroutinefunction(hook)
        or inspect.iscoroutinefunction(getattr(hook, "__call__", None))  # noqa: B004 - an async one
    ]
    if faults:
        raise ConfigurationError(*faults)
