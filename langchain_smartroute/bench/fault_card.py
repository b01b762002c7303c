"""The fault score card: every contestant with every fault, judged by the same rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from langchain_smartroute.bench.calling import called
from langchain_smartroute.bench.contestants import CONTESTANTS, Contestant
from langchain_smartroute.bench.fault_cases import FaultCase, fault_cases
from langchain_smartroute.bench.fault_run import PROMPT, FaultRun
from langchain_smartroute.bench.observed import Observed
from langchain_smartroute.bench.timings import SHORT, Timings
from langchain_smartroute.bench.watching import ArrivalWatch, known_answer
from langchain_smartroute.sandbox import SandboxServer

__all__ = ["FaultCard", "FaultResult", "judged", "run_fault_card"]

Verdict = Literal["pass", "interrupted", "fail"]

_STAGGER_S = 0.1
_PACKAGES = ("langchain-smartroute", "langchain-core", "langchain-openai", "openai")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultResult:
    """Result of one contestant with one fault.

    Attributes:
        contestant: Name of the contestant.
        number: The fault's number.
        verdict: `pass`; `interrupted`: a clear error that carries exactly the text shown, where
            that is correct; `fail`.
        reason: What was wrong; empty for `pass`.
        seconds: Duration of the slowest call.
        primary: Number of requests that reached the primary.
        fallback: Number of requests that reached the fallback.
        error: Class of the exception of the first call; empty if none.
    """

    contestant: str
    number: int
    verdict: Verdict
    reason: str
    seconds: float
    primary: int
    fallback: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCard:
    """The results of a run.

    Attributes:
        timings: The timings used.
        seconds: Duration of the run.
        cases: The faults.
        contestants: The contestants, one per column.
        results: One per contestant and fault.
    """

    timings: Timings
    seconds: float
    cases: Sequence[FaultCase]
    contestants: Sequence[Contestant]
    results: Sequence[FaultResult]

    def result(self, number: int, contestant: str) -> FaultResult:
        """The result of one contestant with one fault."""
        return next(r for r in self.results if (r.number, r.contestant) == (number, contestant))

    def score(self, contestant: str) -> dict[str, int]:
        """Verdict → number of faults."""
        own = [r.verdict for r in self.results if r.contestant == contestant]
        return {verdict: own.count(verdict) for verdict in ("pass", "interrupted", "fail")}

    @property
    def failures(self) -> list[FaultResult]:
        """The router's failures."""
        ours = {contestant.name for contestant in self.contestants if contestant.ours}
        return [r for r in self.results if r.verdict == "fail" and r.contestant in ours]

    def as_dict(self) -> dict[str, Any]:
        """The card as plain values."""
        return {
            "timings": _fields(self.timings),
            "seconds": round(self.seconds, 1),
            "versions": {package: version(package) for package in _PACKAGES},
            "contestants": {c.name: c.settings for c in self.contestants},
            "score": {c.name: self.score(c.name) for c in self.contestants},
            "faults": [
                {
                    "number": case.number,
                    "fault": case.name,
                    "correct": case.correct,
                    "results": {
                        c.name: _fields(self.result(case.number, c.name)) for c in self.contestants
                    },
                }
                for case in self.cases
            ],
        }


def _fields(value: Any) -> dict[str, Any]:
    return {
        name: round(found, 2) if isinstance(found := getattr(value, name), float) else found
        for name in value.__dataclass_fields__
    }


def judged(run: FaultRun, seen: Observed) -> FaultResult:
    """Judge observations by the fault's rules."""
    verdict, reason = _verdict(run, seen)
    error = seen.reply.error
    return FaultResult(
        contestant=run.contestant.name,
        number=run.case.number,
        verdict=verdict,
        reason=reason,
        seconds=seen.slowest_s,
        primary=seen.attempts("primary"),
        fallback=seen.attempts("fallback"),
        error=None if error is None else type(error).__name__,
    )


def _verdict(run: FaultRun, seen: Observed) -> tuple[Verdict, str]:
    if any(reply.hung for reply in seen.replies):
        return "fail", f"no end within {run.timings.patience_s:g} s"
    is_clear = (
        run.case.may_interrupt and run.contestant.shows_early and _carries_what_was_shown(seen)
    )
    for rule in run.case.rules:
        if is_clear and rule.__name__ == "complete":
            continue
        reason = rule(seen, run.timings)
        if reason is not None:
            return "fail", reason
    if is_clear:
        return "interrupted", f"{type(seen.reply.error).__name__} with the partial answer"
    return "pass", ""


def _carries_what_was_shown(seen: Observed) -> bool:
    """Whether the call ended in an error that carries exactly the text shown before."""
    shown = seen.reply.text
    partial = getattr(seen.reply.error, "partial", None)
    said = None if partial is None else str(getattr(partial, "text", ""))
    return said == shown and bool(shown) and seen.known.text.startswith(shown)


def run_fault_card(
    timings: Timings = SHORT,
    *,
    contestants: Sequence[Contestant] = CONTESTANTS,
    on_result: Callable[[], None] = lambda: None,
) -> FaultCard:
    """Run every contestant with every fault, all concurrently.

    Args:
        timings: Durations of the faults.
        contestants: The contestants to run.
        on_result: Called for each result.
    """
    started = time.monotonic()
    cases = sorted(fault_cases(timings), key=lambda case: case.number)
    runs = [
        FaultRun(contestant=contestant, case=case, timings=timings)
        for case in cases
        for contestant in contestants
    ]
    with SandboxServer() as server:
        results = asyncio.run(_results(runs, server, on_result))
    return FaultCard(
        timings=timings,
        seconds=time.monotonic() - started,
        cases=cases,
        contestants=contestants,
        results=results,
    )


async def _warm_up(runs: Sequence[FaultRun], server: SandboxServer) -> None:
    """Make a first call outside the measurement, as it imports and builds."""
    for run in {run.contestant.name: run for run in runs}.values():
        one = run.contestant.build("healthy", "healthy-too", server.base_url, run.timings)
        await called(one, PROMPT, way=run.contestant.way, patience_s=run.timings.patience_s)


async def _results(
    runs: Sequence[FaultRun], server: SandboxServer, on_result: Callable[[], None]
) -> list[FaultResult]:
    known = await asyncio.to_thread(known_answer, server.base_url, model="healthy", prompt=PROMPT)
    watch = ArrivalWatch(server)
    watching = asyncio.create_task(watch.run())
    prepared = [run.prepare(server) for run in runs]
    await _warm_up(runs, server)

    async def result(position: int) -> FaultResult:
        # Starts are spread, so that the machine's load does not distort the results.
        await asyncio.sleep(position * _STAGGER_S)
        run = runs[position]
        seen = await run.run(prepared[position], server=server, watch=watch, known=known)
        on_result()
        return judged(run, seen)

    try:
        return list(await asyncio.gather(*(result(position) for position in range(len(runs)))))
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
