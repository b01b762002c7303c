"""The soak: many requests at once for minutes, a share of them faulty.

Every request must end in a complete answer or a clear error, the accounts must add
up, and afterwards the process must hold what it held before.
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
"""Below it memory is not judged: the first requests load what is loaded once."""
_SETTLE_S = 1.0
_LIMITS = {"first_token_timeout_s": 5.0, "idle_timeout_s": 5.0, "timeout_s": 10.0}
"""Short, as silent models are waited for; long enough for a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakSettings:
    """A soak.

    Attributes:
        requests: How many requests, the warm-up included.
        concurrency: How many at a time.
        faulty: The share of requests that the server answers badly.
        seed: Seed of all random choices.
    """

    requests: int = 20_000
    concurrency: int = 64
    faulty: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakReport:
    """What a soak found.

    Attributes:
        settings: What was run.
        seconds: How long the load took.
        endings: How requests ended and how many did.
        attempts: How attempts ended and how many did.
        cost_usd: What the answers and errors tell that they cost.
        recorded_usd: What was recorded.
        unknown_costs: Attempts whose cost the account calls unknown.
        warm_bytes: Resident memory after the warm-up; `None`: not known here.
        peak_bytes: The most of it afterwards.
        end_bytes: The resident memory at the end.
        leaked: What is left over at the end: tasks, threads, descriptors.
        failures: Everything that was not as it must be.
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
        """How much the resident memory grew after the warm-up, as a share of it."""
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
    """Resident memory over the run."""

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
    """Run a soak.

    Args:
        settings: What to run.
        on_progress: Called with the number of requests that are done.
    """
    # Loaded now, so that what it opens does not look like a leak of the load.
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
    """Send everything; gives the load, the tasks that are left, and the seconds it took."""
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
    """The requests in parts of nearly the same size, after each of which memory is read."""
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
