"""How a router goes about failures, whatever the request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from langchain_smartroute.execution.aftermath import RetryPolicy
from langchain_smartroute.execution.bounds import MAX_ANSWER_CHARS

__all__ = ["Conduct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a router goes about failures, whatever the request.

    Attributes:
        retry: When the same candidate is tried again.
        deadline_s: Seconds for a whole request, all attempts and waits; `None`: no limit.
        max_answer_chars: The longest answer that is accepted.
        reroutes_filtered: Whether another candidate is asked what the content
            filter of one has refused.
        clock: Seconds that only rise.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    deadline_s: float | None = None
    max_answer_chars: int = MAX_ANSWER_CHARS
    reroutes_filtered: bool = False
    clock: Callable[[], float] = time.monotonic
