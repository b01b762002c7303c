"""How long the faults last, and the limits that the contestants are given for them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FULL", "SHORT", "Timings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The seconds of a fault card.

    Attributes:
        name: What they are called.
        retry_after_s: What a `Retry-After` asks for.
        least_gap_s: What must lie between two attempts then.
        burst_s: The window in which attempts at a busy provider are counted.
        prompt_s: Within which an answer must come where nothing is waited for.
        first_token_delay_s: How long a slow model is silent before its first token.
        first_token_within_s: Within which the answer must come nevertheless.
        silence_s: How long a stalled stream is silent.
        stall_within_s: Within which the stall must have been noticed.
        silent_within_s: Within which a server that never answers must be given up.
        outage_s: How long a provider is down.
        spacing_s: What lies between two requests to it.
        recovered_within_s: Within which it must be used again afterwards.
        patience_s: After which a request that has not ended counts as hung.
        first_token_timeout_s: The router's limit.
        idle_timeout_s: The router's limit.
        timeout_s: Limit on a whole answer, of the router under `ainvoke` and of the
            careful user's `ChatOpenAI`.
        breaker_open_s: How long the router's breaker stays open.
    """

    name: str
    retry_after_s: int
    least_gap_s: float
    burst_s: float
    prompt_s: float
    first_token_delay_s: float
    first_token_within_s: float
    silence_s: float
    stall_within_s: float
    silent_within_s: float
    outage_s: float
    spacing_s: float
    recovered_within_s: float
    patience_s: float
    first_token_timeout_s: float
    idle_timeout_s: float
    timeout_s: float
    breaker_open_s: float


FULL = Timings(
    name="full",
    retry_after_s=2,
    least_gap_s=1.5,
    burst_s=3.0,
    prompt_s=5.0,
    first_token_delay_s=20.0,
    first_token_within_s=15.0,
    silence_s=30.0,
    stall_within_s=20.0,
    silent_within_s=20.0,
    outage_s=60.0,
    spacing_s=4.0,
    recovered_within_s=30.0,
    patience_s=100.0,
    # The router's defaults, but for `timeout_s`.
    first_token_timeout_s=10.0,
    idle_timeout_s=15.0,
    timeout_s=12.0,
    breaker_open_s=10.0,
)
"""As published; the router has its default limits."""

SHORT = Timings(
    name="short",
    retry_after_s=1,
    least_gap_s=0.75,
    burst_s=3.0,
    prompt_s=5.0,
    first_token_delay_s=8.0,
    first_token_within_s=7.0,
    silence_s=10.0,
    stall_within_s=8.0,
    silent_within_s=8.0,
    outage_s=9.0,
    spacing_s=0.6,
    recovered_within_s=4.5,
    patience_s=15.0,
    first_token_timeout_s=2.0,
    idle_timeout_s=2.0,
    timeout_s=3.0,
    breaker_open_s=1.5,
)
"""For CI: what is waited for is shorter, what is asked for is the same."""
