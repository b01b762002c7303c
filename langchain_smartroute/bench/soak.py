"""The soak test: concurrent requests for minutes, with faults in a share of them.

Every request must end in a complete answer or a clear error, the accounts must add up, and
afterwards no memory, threads, tasks or descriptors may be leaked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from langchain_smartroute.bench.contestants import bench_router
from langchain_smartroute.bench.resources import Held, memory_bytes, other_tasks
from langchain_smartroute.bench.soak_load import PROMPTS, SoakLoad, Tally
from langchain_smartroute.bench.soak_server import FAULTLESS, soak_server
from langchain_smartroute.bench.watching import known_answer

__all__ = ["SoakReport", "SoakSettings", "run_soak"]

_WARM_UP_SHARE = 0.15
_PART = 500
_MOST_GROWTH = 0.05
_LEAST_REQUESTS = 2_000
"""Number of requests below which memory is not checked, as the first requests load modules."""
_SETTLE_S = 1.0
_LIMITS = {"first_token_timeout_s": 5.0, "idle_timeout_s": 5.0, "timeout_s": 10.0}
"""Time limits: short, as silent models are waited for, but long enough for a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakSettings:
    """Settings of a soak test.

    Attributes:
        requests: Number of requests, including the warm-up.
        concurrency: Number of concurrent requests.
        faulty: The share of requests with a fault.
        seed: Seed of all random choices.
    """

    requests: int = 20_000
    concurrency: int = 64
    faulty: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakReport:
    """Results of a soak test.

    Attributes:
        settings: The settings.
        seconds: Duration of the load.
        endings: Kind of ending → number of requests.
        attempts: Outcome → number of attempts.
        cost_usd: Total cost reported by answers and errors.
        recorded_usd: Total cost recorded.
        unknown_costs: Number of attempts of unknown cost.
        warm_bytes: Resident memory after the warm-up; `None`: not available on this system.
        peak_bytes: Peak resident memory after the warm-up.
        end_bytes: The resident memory at the end.
        leaked: Leaked tasks, threads and descriptors.
        failures: All violations of the rules above.
    """

    settings: SoakSettings
    seconds: float
    endings: Mapping[str, int]
    attempts: Mapping[str, int]
    cost_usd: Decimal
    recorded_usd: Decimal
    unknown_costs: int
    warm_bytes: int | None
    peak_bytes: int | None
    end_bytes: int | None
    leaked: Mapping[str, int]
    failures: tuple[str, ...]

    @property
    def growth(self) -> float | None:
        """Relative growth of resident memory after the warm-up."""
        if self.warm_bytes is None or self.end_bytes is None:
            return None
        return self.end_bytes / self.warm_bytes - 1

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        settings = {n: getattr(self.settings, n) for n in self.settings.__dataclass_fields__}
        return {**plain, "settings": settings, "growth": self.growth}


@dataclass(slots=True)
class _Memory:
    """Readings of resident memory during the run."""

    warm: int | None = None
    peak: int | None = None
    end: int | None = None

    def note(self) -> None:
        self.end = memory_bytes()
        if self.end is not None:
            self.peak = max(self.peak or 0, self.end)
            self.warm = self.warm or self.end


def run_soak(
    settings: SoakSettings, *, on_progress: Callable[[int], None] = lambda _: None
) -> SoakReport:
    """Run a soak test.

    Args:
        settings: The settings.
        on_progress: Called with the number of finished requests.
    """
    # Imported now, so that descriptors it opens do not look like leaks.
    import langchain_openai  # noqa: F401, PLC0415

    memory = _Memory()
    with soak_server(faulty=settings.faulty, seed=settings.seed) as base_url:
        answers = {p: known_answer(base_url, model=FAULTLESS, prompt=p).text for p in PROMPTS}
        before = Held.now()
        load, tasks, seconds = asyncio.run(
            _load(settings, base_url, answers, memory=memory, on_progress=on_progress)
        )
        after = Held.now()
    leaked = {"tasks": len(tasks), "threads": len(after.threads) - len(before.threads)}
    if before.descriptors is not None and after.descriptors is not None:
        leaked["descriptors"] = after.descriptors - before.descriptors
    return _report(settings, load.tally, seconds=seconds, memory=memory, leaked=leaked)


async def _load(
    settings: SoakSettings,
    base_url: str,
    answers: Mapping[str, str],
    *,
    memory: _Memory,
    on_progress: Callable[[int], None],
) -> tuple[SoakLoad, list[str], float]:
    """Send all requests; returns the load, leaked tasks, and the duration in seconds."""
    names = {"primary": "soak-primary", "fallback": "soak-fallback"}
    routers = [
        bench_router(names, base_url=base_url, stream_policy=policy, **_LIMITS)
        for policy in ("buffer", "first_token")
    ]
    load = SoakLoad(routers, answers, seed=settings.seed)
    started, done = time.monotonic(), 0
    warm = max(1, int(settings.requests * _WARM_UP_SHARE))
    for part in (warm, *_parts(settings.requests - warm)):
        await load.send(part, concurrency=settings.concurrency)
        memory.note()
        done += part
        on_progress(done)
    seconds = time.monotonic() - started
    await asyncio.sleep(_SETTLE_S)
    return load, other_tasks(), seconds


def _parts(requests: int) -> list[int]:
    """Sizes of nearly equal parts of the requests; memory is read after each part."""
    steps = max(1, requests // _PART)
    size, more = divmod(requests, steps)
    return [part for n in range(steps) if (part := size + (n < more))]


def _report(
    settings: SoakSettings,
    tally: Tally,
    *,
    seconds: float,
    memory: _Memory,
    leaked: Mapping[str, int],
) -> SoakReport:
    failures = [f"{count:,} × {what}" for what, count in tally.faults.most_common()]
    if tally.cost_usd != tally.recorded_usd:
        failures.append(f"${tally.recorded_usd} recorded, ${tally.cost_usd} told")
    failures += [f"{count} {what} left over" for what, count in leaked.items() if count > 0]
    report = SoakReport(
        settings=settings,
        seconds=seconds,
        endings=dict(tally.endings.most_common()),
        attempts=dict(tally.attempts.most_common()),
        cost_usd=tally.cost_usd,
        recorded_usd=tally.recorded_usd,
        unknown_costs=tally.unknown,
        warm_bytes=memory.warm,
        peak_bytes=memory.peak,
        end_bytes=memory.end,
        leaked=leaked,
        failures=tuple(failures),
    )
    growth = report.growth
    if growth is None or growth < _MOST_GROWTH or settings.requests < _LEAST_REQUESTS:
        return report
    return replace(report, failures=(*failures, f"memory grew by {growth:.1%} after the warm-up"))
