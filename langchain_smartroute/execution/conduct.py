"""Settings of a router for the attempts of all requests."""

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
        price: Its price at the time of the request; `None` when unknown.
    """

    alias: str
    price: Price | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """Settings of a router for the attempts of all requests.

    Attributes:
        retry: When the same candidate is retried.
        deadline_s: Time limit of a whole request in seconds, with all attempts and waits;
            `None`: no limit.
        max_answer_chars: Maximum length of an answer, in characters.
        reroutes_filtered: Whether to fall back when a content filter has refused the prompt.
        clock: A monotonic clock, in seconds.
        baseline: Baseline for savings; `None`: none.
        ledger: Handler of the router's ledger; `None`: there is none.
        on_end: Called with the walk of each request at its end.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    deadline_s: float | None = None
    max_answer_chars: int = MAX_ANSWER_CHARS
    reroutes_filtered: bool = False
    clock: Callable[[], float] = time.monotonic
    baseline: Baseline | None = None
    ledger: Any = None
    on_end: Callable[[Any], None] | None = None
