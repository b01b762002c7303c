"""Ends a request's run and closes its account in any case.

Classes instead of generators: an event loop that shuts down closes all generators at once, and
a generator that is closed twice at the same time raises.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForChainRun
from langchain_core.runnables.config import get_async_callback_manager_for_config
from langchain_core.utils.uuid import uuid7

from langchain_smartroute.execution.walk import Walk
from langchain_smartroute.tracing import (
    DECISION_KEY,
    annotate,
    end_metadata,
    end_tags,
    quietly,
    settle,
)
from langchain_smartroute.types import steers_graph

if TYPE_CHECKING:
    from uuid import UUID

    from langchain_core.callbacks import CallbackManagerForChainRun
    from langchain_core.runnables import RunnableConfig

__all__ = ["ASettled", "Settled", "astarted"]

OnEnd = Callable[[Any], None]
"""Callback that receives the walk of a request at its end."""


async def astarted(
    config: RunnableConfig, input_: Any, *, name: str, run_id: UUID | None
) -> AsyncCallbackManagerForChainRun:
    """Start a request's run; one that is cancelled meanwhile ends for those who were told of it.

    Args:
        config: The request's config.
        input_: Its input.
        name: Name of the run.
        run_id: Id of the run; `None`: a new one.
    """
    manager, run_id = get_async_callback_manager_for_config(config), run_id or uuid7()
    try:
        return await manager.on_chain_start(None, input_, name=name, run_id=run_id)
    except BaseException as error:
        settle(manager.handlers, (config.get("metadata") or {}).get(DECISION_KEY, ""), ())
        run = AsyncCallbackManagerForChainRun(
            run_id=run_id,
            # These are told first; whether others were is unknown.
            handlers=[handler for handler in manager.handlers if handler.run_inline],
            inheritable_handlers=[],
            parent_run_id=manager.parent_run_id,
            tags=manager.tags,
            metadata=manager.metadata,
        )
        await run.on_chain_error(error)
        raise


class Settled:
    """Context manager that ends a request's run and account.

    Args:
        run: The request's run.
        walk: The state of the request.
        on_end: Callback that receives the walk at the end.
    """

    def __init__(self, run: CallbackManagerForChainRun, walk: Walk, on_end: OnEnd | None) -> None:
        self._run = run
        self._walk = walk
        self._on_end = on_end

    def __enter__(self) -> None:
        """Start the request."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the request."""
        _settle(self._run, self._walk, self._on_end, error)
        if error is None:
            self._run.on_chain_end(self._walk.answer)
        else:
            self._run.on_chain_error(error)


class ASettled:
    """The asynchronous form of `Settled`.

    Args:
        run: The request's run.
        walk: The state of the request.
        on_end: Callback that receives the walk at the end.
    """

    def __init__(
        self, run: AsyncCallbackManagerForChainRun, walk: Walk, on_end: OnEnd | None
    ) -> None:
        self._run = run
        self._walk = walk
        self._on_end = on_end

    async def __aenter__(self) -> None:
        """Start the request."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the request."""
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
    if steers_graph(error):
        walk.interrupted("paused or left by its graph")
    elif error is not None:
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
