"""How handlers learn what became of a request; no fault of theirs ever fails a call."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_smartroute.types import Attempt

__all__ = [
    "AttemptSurrounder",
    "SettlementListener",
    "annotate",
    "quietly",
    "settle",
    "surrounders",
]

_log = logging.getLogger(__name__)


class SettlementListener(Protocol):
    """A callback handler that wants to know what became of each attempt."""

    def on_settled(self, decision_id: str, attempts: Sequence[Attempt]) -> None:
        """Take the final list of attempts of a request.

        Args:
            decision_id: The decision that they belong to.
            attempts: All attempts, in the order of their numbers.
        """
        ...


class AttemptSurrounder(Protocol):
    """A callback handler that puts a context around each attempt, such as a current span."""

    def around_attempt(self, metadata: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """What a step of an attempt runs in: its whole call, or the reading of one chunk.

        Args:
            metadata: The attempt's own.
        """
        ...


def surrounders(handlers: Iterable[Any]) -> list[AttemptSurrounder]:
    """The handlers among these that put a context around each attempt."""
    return [handler for handler in handlers if hasattr(type(handler), "around_attempt")]


def annotate(
    handlers: Iterable[Any], run_id: Any, *, metadata: Mapping[str, Any], tags: Sequence[str]
) -> None:
    """Add to the metadata and tags of a run that is still open, in every tracer that has it.

    Args:
        handlers: Those of the run; only tracers keep runs.
        run_id: LangChain's id of the run.
        metadata: What to add.
        tags: What to add.
    """
    for handler in handlers:
        runs = getattr(handler, "run_map", None)
        if not isinstance(runs, dict):
            continue
        with quietly(f"{type(handler).__name__}.run_map"):
            run = runs.get(str(run_id))
            if run is not None:
                # A new one: the old one may be that of other runs, too.
                run.extra["metadata"] = {**(run.extra.get("metadata") or {}), **metadata}
                run.tags = [*(run.tags or []), *tags]


def settle(handlers: Iterable[Any], decision_id: str, attempts: Sequence[Attempt]) -> None:
    """Tell every handler that listens what became of a request's attempts.

    A handler that raises is logged and passed over: accounting never fails a call.
    """
    listeners: dict[int, SettlementListener] = {
        id(handler): handler for handler in handlers if hasattr(handler, "on_settled")
    }
    for listener in listeners.values():
        with quietly(f"{type(listener).__name__}.on_settled"):
            listener.on_settled(decision_id, attempts)


class _Quiet:
    """Lets no fault of a hook out. A class, as a generator takes three times as long."""

    __slots__ = ("_said", "_what")

    def __init__(self, what: str, said: set[str] | None) -> None:
        self._what = what
        self._said = said

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        # A hook's fault must not lose the answer; what ends the process is no fault.
        if kind is None or not issubclass(kind, Exception):
            return False
        if self._said is None or self._what not in self._said:
            _log.warning("%s raised %s; the call goes on", self._what, kind.__name__)
        if self._said is not None:
            self._said.add(self._what)
        return True


def quietly(what: str, *, said: set[str] | None = None) -> AbstractContextManager[None, bool]:
    """Log an error of a user's hook and go on: accounting never fails a call.

    Args:
        what: The hook, for the log; never any text of a request.
        said: Where it is noted, so that it is logged once only.
    """
    return _Quiet(what, said)
