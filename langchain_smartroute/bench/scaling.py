"""Scaling: how the CPU time of a decision and of a record grows with size, at most linearly.

The CPU time of this process is measured. A decision is a call of `explain`: features, the
default classifier, rules and policy, without a model call. A stored record is written by a
`SqlLedger` to SQLite in batches, including its thread; this is left out without the extra
`sql`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from itertools import count
from statistics import median
from tempfile import TemporaryDirectory

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_smartroute.accounting import CallRecord, MemoryLedger
from langchain_smartroute.runnable import SmartRouterRunnable
from langchain_smartroute.types import Usage

__all__ = ["SIZES", "Scale", "bench_scaling"]

SIZES: Mapping[str, tuple[int, ...]] = {
    "models": (8, 80, 800),
    "messages": (1, 10, 100, 1_000),
    "rules": (0, 10, 100, 1_000),
    "records": (0, 10_000, 100_000),
    "stored records": (1_000, 10_000, 50_000),
}
"""What grows → its sizes: a catalog, a conversation, rules, a ledger in memory or in SQLite."""
_STORED = "stored records"
_FILLED, _BATCH = 500, 50
"""Records written at a time: to fill a ledger, and in a measurement."""
_REPEATS = 30
_QUESTION = "Please compare these two contracts and tell me which one costs less to leave early."
_GATEWAY = "http://127.0.0.1:9/v1"
"""A base URL that is never called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """CPU time of one decision or record at one size.

    Attributes:
        what: What grows, as in `SIZES`.
        size: Number of items.
        cpu_us: Median CPU in microseconds.
        each_us: CPU time per additional item, compared with the smallest size; `None` for that
            size.
    """

    what: str
    size: int
    cpu_us: float
    each_us: float | None


def bench_scaling(sizes: Mapping[str, Sequence[int]] = SIZES) -> Iterator[Scale]:
    """Measure every size.

    Args:
        sizes: What grows → its sizes, the smallest first.
    """
    makers = {"models": _models, "messages": _messages, "rules": _rules, "records": _records}
    for what, several in sizes.items():
        base: Scale | None = None
        if what == _STORED and find_spec("sqlalchemy") is None:
            continue
        for size in several:
            cpu_us = _stored_us(size) if what == _STORED else _cpu_us(makers[what](size))
            each = None if base is None else (cpu_us - base.cpu_us) / (size - base.size)
            found = Scale(what=what, size=size, cpu_us=cpu_us, each_us=each)
            base = base or found
            yield found


def _models(size: int) -> Callable[[], object]:
    models = {
        f"model-{number}": {
            "context_window": 32_000 + number,
            "quality": {"general": 0.5 + number / (3 * size)},
            "prices": [
                {
                    "input_usd_per_mtok": str(Decimal(number + 1) / 100),
                    "output_usd_per_mtok": str(Decimal(number + 1) / 50),
                    "source": "made up",
                    "date": "2026-11-27",
                }
            ],
        }
        for number in range(size)
    }
    catalog = {"models": models, "routes": {"code": "model-1"}, "default": "model-0"}
    return _deciding([HumanMessage(_QUESTION)], catalog=catalog)


def _messages(size: int) -> Callable[[], object]:
    pair: list[BaseMessage] = [HumanMessage("And the second offer?"), AIMessage("It is dearer.")]
    chat = (pair * size)[: size - 1]
    return _deciding([*chat, HumanMessage(_QUESTION)])


def _rules(size: int) -> Callable[[], object]:
    rules = [
        ({"task": "vision", "difficulty": "hard", "user_turns": n}, "gpt-4o") for n in range(size)
    ]
    return _deciding([HumanMessage(_QUESTION)], rules=rules)


def _records(size: int) -> Callable[[], object]:
    ledger, numbers = MemoryLedger(), count()

    def add() -> None:
        ledger.add(_record(next(numbers)))

    for _ in range(size):
        add()
    return add


def _stored_us(size: int) -> float:
    """Microseconds per record when this many are stored already."""
    # This module imports the extra's package.
    from langchain_smartroute.accounting.sql import SqlLedger  # noqa: PLC0415

    numbers = count()
    with TemporaryDirectory() as folder:
        ledger = SqlLedger(f"sqlite:///{folder}/calls.db")

        def add(several: int) -> None:
            for _ in range(several):
                ledger.add(_record(next(numbers)))
            ledger.flush(timeout_s=None)

        for _ in range(size // _FILLED):
            add(_FILLED)
        found = _cpu_us(lambda: add(_BATCH)) / _BATCH
        ledger.close()
    return found


def _record(number: int) -> CallRecord:
    return CallRecord(
        run_id=f"{number:032x}",
        alias="model",
        outcome="accepted",
        usage=Usage(input_tokens=10),
        cost_usd=Decimal("0.001"),
        latency_s=1.0,
    )


def _deciding(messages: Sequence[BaseMessage], **settings: object) -> Callable[[], object]:
    router = SmartRouterRunnable(base_url=_GATEWAY, **settings)
    given = list(messages)
    return lambda: router.explain(given)


def _cpu_us(function: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        function()
    for _ in range(_REPEATS):
        began = time.process_time_ns()
        function()
        times.append((time.process_time_ns() - began) / 1_000)
    return median(times)
