"""Ends model runs that would otherwise stay open.

LangChain sends no event when an asynchronous model call is cancelled, by the caller or at its
time limit, so the run would stay open in tracers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    BaseCallbackHandler,
    BaseCallbackManager,
)
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from langchain_smartroute.catalog import messages_in

__all__ = ["ended_if_left", "note_answers"]


@asynccontextmanager
async def ended_if_left(
    manager: BaseCallbackManager, arrived: list[BaseMessage]
) -> AsyncIterator[None]:
    """End the model runs that are still open when the block raises.

    Args:
        manager: The callback manager of the runs.
        arrived: Receives the answers of successful runs: a call may be abandoned after its
            model has answered, and that answer is billed.
    """
    runs = _OpenRuns(arrived)
    manager.add_handler(runs, inherit=True)
    try:
        yield
    except BaseException as error:
        await runs.end(manager, error)
        raise


def note_answers(manager: BaseCallbackManager, arrived: list[BaseMessage]) -> None:
    """Record the answers of models in a thread that may be abandoned before its call returns.

    Args:
        manager: The callback manager of the runs.
        arrived: Receives the answers of successful runs.
    """
    runs = _OpenRuns(arrived)
    manager.handlers.insert(0, runs)
    manager.inheritable_handlers.insert(0, runs)


_FACTS = ("parent_run_id", "tags", "metadata")


class _OpenRuns(BaseCallbackHandler):
    run_inline = True
    ignore_chain = ignore_agent = ignore_retriever = ignore_retry = ignore_custom_event = True

    def __init__(self, arrived: list[BaseMessage]) -> None:
        self._open: dict[UUID, dict[str, Any]] = {}
        self._arrived = arrived

    async def end(self, manager: BaseCallbackManager, error: BaseException) -> None:
        for run_id, facts in list(self._open.items()):
            run = AsyncCallbackManagerForLLMRun(
                run_id=run_id,
                handlers=manager.handlers,
                inheritable_handlers=manager.inheritable_handlers,
                **facts,
            )
            await run.on_llm_error(error, response=LLMResult(generations=[]))

    def on_chat_model_start(self, *_: Any, run_id: UUID, **facts: Any) -> None:
        self._open[run_id] = {name: facts.get(name) for name in _FACTS}

    def on_llm_start(self, *_: Any, run_id: UUID, **facts: Any) -> None:
        self._open[run_id] = {name: facts.get(name) for name in _FACTS}

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        self._open.pop(run_id, None)
        self._arrived += messages_in(response)

    def on_llm_error(self, *_: Any, run_id: UUID, **__: Any) -> None:
        self._open.pop(run_id, None)
