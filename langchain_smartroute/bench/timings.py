"""Durations of the faults, and the contestants' time limits."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FULL", "SHORT", "Timings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Durations of a fault score card, in seconds.

    Attributes:
        name: Name of this set.
        retry_after_s: Value of `Retry-After`.
        least_gap_s: Minimum time between two attempts after a `Retry-After`.
        burst_s: Window in which attempts at a busy provider are counted.
        prompt_s: Time limit for an answer where nothing has to be waited for.
        first_token_delay_s: Delay of a slow model's first token.
        first_token_within_s: Time limit for the answer in spite of that delay.
        silence_s: Duration of silence in a stalled stream.
        stall_within_s: Time limit to detect the stall.
        silent_within_s: Time limit to give up on a server that never answers.
        outage_s: Duration of a provider's outage.
        spacing_s: Interval between two requests during the outage.
        recovered_within_s: Time limit to use it again after the outage.
        patience_s: Time after which an unfinished request counts as hung.
        first_token_timeout_s: The router's limit to the first token.
        idle_timeout_s: The router's limit between two tokens.
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
    # The router's defaults, except `timeout_s`.
    first_token_timeout_s=10.0,
    idle_timeout_s=15.0,
    timeout_s=12.0,
    breaker_open_s=10.0,
)
"""The published durations, with the router's default limits."""

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
"""Shorter durations for CI, with the same requirements."""
