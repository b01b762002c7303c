"""Meters the tokens and cost of one call's model runs, consistently with their records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import LLMResult

from langchain_smartroute.accounting.amounts import picos
from langchain_smartroute.accounting.record import LOST, CallRecord, is_unheard, with_lost_answer
from langchain_smartroute.accounting.run import StartedRun

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Price
    from langchain_smartroute.types import Outcome

__all__ = ["Meter"]


class Meter(BaseCallbackHandler):
    """Adds up the tokens and cost of the model runs below one call.

    Args:
        alias: The candidate that is called.
        price: Its price, which is used for every run below.
    """

    run_inline = True
    ignore_agent = True
    ignore_chain = True
    ignore_retriever = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(self, alias: str, price: Price | None) -> None:
        self._alias = alias
        self._price = price
        self._running: dict[UUID, StartedRun] = {}
        self._records: list[CallRecord] = []

    def total(self, *, late: bool = False, begun: bool = False) -> tuple[int | None, int | None]:
        """Tokens, and cost in units of 10⁻¹² US dollars; `None` where unknown.

        A run without an end event counts as cancelled, which has no event of its own.

        Args:
            late: Whether the call timed out. Like a timeout of the provider's client, it counts
                as free if nothing had arrived, not even usage; records say the same.
            begun: Whether its server had begun to answer: what it cost is unknown then, if
                neither content nor usage had arrived.
        """
        now = time.perf_counter()
        records = [
            *self._records,
            *(run.failed(None, outcome="cancelled", now=now) for run in self._running.values()),
        ]
        if late and begun:
            records = [with_lost_answer(r) if is_unheard(r) else r for r in records]
        elif late:
            records = [record for record in records if not is_unheard(record)]
        costs = [record.cost_usd for record in records]
        known = [cost for cost in costs if cost is not None]
        lost = any(record.unpriced == LOST for record in records)
        tokens = None if lost else sum(record.usage.total_tokens for record in records)
        whole = len(known) == len(costs)
        return tokens, picos(sum(known, Decimal(0))) if whole else None

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note the start of a model run."""
        self._start(run_id, messages[0], metadata)

    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note the start of a text completion."""
        self._start(run_id, [HumanMessage(prompt) for prompt in prompts], metadata)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Count a run that has ended."""
        run = self._running.pop(run_id, None)
        if run is not None:
            self._records.append(run.ended(response, now=time.perf_counter()))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Count a run that has failed."""
        run = self._running.pop(run_id, None)
        if run is None:
            return
        given_up = isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt)
        outcome: Outcome = "cancelled" if given_up else "failed"
        response, now = kwargs.get("response"), time.perf_counter()
        self._records.append(run.failed(response, outcome=outcome, now=now, error=error))

    def _start(
        self, run_id: UUID, messages: Sequence[BaseMessage], metadata: dict[str, Any] | None
    ) -> None:
        self._running[run_id] = StartedRun(
            run_id=str(run_id),
            parent_run_id=None,
            alias=self._alias,
            price=self._price,
            started=time.perf_counter(),
            metadata=metadata or {},
            messages=messages,
        )
