"""How a router makes the attempts of a request, whatever is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_smartroute.catalog import Price
from langchain_smartroute.execution.aftermath import RetryPolicy
from langchain_smartroute.execution.bounds import MAX_ANSWER_CHARS

__all__ = ["Baseline", "Conduct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The single model that savings are measured against.

    Attributes:
        alias: Its alias.
        price: What it charges at the time of the request; `None` when unknown.
    """

    alias: str
    price: Price | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a router makes the attempts of a request, whatever is asked.

    Attributes:
        retry: When the same candidate is tried again.
        deadline_s: Seconds for a whole request, all attempts and waits; `None`: no limit.
        max_answer_chars: The longest answer that is accepted.
        reroutes_filtered: Whether another candidate is asked what the content
            filter of one has refused.
        clock: A monotonic clock, in seconds.
        baseline: What savings are measured against; `None`: nothing.
        ledger: The handler of the router's ledger, which watches the runs that have to be
            watched; `None`: it has none.
        on_end: Given the walk of each request when it has ended, however it did.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    deadline_s: float | None = None
    max_answer_chars: int = MAX_ANSWER_CHARS
    reroutes_filtered: bool = False
    clock: Callable[[], float] = time.monotonic
    baseline: Baseline | None = None
    ledger: Any = None
    on_end: Callable[[Any], None] | None = None
