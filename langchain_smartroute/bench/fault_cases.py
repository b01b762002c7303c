"""The sixteen faults of the score card, and the correct behaviour for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from langchain_smartroute.bench.rules import (
    Rule,
    accounted,
    answered_by_primary,
    attempts,
    complete,
    healthy_afterwards,
    most_attempts,
    never_continues,
    no_burst,
    refused_for,
    spared_and_back,
    usage_reported,
    waited,
    within,
)
from langchain_smartroute.bench.timings import Timings
from langchain_smartroute.sandbox import Fault

__all__ = ["FaultCase", "fault_cases"]

_CUT_AFTER = 40
_STALL_AFTER = 20
_BEFORE_TENTH_EVENT = 8
"""Tokens before the tenth event; the first event carries only the role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCase:
    """One fault.

    Attributes:
        number: Its number in the published list.
        name: What the primary does.
        correct: Description of the correct behaviour.
        faults: `primary` or `fallback` → its fault.
        rules: Rules of the correct behaviour.
        may_interrupt: Whether a stream that is passed on at once may end in a clear error that
            carries exactly the text shown.
        requests: Number of calls, one after another.
        recovers: Whether the primary recovers after `outage_s`.
    """

    number: int
    name: str
    correct: str
    faults: Mapping[str, Fault]
    rules: tuple[Rule, ...]
    may_interrupt: bool = False
    requests: int = 1
    recovers: bool = False

    @property
    def is_followed_up(self) -> bool:
        """Whether one more call is made after the primary has recovered."""
        return healthy_afterwards in self.rules


def fault_cases(timings: Timings) -> tuple[FaultCase, ...]:
    """The sixteen faults with these timings."""
    return (*_before_an_answer(timings), *_inside_an_answer(timings), *_refusals(timings))


def _before_an_answer(timings: Timings) -> tuple[FaultCase, ...]:
    return (
        FaultCase(
            number=1,
            name=f"429, Retry-After: {timings.retry_after_s}, once",
            correct="the same model again after that time, not earlier",
            faults={"primary": _status(429, times=1, retry_after=str(timings.retry_after_s))},
            rules=(complete, waited, answered_by_primary, attempts(primary=2)),
        ),
        FaultCase(
            number=2,
            name="429 always",
            correct=f"fail over; at most 4 attempts in {timings.burst_s:g} s, 6 in all",
            faults={"primary": _status(429)},
            rules=(complete, no_burst(4), most_attempts(6), within("prompt_s")),
        ),
        FaultCase(
            number=3,
            name="500 once",
            correct="one retry on the same model succeeds",
            faults={"primary": _status(500, times=1)},
            rules=(complete, attempts(primary=2, fallback=0), within("prompt_s")),
        ),
        FaultCase(
            number=4,
            name="503 always",
            correct="fail over; at most 6 attempts",
            faults={"primary": _status(503)},
            rules=(complete, most_attempts(6), within("prompt_s")),
        ),
        FaultCase(
            number=5,
            name="TCP reset once",
            correct="an answer",
            faults={"primary": Fault(kind="reset", times=1)},
            rules=(complete, within("prompt_s")),
        ),
        FaultCase(
            number=6,
            name="never answers",
            correct="fail over after the first time-out; not tried again",
            faults={"primary": Fault(kind="hang")},
            rules=(complete, attempts(primary=1), within("silent_within_s")),
        ),
        FaultCase(
            number=7,
            name=f"first token after {timings.first_token_delay_s:g} s",
            correct=f"fail over; the answer within {timings.first_token_within_s:g} s",
            faults={"primary": Fault(kind="slow_first_token", seconds=timings.first_token_delay_s)},
            rules=(complete, within("first_token_within_s")),
        ),
    )


def _inside_an_answer(timings: Timings) -> tuple[FaultCase, ...]:
    cut = Fault(kind="cut", after_tokens=_CUT_AFTER)
    return (
        FaultCase(
            number=8,
            name=f"cut after {_CUT_AFTER} tokens",
            correct="the whole answer, or a clear error with the partial one",
            faults={"primary": cut},
            rules=(complete, within("prompt_s")),
            may_interrupt=True,
        ),
        FaultCase(
            number=9,
            name=f"{timings.silence_s:g} s silent after {_STALL_AFTER} tokens",
            correct=f"noticed within {timings.stall_within_s:g} s; as 8; healthy afterwards",
            faults={
                "primary": Fault(kind="stall", after_tokens=_STALL_AFTER, seconds=timings.silence_s)
            },
            rules=(complete, within("stall_within_s"), healthy_afterwards),
            may_interrupt=True,
        ),
        FaultCase(
            number=10,
            name="tenth event is invalid JSON",
            correct="the whole answer, or a clear error with the partial one; healthy afterwards",
            faults={"primary": Fault(kind="malformed_event", after_tokens=_BEFORE_TENTH_EVENT)},
            rules=(complete, within("prompt_s"), healthy_afterwards),
            may_interrupt=True,
        ),
        FaultCase(
            number=11,
            name="whole, but without [DONE]",
            correct="finish promptly, usage reported",
            faults={"primary": Fault(kind="no_done")},
            rules=(complete, within("prompt_s"), usage_reported),
        ),
        FaultCase(
            number=14,
            name="cut; fallback rejects prefill",
            correct="start again cleanly; that 400 is never the end",
            faults={"primary": cut},
            rules=(complete, within("prompt_s"), never_continues),
            may_interrupt=True,
        ),
    )


def _refusals(timings: Timings) -> tuple[FaultCase, ...]:
    return (
        FaultCase(
            number=12,
            name="400 context_length_exceeded",
            correct="not the same model again, but one with a larger window",
            faults={"primary": _status(400, code="context_length_exceeded")},
            rules=(complete, attempts(primary=1, fallback=1)),
        ),
        FaultCase(
            number=13,
            name="400 content_policy_violation",
            correct="neither retried nor routed around: the provider's reason",
            faults={"primary": _status(400, code="content_policy_violation")},
            rules=(attempts(primary=1, fallback=0), refused_for("content_policy_violation")),
        ),
        FaultCase(
            number=15,
            name=f"503 for {timings.outage_s:g} s, 20 requests",
            correct="left alone while it is down, used again when it is not; all answered",
            faults={"primary": _status(503)},
            rules=(complete, spared_and_back),
            requests=20,
            recovers=True,
        ),
        FaultCase(
            number=16,
            name="503 always, the account",
            correct="the answer names the fallback and its usage; nothing else is counted",
            faults={"primary": _status(503)},
            rules=(complete, usage_reported, accounted),
        ),
    )


def _status(status: int, **details: object) -> Fault:
    return Fault(kind="status", status=status, **details)  # type: ignore[arg-type] # Fault checks them itself
