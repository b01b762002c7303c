"""The cost handler: one final record per model run, wherever the handler is attached.

The record of a run inside a router is held back until the router reports the outcome of its
attempt, as only then is it known whether the answer was accepted. Every other run is final when
it ends. Runs are identified by LangChain's id, so a handler that is attached twice counts each
once.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeGuard
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import LLMResult

from langchain_smartroute import catalog as catalogs
from langchain_smartroute import tracing
from langchain_smartroute.accounting.identity import Identities, keys_of, tags_of
from langchain_smartroute.accounting.ledger import Ledger, MemoryLedger
from langchain_smartroute.accounting.record import CallRecord, settled
from langchain_smartroute.accounting.run import Redaction, StartedRun
from langchain_smartroute.accounting.summary import CostStats, rendered, summarized
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.tracing import DECISION_KEY, INPUT_TOKENS_KEY, is_request_run, quietly
from langchain_smartroute.types import Attempt, Outcome, new_lock

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Price, PriceSource

__all__ = ["CostCallbackHandler", "by_attempt"]


_MOST_RUNNING = 10_000
"""Maximum number of open runs outside a router; beyond it the oldest count as cancelled."""


def _as_told(
    held: Sequence[tuple[StartedRun, CallRecord]], attempts: Sequence[Attempt]
) -> Iterator[CallRecord]:
    """The records of runs, with the attempts' usage where each attempt was one run."""
    runs = Counter(run.attempt for run, _ in held)
    for run, record in held:
        alone = runs[run.attempt] == 1 and run.attempt < len(attempts)
        usage = attempts[run.attempt].usage if alone else None
        yield record if usage is None else run.as_told(record, usage)


def by_attempt(record: CallRecord) -> int:
    """Sort key of the records of a request."""
    return record.attempt


class CostCallbackHandler(BaseCallbackHandler):
    """Counts what model runs cost and what routing saved.

    Attach it to a call, a chain, an agent or a model, beside any tracer.

    Args:
        baseline: The model that savings are measured against; `None`: none.
        catalog: Catalog whose prices come before those of the shipped catalogs.
        baseline_price: The baseline's price; left out: it is looked up.
        prices: The caller's own prices, which come first, as for `PriceBook`.
        ledger: Ledger for the records; default: one in memory.
        keys: Metadata keys of runs that identify the caller.
        redact: Function from the text of a prompt or an answer to the text to store in the
            record. Without it no text is stored.
        on_record: Called with each record, once, when it is final.

    Raises:
        ConfigurationError: If the baseline's price is unknown, or a callable is asynchronous.

    Example:
        >>> from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> costs = CostCallbackHandler(baseline="gpt-4o")
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        ...     _ = router.invoke("Translate to German: good morning", {"callbacks": [costs]})
        >>> costs.stats().model_distribution
        {'glm-5.1': 1}
    """

    # In the caller's thread, also under asyncio, so that the order of events is kept.
    run_inline = True
    ignore_agent = True
    ignore_retriever = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(
        self,
        baseline: str | None = "gpt-4o",
        *,
        catalog: Any = None,
        baseline_price: Price | None = None,
        prices: Mapping[str, Any] | PriceSource | None = None,
        ledger: Ledger | None = None,
        keys: Sequence[str] = ("user", "team", "project"),
        redact: Redaction | None = None,
        on_record: Callable[[CallRecord], None] | None = None,
    ) -> None:
        tracing.refuse_async(redact=redact, on_record=on_record)
        self._prices = catalogs.PriceBook(prices, catalog=catalog)
        self._identities = Identities(self._prices)
        self._keys = tuple(keys)
        self._redact = redact
        self.ledger: Ledger = MemoryLedger() if ledger is None else ledger
        self._baseline = baseline
        self._baseline_price = baseline_price or self._price_of_baseline()
        self._on_record = on_record
        self._said: set[str] = set()
        self._lock = new_lock()
        self._running: dict[UUID, StartedRun] = {}
        self._outside: dict[UUID, None] = {}
        self._open: dict[str, list[UUID]] = {}
        self._held: dict[str, list[tuple[StartedRun, CallRecord]]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(baseline={self._baseline!r}, ledger={self.ledger!r})"

    @property
    def records(self) -> tuple[CallRecord, ...]:
        """The final records in the ledger, in the order in which they became final."""
        return tuple(self.ledger.records())

    def stats(self) -> CostStats:
        """Statistics of the records."""
        return summarized(
            self.records, baseline=self._baseline, baseline_price=self._baseline_price
        )

    def report(self) -> str:
        """The statistics as a table for people."""
        return rendered(self.stats(), baseline_price=self._baseline_price)

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note a router's own run: its child runs are final when the router reports it."""
        found = metadata or {}
        if is_request_run(found):
            with self._lock:
                self._open.setdefault(found[DECISION_KEY], [])

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note the start of a model run."""
        self._start(run_id, parent_run_id, messages[0], metadata or {}, kwargs)

    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note the start of a text completion."""
        messages = [HumanMessage(prompt) for prompt in prompts]
        self._start(run_id, parent_run_id, messages, metadata or {}, kwargs)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Record a run that has ended."""
        run = self._taken(run_id)
        if run is not None:
            self._close(run, run.ended(response, now=time.perf_counter()))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Record a run that has failed."""
        run = self._taken(run_id)
        if run is None:
            return
        given_up = isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt)
        outcome: Outcome = "cancelled" if given_up else "failed"
        response = kwargs.get("response")
        now = time.perf_counter()
        self._close(run, run.failed(response, outcome=outcome, now=now, error=error))

    def on_settled(self, decision_id: str, attempts: Sequence[Attempt]) -> None:
        """Receive the outcome of each attempt of a request from the router."""
        for record in sorted(self._settled(decision_id, attempts), key=by_attempt):
            self._emit(record)

    def _settled(self, decision_id: str, attempts: Sequence[Attempt]) -> list[CallRecord]:
        """The final records of a request's runs, by the outcomes of its attempts."""
        now = time.perf_counter()
        with self._lock:
            started = self._open.pop(decision_id, [])
            held = self._held.pop(decision_id, [])
            left = [run for key in started if (run := self._running.pop(key, None)) is not None]
        # A cancelled call has no event for its end.
        held += [(run, run.failed(None, outcome="cancelled", now=now)) for run in left]
        records = list(_as_told(held, attempts))
        answered = {r.attempt for r in records if r.outcome in ("accepted", "cached")}
        return [settled(r, attempts, lonely=r.attempt not in answered) for r in records]

    def _start(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        messages: Sequence[BaseMessage],
        metadata: dict[str, Any],
        details: dict[str, Any],
    ) -> None:
        now = datetime.now(tz=UTC)
        found = self._identities.of(metadata, details.get("invocation_params") or {}, at=now)
        known = INPUT_TOKENS_KEY in metadata and self._redact is None
        run = StartedRun(
            run_id=str(run_id),
            parent_run_id=str(parent_run_id) if parent_run_id else None,
            alias=found.alias,
            price=found.price,
            provider=found.provider,
            started=time.perf_counter(),
            started_at=now,
            metadata=metadata,
            keys=keys_of(metadata, self._keys),
            tags=tags_of(details.get("tags")),
            messages=() if known else messages,
            redact=self._redact,
        )
        with self._lock:
            self._running.setdefault(run_id, run)
            if self._is_held(run.decision_id):
                self._open.setdefault(run.decision_id, []).append(run_id)
            else:
                self._outside[run_id] = None
            lost = self._lost() if len(self._outside) > _MOST_RUNNING else ()
        for given_up in lost:
            self._emit(given_up.failed(None, outcome="cancelled", now=time.perf_counter()))

    def _lost(self) -> list[StartedRun]:
        """The oldest runs outside a router, taken as cancelled, which has no event of its own."""
        surplus = len(self._outside) - _MOST_RUNNING
        oldest = list(islice(self._outside, surplus))
        for key in oldest:
            del self._outside[key]
        return [run for key in oldest if (run := self._running.pop(key, None)) is not None]

    def _price_of_baseline(self) -> Price | None:
        if self._baseline is None:
            return None
        price = self._prices.find(self._baseline)
        if price is None:
            raise ConfigurationError(
                f"baseline = {self._baseline!r}: no price for it is known; give prices=…,"
                " catalog=…, baseline_price=Price(…), or baseline=None for no comparison"
            )
        return price

    def _taken(self, run_id: UUID) -> StartedRun | None:
        with self._lock:
            self._outside.pop(run_id, None)
            return self._running.pop(run_id, None)

    def _is_held(self, decision_id: str | None) -> TypeGuard[str]:
        """Whether the router will report the outcome of a decision's runs later."""
        return decision_id in self._open

    def _close(self, run: StartedRun, record: CallRecord) -> None:
        """Hold back a record inside a router; emit any other."""
        with self._lock:
            if self._is_held(record.decision_id):
                self._held.setdefault(record.decision_id, []).append((run, record))
                return
        self._emit(record)

    def _emit(self, record: CallRecord) -> None:
        with quietly("ledger.add", said=self._said):
            self.ledger.add(record)
        if self._on_record is not None:
            with quietly("on_record", said=self._said):
                self._on_record(record)
