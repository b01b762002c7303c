"""Rules that judge every contestant's behaviour with a fault.

A rule takes the observations and returns what is wrong with them, or `None`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from langchain_smartroute.bench.observed import Observed
from langchain_smartroute.bench.timings import Timings

__all__ = [
    "Rule",
    "accounted",
    "answered_by_primary",
    "attempts",
    "complete",
    "healthy_afterwards",
    "most_attempts",
    "never_continues",
    "no_burst",
    "refused_for",
    "spared_and_back",
    "usage_reported",
    "waited",
    "within",
]

Rule = Callable[[Observed, Timings], str | None]

_SPARED_SHARE = 2 / 3


def complete(seen: Observed, _: Timings) -> str | None:
    """Every call returned the complete answer, and nothing else."""
    for reply in seen.replies:
        if seen.is_complete(reply):
            continue
        got, whole = len(reply.text), len(seen.known.text)
        if reply.error is not None:
            return f"{type(reply.error).__name__} after {got} of {whole} characters"
        return f"{got} characters for the {whole} of the answer, and no error"
    return None


def answered_by_primary(seen: Observed, _: Timings) -> str | None:
    """The fallback was not called."""
    attempts = seen.attempts("fallback")
    return f"the fallback was asked {attempts} times" if attempts else None


def attempts(*, primary: int | None = None, fallback: int | None = None) -> Rule:
    """Exactly these numbers of attempts reached the models."""

    def rule(seen: Observed, _: Timings) -> str | None:
        for role, wanted in (("primary", primary), ("fallback", fallback)):
            attempts = seen.attempts(role)
            if wanted is not None and attempts != wanted:
                return f"{attempts} attempts at the {role} instead of {wanted}"
        return None

    return rule


def most_attempts(most: int) -> Rule:
    """At most this many attempts reached both models together."""

    def rule(seen: Observed, _: Timings) -> str | None:
        attempts = len(seen.arrivals)
        return f"{attempts} attempts in all, more than {most}" if attempts > most else None

    return rule


def no_burst(most: int) -> Rule:
    """At most this many attempts reached both models within `burst_s`."""

    def rule(seen: Observed, timings: Timings) -> str | None:
        times = sorted(arrival.at_s for arrival in seen.arrivals)
        for first in times:
            attempts = sum(first <= time < first + timings.burst_s for time in times)
            if attempts > most:
                return f"{attempts} attempts in {timings.burst_s:g} s, more than {most}"
        return None

    return rule


def waited(seen: Observed, timings: Timings) -> str | None:
    """The primary was called again, but not before its `Retry-After` had passed."""
    times = sorted(a.at_s for a in seen.arrivals if a.role == "primary")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if not gaps:
        return "the primary was not asked again"
    if min(gaps) < timings.least_gap_s:
        return f"asked again after {min(gaps):.2f} s, {timings.retry_after_s} s were asked for"
    return None


def within(name: str) -> Rule:
    """The call ended within one of the timings."""

    def rule(seen: Observed, timings: Timings) -> str | None:
        limit = getattr(timings, name)
        took = seen.slowest_s
        return f"took {took:.1f} s, more than {limit:g} s" if took > limit else None

    return rule


def usage_reported(seen: Observed, _: Timings) -> str | None:
    """The answer reports the usage that the server counted."""
    counted = (seen.known.input_tokens, seen.known.output_tokens)
    if seen.reply.usage == counted:
        return None
    return f"usage {seen.reply.usage or 'not reported'} instead of {counted}"


def accounted(seen: Observed, _: Timings) -> str | None:
    """The answer names the fallback as its model, and only the fallback's tokens are counted."""
    if seen.reply.model != seen.fallback:
        return f"the answer names the model {seen.reply.model}"
    counted = (seen.known.input_tokens, seen.known.output_tokens)
    if dict(seen.reply.billed) != {seen.fallback: counted}:
        billed = sum(i + o for i, o in seen.reply.billed.values())
        return f"{billed} tokens counted instead of {sum(counted)}"
    return None


def refused_for(code: str) -> Rule:
    """The caller got the provider's own reason."""

    def rule(seen: Observed, _: Timings) -> str | None:
        error = seen.reply.error
        if error is None:
            return "answered, though the provider had refused"
        named = getattr(error, "code", None)
        return None if named == code else f"{type(error).__name__} without the provider's code"

    return rule


def healthy_afterwards(seen: Observed, _: Timings) -> str | None:
    """The next call, after the primary had recovered, returned the complete answer."""
    return None if seen.is_complete(seen.afterwards) else "the next call did not go well"


def never_continues(seen: Observed, _: Timings) -> str | None:
    """No model was asked to continue an assistant's message, and no such HTTP 400 was raised."""
    if any(arrival.continues for arrival in seen.arrivals):
        return "a model was asked to continue the cut answer"
    status = getattr(seen.reply.error, "status_code", None)
    return "ended in the fallback's 400" if status == 400 else None  # noqa: PLR2004 - HTTP


def spared_and_back(seen: Observed, timings: Timings) -> str | None:
    """The primary was rarely called during its outage, and used again soon afterwards."""
    down = [a.at_s for a in seen.arrivals if a.role == "primary" and a.at_s < timings.outage_s]
    asked = int(timings.outage_s / timings.spacing_s)
    if len(down) > asked * _SPARED_SHARE:
        return f"{len(down)} attempts at a primary that was down, for {asked} requests"
    probes = sorted(down)[len(down) // 2 :]
    gaps = [later - earlier for earlier, later in pairwise(probes)]
    if gaps and min(gaps) < timings.spacing_s / 2:
        return "more than one probe at a time"
    back = [a.at_s for a in seen.arrivals if a.role == "primary" and a.at_s >= timings.outage_s]
    if not back or min(back) > timings.outage_s + timings.recovered_within_s:
        return f"not used again within {timings.recovered_within_s:g} s of its recovery"
    return None
