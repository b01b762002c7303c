"""The attempts of a request, with their usage and cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_smartroute.types.words import Outcome, Purpose

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Attempt", "Figures", "Usage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one model run.

    Attributes:
        input_tokens: All input tokens, cached and audio ones included.
        output_tokens: All output tokens, reasoning included.
        cache_read_tokens: The part of the input that was read from the provider's cache.
        cache_write_tokens: The part of the input that was written to it.
        cache_write_1h_tokens: The part of `cache_write_tokens` that is kept for an hour.
        reasoning_tokens: The part of the output that is reasoning.
        input_audio_tokens: The part of the input that is sound.
        output_audio_tokens: The part of the output that is sound.
        input_image_tokens: The part of the input that is pictures.
        output_image_tokens: The part of the output that is pictures.
        service_tier: What the provider says it served the call under, such as `flex` or
            `batch`; `None`: its standard one.
        estimated: Whether the provider reported nothing and these are our estimate.

    Example:
        >>> Usage(input_tokens=1_000, output_tokens=200, cache_read_tokens=800).total_tokens
        1200
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    service_tier: str | None = None
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of one candidate.

    Attributes:
        model: The candidate's alias.
        outcome: `accepted`, `rejected` (a check said no), `failed` (an error),
            `cancelled`, `cached`, or `discarded` (a second opinion or a judgement).
        reason: Why the answer was not accepted; empty where it was.
        latency_s: Seconds from the call to its end.
        cost_usd: Cost of this attempt; `None` when unknown.
        status: The HTTP status of a failure, where there was one.
        message: The provider's own words about a failure. They may repeat the prompt,
            so no repr, log or trace has them.
        request_id: The provider's id of a failed request, where it gave one.
        purpose: What it was made for: the `answer`, a `second_opinion` to compare it with, or
            to `judge` it. Only answers are returned; the others only cost.
        usage: Token counts of its one model run; `None` where they are unknown, or where it
            may have been several runs.

    Example:
        >>> from langchain_smartroute import ChainExhaustedError, SmartRouterRunnable
        >>> from langchain_smartroute.testing import ScriptedChatModel
        >>> down = ScriptedChatModel(script=[ConnectionError("no route to host")])
        >>> router = SmartRouterRunnable.from_models({"a": down, "b": down}, default="a")
        >>> try:
        ...     router.invoke("Hello!")
        ... except ChainExhaustedError as error:
        ...     [(attempt.model, attempt.outcome) for attempt in error.attempts]
        [('a', 'failed'), ('b', 'failed')]
    """

    model: str
    outcome: Outcome
    reason: str = ""
    latency_s: float = 0.0
    cost_usd: Decimal | None = None
    status: int | None = None
    message: str | None = field(default=None, repr=False)
    request_id: str | None = None
    purpose: Purpose = "answer"
    usage: Usage | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Cost of one request, and the baseline's cost for its answer.

    Attributes:
        cost_usd: All attempts together; `None` when one of them is unknown.
        baseline: Alias of the model that savings are measured against; `None`: none.
        baseline_cost_usd: The accepted answer's tokens at its price; 0 for an answer out
            of the cache, or none; `None` when unknown.
    """

    cost_usd: Decimal | None
    baseline: str | None = None
    baseline_cost_usd: Decimal | None = None

    @property
    def savings_usd(self) -> Decimal | None:
        """Savings by routing; negative if it cost more."""
        if self.cost_usd is None or self.baseline_cost_usd is None:
            return None
        return self.baseline_cost_usd - self.cost_usd
