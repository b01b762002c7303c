"""Ends a request's run and settles its account, however the request ends.

A class rather than a generator: an event loop that shuts down closes all generators at
once, and one that is closed by another and by the loop raises.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.tracing import (
    annotate,
    end_metadata,
    end_tags,
    quietly,
    settle,
)

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )

__all__ = ["ASettled", "Settled"]

OnEnd = Callable[[Any], None]
"""Given the walk of a request when it has ended, however it did."""


class Settled:
    """Ends a request's run and its account.

    Args:
        run: The request's run.
        walk: Where the request stands.
        on_end: Given the walk when the request has ended.
    """

    def __init__(self, run: CallbackManagerForChainRun, walk: Walk, on_end: OnEnd | None) -> None:
        self._run = run
        self._walk = walk
        self._on_end = on_end

    def __enter__(self) -> None:
        """The request begins."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """The request ends."""
        _settle(self._run, self._walk, self._on_end, error)
        if error is None:
            self._run.on_chain_end(self._walk.answer)
        else:
            self._run.on_chain_error(error)


class ASettled:
    """The same in an event loop.

    Args:
        run: The request's run.
        walk: Where the request stands.
        on_end: Given the walk when the request has ended.
    """

    def __init__(
        self, run: AsyncCallbackManagerForChainRun, walk: Walk, on_end: OnEnd | None
    ) -> None:
        self._run = run
        self._walk = walk
        self._on_end = on_end

    async def __aenter__(self) -> None:
        """The request begins."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """The request ends."""
        _settle(self._run, self._walk, self._on_end, error)
        if error is None:
            await self._run.on_chain_end(self._walk.answer)
        else:
            await self._run.on_chain_error(error)


def _settle(
    run: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
    walk: Walk,
    on_end: OnEnd | None,
    error: BaseException | None,
) -> None:
    if error is not None:
        walk.interrupted()
    if run.handlers:
        settle(run.handlers, walk.decision.id, walk.attempts)
        if any(hasattr(handler, "run_map") for handler in run.handlers):
            figures, checks = walk.account.figures, walk.decision.checks
            metadata = end_metadata(walk.attempts, figures, checks=checks)
            annotate(run.handlers, run.run_id, metadata=metadata, tags=end_tags(walk.attempts))
    if on_end is not None:
        with quietly("on_decision"):
            on_end(walk)
