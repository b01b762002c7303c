"""Runs one contestant with one fault and records the observations."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import Runnable

from langchain_smartroute.bench.calling import called
from langchain_smartroute.bench.contestants import Contestant
from langchain_smartroute.bench.fault_cases import FaultCase
from langchain_smartroute.bench.observed import KnownAnswer, Observed, Reply
from langchain_smartroute.bench.timings import Timings
from langchain_smartroute.bench.watching import ArrivalWatch
from langchain_smartroute.sandbox import SandboxServer

__all__ = ["PROMPT", "FaultRun"]

PROMPT = "Write a Python function to merge sort an array"
"""A prompt that the sandbox answers with more than sixty tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRun:
    """One contestant with one fault; it has two models of the sandbox of its own.

    Attributes:
        contestant: The contestant.
        case: The fault.
        timings: The timings.
    """

    contestant: Contestant
    case: FaultCase
    timings: Timings

    @property
    def names(self) -> dict[str, str]:
        """`primary` and `fallback` → the model's name on the server."""
        at = f"{self.case.number:02}-{self.contestant.name}"
        return {role: f"{at}-{role}" for role in ("primary", "fallback")}

    def prepare(self, server: SandboxServer) -> Runnable[Any, Any]:
        """Set the faults, and build the contestant."""
        names = self.names
        for role, fault in self.case.faults.items():
            server.set_fault(names[role], fault)
        return self.contestant.build(
            names["primary"], names["fallback"], server.base_url, self.timings
        )

    async def run(
        self,
        runnable: Runnable[Any, Any],
        *,
        server: SandboxServer,
        watch: ArrivalWatch,
        known: KnownAnswer,
    ) -> Observed:
        """Make the calls.

        Args:
            runnable: The contestant, from `prepare`.
            server: The sandbox.
            watch: Records the requests that arrive.
            known: The answer of a healthy model.
        """
        names, started = self.names, time.monotonic()
        recovery = None
        if self.case.recovers:
            recovery = asyncio.get_running_loop().call_later(
                self.timings.outage_s, server.set_fault, names["primary"], None
            )
        replies = await self._replies(runnable)
        arrivals = watch.arrivals({name: role for role, name in names.items()}, since=started)
        afterwards = None
        if self.case.is_followed_up:
            server.set_fault(names["primary"], None)
            afterwards = await self._call(runnable)
        if recovery is not None:
            recovery.cancel()
        return Observed(
            known=known,
            primary=names["primary"],
            fallback=names["fallback"],
            replies=replies,
            arrivals=arrivals,
            afterwards=afterwards,
        )

    async def _replies(self, runnable: Runnable[Any, Any]) -> list[Reply]:
        """Make the calls; where there are several, one starts every `spacing_s`."""
        begun = []
        for number in range(self.case.requests):
            if number:
                await asyncio.sleep(self.timings.spacing_s)
            begun.append(asyncio.create_task(self._call(runnable)))
        return list(await asyncio.gather(*begun))

    async def _call(self, runnable: Runnable[Any, Any]) -> Reply:
        return await called(
            runnable, PROMPT, way=self.contestant.way, patience_s=self.timings.patience_s
        )
