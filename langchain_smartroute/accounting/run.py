"""A model run as observed by a callback handler, and the record made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.accounting.record import LOST, CallRecord
from langchain_smartroute.catalog import (
    cost_usd,
    holds_anything,
    is_cache_hit,
    is_lost,
    model_name_of,
    price_fault,
    usage_of_answer,
    usage_of_failure,
)
from langchain_smartroute.classify import message_tokens
from langchain_smartroute.tracing import (
    ATTEMPT_KEY,
    DECISION_KEY,
    INPUT_TOKENS_KEY,
    TASK_KEY,
    purpose_of,
    quietly,
    request_of,
)
from langchain_smartroute.types import Outcome, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.outputs import LLMResult

    from langchain_smartroute.catalog import Price

__all__ = ["Redaction", "StartedRun"]

_NOTHING = Decimal(0)

Redaction = Callable[[str], str | None]
"""Function from the text of a prompt or an answer to the text to store; `None`: none is stored."""


@dataclass(slots=True, kw_only=True)
class StartedRun:
    """A running model run. Not frozen, as creating a frozen one takes twice as long.

    Attributes:
        run_id: LangChain's id of the run.
        parent_run_id: LangChain's id of the run around it.
        alias: The candidate's alias, or the model's name outside a router.
        price: The model's price; `None` when unknown.
        started: Start of the run, on the handler's monotonic clock.
        started_at: Start of the run, as a date and time.
        provider: Provider, where known.
        keys: Caller of the run.
        tags: The run's tags.
        metadata: The run's metadata.
        messages: The prompt's messages, kept only to estimate tokens or to store the text.
        redact: Function that gives the text to store; `None`: none is stored.
    """

    run_id: str
    parent_run_id: str | None
    alias: str
    price: Price | None
    started: float
    metadata: Mapping[str, Any]
    started_at: datetime | None = None
    provider: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    messages: Sequence[BaseMessage] = ()
    redact: Redaction | None = None

    @property
    def decision_id(self) -> str | None:
        """Id of the decision that the run belongs to."""
        return self.metadata.get(DECISION_KEY)

    @property
    def request_id(self) -> str:
        """Id of the request: the outermost router's decision id, else the run's own id."""
        return request_of(self.metadata) or self.run_id

    @property
    def attempt(self) -> int:
        """Index of the attempt that the run belongs to, from 0."""
        return self.metadata.get(ATTEMPT_KEY) or 0

    def ended(self, response: LLMResult, *, now: float) -> CallRecord:
        """The record of a run that has ended; one without a message counts as failed."""
        message = _message_in(response)
        if message is None:
            return self._record("failed", Usage(), None, now=now)
        outcome: Outcome = "cached" if is_cache_hit(message) else "accepted"
        usage = usage_of_answer(message, input_tokens=self._input_tokens())
        return self._record(outcome, usage, message, now=now)

    def failed(
        self,
        response: LLMResult | None,
        *,
        outcome: Outcome,
        now: float,
        error: BaseException | None = None,
    ) -> CallRecord:
        """The record of a run that has failed or was cancelled."""
        message = _message_in(response)
        usage = usage_of_failure(
            message,
            error,
            cancelled=outcome == "cancelled",
            input_tokens=self._input_tokens(),
        )
        lost = outcome == "failed" and is_lost(message, error)
        return self._record(outcome, usage, message, now=now, lost=lost)

    def as_told(self, record: CallRecord, usage: Usage) -> CallRecord:
        """The record of this run with the usage in the router's account.

        An abandoned call continues in its thread or task, and may report a different end after
        the account was closed.
        """
        if record.usage == usage:
            return record
        cost = cost_usd(usage, self.price) if usage.total_tokens else _NOTHING
        unpriced = price_fault(usage, self.price) if cost is None else None
        return replace(record, usage=usage, cost_usd=cost, unpriced=unpriced)

    def _record(
        self,
        outcome: Outcome,
        usage: Usage,
        message: BaseMessage | None,
        *,
        now: float,
        lost: bool = False,
    ) -> CallRecord:
        free = not usage.total_tokens and outcome in ("failed", "cached") and not lost
        cost = None if lost else _NOTHING if free else cost_usd(usage, self.price)
        unpriced = price_fault(usage, self.price) if cost is None else None
        return CallRecord(
            run_id=self.run_id,
            parent_run_id=self.parent_run_id,
            decision_id=self.decision_id,
            request_id=self.request_id,
            alias=self.alias,
            model_name=model_name_of(message),
            task=self.metadata.get(TASK_KEY),
            outcome=outcome,
            usage=usage,
            cost_usd=cost,
            unpriced=LOST if lost else unpriced,
            price_source=self.price.source if self.price else None,
            price_date=self.price.date if self.price else None,
            latency_s=now - self.started,
            attempt=self.attempt,
            started_at=self.started_at,
            provider=self.provider,
            purpose=purpose_of(self.metadata),
            keys=self.keys,
            tags=self.tags,
            prompt=self._kept(self.messages),
            answer=self._kept(() if message is None else (message,)),
        )

    def _kept(self, messages: Sequence[BaseMessage]) -> str | None:
        """The text of messages to store, as given by the caller's redaction."""
        if self.redact is None or not messages:
            return None
        with quietly("redact"):
            kept = self.redact("\n\n".join(str(message.text) for message in messages))
            return None if kept is None else str(kept)
        return None

    def _input_tokens(self) -> int:
        known = self.metadata.get(INPUT_TOKENS_KEY)
        if isinstance(known, int):
            return known
        return message_tokens(self.messages)


def _message_in(response: LLMResult | None) -> BaseMessage | None:
    """The first message of a result with content, else the first one.

    The text of a text completion is converted to a message.
    """
    if response is None:
        return None
    generations = [g for batch in response.generations for g in batch]
    messages: list[BaseMessage] = [
        getattr(g, "message", None) or AIMessage(content=g.text) for g in generations
    ]
    return next((m for m in messages if holds_anything(m)), messages[0] if messages else None)
