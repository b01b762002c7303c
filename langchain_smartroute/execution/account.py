"""The account of one request: its attempts, their costs, and the metadata in the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage
from langchain_core.utils.uuid import uuid7

from langchain_smartroute.catalog import (
    cost_usd,
    is_cache_hit,
    model_name_of,
    usage_of_failure,
)
from langchain_smartroute.execution.answers import joined_part, message_of
from langchain_smartroute.execution.bounds import AttemptBounds
from langchain_smartroute.execution.checks import CheckVerdict
from langchain_smartroute.execution.conduct import Conduct
from langchain_smartroute.execution.costs import cost_of_answer, cost_of_failure, told_by_router
from langchain_smartroute.execution.faults import Fault
from langchain_smartroute.execution.link import Link
from langchain_smartroute.execution.live import EndingWatcher
from langchain_smartroute.execution.modelrun import ModelRun
from langchain_smartroute.execution.side_call import SideCall
from langchain_smartroute.tracing import answer_info
from langchain_smartroute.types import Attempt, Figures, Outcome, RoutingDecision, Usage

__all__ = ["RequestAccount", "reason_of"]


class RequestAccount:
    """The attempts of one request.

    Attributes:
        attempts: All attempts that have ended, in order.
        side_calls: Second opinions and judges of the current attempt.
        input_tokens: Estimated tokens of the request.
        runs: Model runs that no handler watched, for the records of a ledger.
        watcher: Handler that notes the final message of the current attempt's model run, where
            attached, as parsed output holds no usage.

    Args:
        input_tokens: Estimated tokens of the request, for answers without usage.
        conduct: Provides the clock and the baseline.
    """

    def __init__(self, *, input_tokens: int, conduct: Conduct) -> None:
        self.attempts: list[Attempt] = []
        self.side_calls: list[SideCall] = []
        self.runs: list[ModelRun] = []
        self.watcher = EndingWatcher()
        self._bounds: AttemptBounds | None = None
        self._run: ModelRun | None = None
        self._usage: Usage | None = None
        self._is_one_run = self._is_lost = False
        self._model_name: str | None = None
        self._baseline = conduct.baseline
        self._would_cost: dict[int, Decimal | None] = {}
        self.input_tokens = input_tokens
        self._clock = conduct.clock
        self._started: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a current attempt."""
        return self._started is not None

    def open(self, bounds: AttemptBounds) -> AttemptBounds:
        """Begin an attempt.

        Args:
            bounds: Its limits, which also record the result of its call and the time.

        Returns:
            `bounds`.
        """
        self.watcher = EndingWatcher()
        self._bounds, self._run = bounds, None
        self._usage, self._model_name, self._is_one_run = None, None, False
        self._is_lost = False
        self._started = self._clock()
        return bounds

    def open_run(self, link: Link, *, within: UUID | None) -> UUID:
        """Record the attempt's single model run here, so that no handler has to watch it.

        Args:
            link: The candidate.
            within: LangChain's id of the request's run.

        Returns:
            The id to use for the model run.
        """
        self._run = ModelRun(
            run_id=uuid7(),
            parent_run_id=within,
            link=link,
            number=len(self.attempts),
            started_at=datetime.now(tz=UTC),
        )
        return self._run.run_id

    def close(
        self,
        alias: str,
        outcome: Outcome,
        *,
        reason: str,
        cost: Decimal | None,
        fault: Fault | None,
    ) -> None:
        """End the current attempt.

        Args:
            alias: The candidate.
            outcome: Outcome of the attempt.
            reason: Why its answer was not accepted; empty if it was.
            cost: In US dollars; `None` when unknown.
            fault: How it failed; `None`: it did not.
        """
        now = self._clock()
        self._close_run(now if fault or outcome == "cancelled" else None)
        self.attempts.append(
            Attempt(
                model=alias,
                outcome=outcome,
                reason=reason,
                latency_s=now - (now if self._started is None else self._started),
                cost_usd=cost,
                status=fault.status if fault else None,
                message=fault.message if fault else None,
                request_id=fault.request_id if fault else None,
                usage=self._usage if self._is_one_run and cost is not None else None,
            )
        )
        self._started = None
        # Their indices follow the attempt's own.
        self.attempts += [side_call.attempt() for side_call in self.side_calls]
        self.side_calls = []

    def _close_run(self, broken_off: float | None) -> None:
        """Record the attempt's run, if its model was called at all.

        Args:
            broken_off: Time at which it failed; `None`: it returned an answer.
        """
        run, bounds = self._run, self._bounds
        if run is None or bounds is None or not bounds.called:
            return
        self._run = None
        if self._usage is None:
            # An answer may have arrived while its call is cancelled, for which a limit is charged.
            given = bounds.given or bounds.arrived[-1:]
            self._give_up(message_of(joined_part(given)) if given else None)
        run.usage, run.model_name = self._usage or Usage(), self._model_name
        run.lost = self._is_lost
        ended = next(t for t in (broken_off, bounds.over_at, self._clock()) if t is not None)
        run.latency_s = ended - (ended if self._started is None else self._started)
        self.runs.append(run)

    def _give_up(self, message: AIMessage | None) -> None:
        """Record the usage of an abandoned call: what arrived, at least its input."""
        self._usage = usage_of_failure(
            message, None, cancelled=True, input_tokens=self.input_tokens
        )
        if message is not None:
            self._note_answer(message)

    def _note_answer(self, message: AIMessage) -> None:
        """Record usage and metadata of an answer, or of the part that arrived."""
        self._model_name = model_name_of(message)
        if self._run is not None:
            self._run.cached = is_cache_hit(message)

    @property
    def next_side_call(self) -> int:
        """Index of the next call made in addition to the current attempt."""
        return len(self.attempts) + 1 + len(self.side_calls)

    def change(self, number: int, outcome: Outcome) -> None:
        """Change the outcome of an earlier attempt whose kept answer is returned after all.

        Args:
            number: Index of the attempt, from 0.
            outcome: Its final outcome.
        """
        self.attempts[number] = replace(self.attempts[number], outcome=outcome)

    def cost(self, link: Link, answer: Any) -> Decimal | None:
        """Cost of a candidate's answer, or of the part that arrived.

        Args:
            link: The candidate.
            answer: A message, or an object parsed from one.

        Returns:
            US dollars; `None` when unknown.
        """
        message = message_of(answer) or self.watcher.message
        if message is None:
            return None
        self._usage, cost = cost_of_answer(message, link, input_tokens=self.input_tokens)
        self._is_one_run = link.single_run and self._usage is not None
        self._is_lost = False
        self._note_answer(message)
        self._would_cost[len(self.attempts)] = self._baseline_cost(message)
        return cost

    def _baseline_cost(self, message: AIMessage) -> Decimal | None:
        """Cost of an answer at the baseline's price; `None` when unknown."""
        if self._usage is None:
            return told_by_router(message, "baseline_cost")
        if is_cache_hit(message):
            return Decimal(0)
        if self._baseline is None:
            return None
        # The service tier of the answer's provider does not apply to the baseline.
        tier_free = self._usage.service_tier is None
        plain = self._usage if tier_free else replace(self._usage, service_tier=None)
        return cost_usd(plain, self._baseline.price)

    def cost_of_error(self, link: Link, error: Exception) -> Decimal | None:
        """Cost of a candidate's failure before any part of an answer had arrived.

        Args:
            link: The candidate.
            error: How it failed.

        Returns:
            US dollars; `None` when unknown.
        """
        self._is_one_run = link.single_run
        self._usage, cost = cost_of_failure(error, link, input_tokens=self.input_tokens)
        self._is_lost = self._usage.estimated
        return cost

    @property
    def figures(self) -> Figures:
        """Cost of the request so far, and the baseline's cost."""
        costs = [attempt.cost_usd for attempt in self.attempts]
        known = [cost for cost in costs if cost is not None]
        total = sum(known, Decimal(0)) if len(known) == len(costs) else None
        if self._baseline is None:
            return Figures(cost_usd=total)
        outcomes = [attempt.outcome for attempt in self.attempts]
        answered = [n for n, outcome in enumerate(outcomes) if outcome in ("accepted", "cached")]
        return Figures(
            cost_usd=total,
            baseline=self._baseline.alias,
            baseline_cost_usd=self._would_cost.get(answered[-1]) if answered else Decimal(0),
        )

    def info(
        self, decision: RoutingDecision, alias: str, verdicts: Sequence[CheckVerdict]
    ) -> dict[str, Any]:
        """The answer's `response_metadata["smartroute"]`, as JSON values.

        Args:
            decision: The request's decision.
            alias: Alias of the candidate that answered.
            verdicts: The checks' verdicts.
        """
        return answer_info(
            decision,
            self.attempts,
            model=alias,
            figures=self.figures,
            unmet_checks=[reason_of(verdict) for verdict in verdicts if verdict.rejects],
            failed_checks=[f"{v.name}: {v.error}" for v in verdicts if v.error is not None],
        )


def reason_of(verdict: CheckVerdict) -> str:
    """A rejection as text, with the check's name unless the reason contains it."""
    reason = verdict.reason or ""
    return reason if reason.startswith(verdict.name) else f"{verdict.name}: {reason}"
